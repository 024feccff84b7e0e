"""What admins and editors are reminded of. Viewers are told nothing: there is nothing that they could do about it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import User
from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import Addresses
from app.delivery.links import to_members
from app.delivery.mails import Compose, own_mails
from app.delivery.models import Notification
from app.delivery.notices.family import Draft, Family, sender_of
from app.delivery.notices.kept import Notice
from app.extensions import settings
from app.maintenance.models import Maintenance
from app.maintenance.rules import RUNNING
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role

OVER = "The maintenance was over before this was sent."


@dataclass(frozen=True, slots=True)
class OverrunNotice(Notice):
    """A maintenance that goes on after its end."""

    maintenance_id: UUID
    title: str
    ends_at: datetime
    dashboard_url: str
    """Where to extend or complete it."""


def editing_addresses(scope: Scope, notification: Notification) -> Collection[str]:
    """The addresses of those who can do something: admins and editors, as they are at this moment."""
    return scope.session.scalars(
        select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == scope.organization_id, Membership.role.in_((Role.ADMIN, Role.EDITOR)))
    ).all()


def dashboard_url(scope: Scope) -> str:
    """The organization's dashboard, without a slash at the end."""
    slug = scope.session.scalars(select(Organization.slug).filter_by(id=scope.organization_id)).one()
    return f"{settings.base_url}/dashboard/{slug}"


def overrun_mails(notice: OverrunNotice) -> Compose:
    """How to tell whoever can end it."""
    shared = {"ends_at": notice.ends_at.astimezone(notice.zone)}
    return own_mails("overrun", notice, f"Maintenance runs over: {notice.title}", shared)


def _draft_overrun(scope: Scope, event: Event) -> Draft | None:
    maintenance = scope.find(Maintenance, UUID(event.payload["maintenance_id"]))
    if maintenance is None or maintenance.stage not in RUNNING:
        return None
    notice = OverrunNotice(
        *sender_of(scope),
        maintenance_id=maintenance.id,
        title=maintenance.title,
        ends_at=maintenance.ends_at,
        dashboard_url=f"{dashboard_url(scope)}/maintenance/{maintenance.id}",
    )
    return Draft(notice)


def _why_not_overrun(scope: Scope, notification: Notification) -> str | None:
    notice = OverrunNotice.from_json(notification.notice)
    maintenance = scope.find(Maintenance, notice.maintenance_id)
    if maintenance is None or maintenance.stage not in RUNNING or maintenance.ends_at != notice.ends_at:
        return OVER
    return None


OVERRUNS = Family(
    kinds=("maintenance.overran",),
    audience=Addresses(editing_addresses),
    draft=_draft_overrun,
    why_not=_why_not_overrun,
    compose=lambda notification: overrun_mails(OverrunNotice.from_json(notification.notice)),
    recipient=to_members,
)
