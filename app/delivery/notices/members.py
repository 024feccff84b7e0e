"""What admins and editors are reminded of. Viewers are told nothing: there is nothing that they could do about it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import select

from app.accounts.models import User
from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import Addresses
from app.delivery.links import to_members
from app.delivery.mails import Compose, date_time, own_mails
from app.delivery.models import Notification
from app.delivery.notices.family import Draft, Family, no_page, teller
from app.delivery.notices.kept import Notice
from app.delivery.notices.maintenance import ENDED
from app.extensions import settings
from app.incidents.models import Incident, IncidentService, IncidentUpdate
from app.maintenance.models import Maintenance
from app.maintenance.rules import RUNNING
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role
from app.pages.address import PageAddress
from app.services.rules import ServiceStatus, worst

SAID = "Somebody had posted an update before this was sent."


@dataclass(frozen=True, slots=True)
class OverrunNotice(Notice):
    """A maintenance that goes on after its end."""

    maintenance_id: UUID
    title: str
    ends_at: datetime
    maintenance_url: str
    """Where to extend or complete it."""


@dataclass(frozen=True, slots=True)
class ReminderNotice(Notice):
    """An open incident of which nothing was said for too long, or of which something was promised."""

    kind: str
    incident_id: UUID
    update_id: UUID
    """Its newest update: the next one makes this stale."""
    title: str
    status: ServiceStatus | None
    """The worst status that it asks for."""
    said_at: datetime
    """When its newest update was posted."""
    promised_at: datetime | None
    incident_url: str
    """Where to post an update."""
    is_handler: bool
    """Whether only the one who handles it is reminded."""


def overrun_mails(notice: OverrunNotice) -> Compose:
    """How to tell whoever can end it."""
    shared = {"ends_at": notice.ends_at.astimezone(notice.zone)}
    return own_mails("overrun", notice, f"Maintenance runs over: {notice.title}", shared)


def reminder_mails(notice: ReminderNotice) -> Compose:
    """How to remind whoever can post an update."""
    subject, what_to_do = _REMINDERS[notice.kind]
    detail = f"Last update on {date_time(notice.said_at.astimezone(notice.zone))}"
    if notice.promised_at is not None:
        detail += f", the next one promised for {date_time(notice.promised_at.astimezone(notice.zone))}"
    shared = {"subject": subject, "what_to_do": what_to_do, "detail": detail}
    return own_mails("reminder", notice, f"{subject}: {notice.title}", shared)


_REMINDERS = {
    "incident.update_due": (
        "An update is due",
        "Your page promises visitors an update in a moment. Write what you know, also if it is little.",
    ),
    "incident.update_overdue": (
        "The promised update is late",
        "Visitors were promised an update that has not come. Post one, also if nothing is new, and promise the next.",
    ),
    "incident.forgotten": (
        "Still open, and nothing said",
        "This incident is open and nothing was said of it for a long time. Post an update, or resolve it.",
    ),
}
"""Of each kind: the subject's first words, and what there is to do."""


def _editing_addresses(scope: Scope, notification: Notification) -> Collection[str]:
    """The addresses of those who can do something: admins and editors, as they are at this moment."""
    return [email for _, email in _read_editing(scope)]


def _handling_addresses(scope: Scope, notification: Notification) -> Collection[str]:
    """The handler's, where there is one who can do something; else of everybody who can."""
    incident = scope.find(Incident, ReminderNotice.from_json(notification.notice).incident_id)
    handler = incident.handler_user_id if incident is not None else None
    editing = _read_editing(scope)
    return [email for user_id, email in editing if user_id == handler] or [email for _, email in editing]


def _read_editing(scope: Scope) -> Sequence[tuple[UUID, str]]:
    rows = scope.session.execute(
        select(User.id, User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == scope.organization_id, Membership.role.in_((Role.ADMIN, Role.EDITOR)))
    )
    return [(user_id, email) for user_id, email in rows]


def _dashboard_url(scope: Scope) -> str:
    """The organization's dashboard, without a slash at the end."""
    slug = scope.session.scalars(select(Organization.slug).filter_by(id=scope.organization_id)).one()
    return f"{settings.base_url}/dashboard/{slug}"


def _draft_overrun(scope: Scope, event: Event, page: PageAddress | None) -> Draft | None:
    maintenance = scope.find(Maintenance, UUID(event.payload["maintenance_id"]))
    if maintenance is None or maintenance.stage not in RUNNING:
        return None
    notice = OverrunNotice(
        **teller(scope, page),
        maintenance_id=maintenance.id,
        title=maintenance.title,
        ends_at=maintenance.ends_at,
        maintenance_url=f"{_dashboard_url(scope)}/maintenance/{maintenance.id}",
    )
    return Draft(notice)


def _why_not_overrun(scope: Scope, notification: Notification) -> str | None:
    notice = OverrunNotice.from_json(notification.notice)
    maintenance = scope.find(Maintenance, notice.maintenance_id)
    if maintenance is None or maintenance.stage not in RUNNING or maintenance.ends_at != notice.ends_at:
        return ENDED
    return None


def _draft_reminder(scope: Scope, event: Event, page: PageAddress | None) -> Draft | None:
    incident = scope.find(Incident, UUID(event.payload["incident_id"]))
    newest = _read_newest(scope, incident.id) if incident is not None else None
    if incident is None or newest is None or not _needs_update(incident):
        return None
    if str(newest.id) != event.payload.get("update_id"):
        return None
    asked = scope.session.scalars(
        select(IncidentService.status).filter_by(organization_id=scope.organization_id, incident_id=incident.id)
    ).all()
    handlers = {user_id for user_id, _ in _read_editing(scope)}
    notice = ReminderNotice(
        **teller(scope, page),
        kind=event.kind,
        incident_id=incident.id,
        update_id=newest.id,
        title=incident.title,
        status=worst(asked) if asked else None,
        said_at=newest.posted_at,
        promised_at=incident.next_update_at,
        incident_url=f"{_dashboard_url(scope)}/incidents/{incident.id}",
        is_handler=incident.handler_user_id in handlers,
    )
    # Not the story that subscribers hear of the incident: a later reminder takes the place of an earlier one only.
    return Draft(notice, story_id=uuid5(incident.id, "reminders"))


def _why_not_reminder(scope: Scope, notification: Notification) -> str | None:
    notice = ReminderNotice.from_json(notification.notice)
    incident = scope.find(Incident, notice.incident_id)
    newest = _read_newest(scope, notice.incident_id)
    if incident is None or newest is None or newest.id != notice.update_id or not _needs_update(incident):
        return SAID
    return None


def _read_newest(scope: Scope, incident_id: UUID) -> IncidentUpdate | None:
    return scope.session.scalars(
        select(IncidentUpdate)
        .filter_by(organization_id=scope.organization_id, incident_id=incident_id)
        .order_by(IncidentUpdate.posted_at.desc(), IncidentUpdate.id.desc())
        .limit(1)
    ).one_or_none()


def _needs_update(incident: Incident) -> bool:
    return incident.resolved_at is None and incident.deleted_at is None and incident.merged_into_id is None


OVERRUNS = Family(
    kinds=("maintenance.overran",),
    audience=Addresses(_editing_addresses),
    pages=no_page,
    draft=_draft_overrun,
    why_not=_why_not_overrun,
    compose=lambda notification: overrun_mails(OverrunNotice.from_json(notification.notice)),
    recipient=to_members,
)

REMINDERS = Family(
    kinds=tuple(_REMINDERS),
    audience=Addresses(_handling_addresses),
    pages=no_page,
    draft=_draft_reminder,
    why_not=_why_not_reminder,
    compose=lambda notification: reminder_mails(ReminderNotice.from_json(notification.notice)),
    recipient=to_members,
)
