"""The steps of which actions on incidents are made, inside the transaction that an action has opened."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.database.scope import Scope
from app.errors import Conflict, Invalid, InvalidTransition, NotFound
from app.incidents import rules
from app.incidents.asks import read_asks
from app.incidents.chronology import Said
from app.incidents.models import Incident, IncidentDraft, IncidentUpdate
from app.incidents.promises.rules import next_reminder
from app.incidents.rules import LastChange, Stage
from app.text.markdown import render_markdown


class Overtaken(Conflict):
    """Somebody changed the same thing since it was opened; the title says who, and what they did."""

    def __init__(self, name: str, change: LastChange) -> None:
        super().__init__("Your text is kept below. Read what is new, then send yours as it is or change it.")
        self.title = f"{name} {change.words} while you were writing"
        self.change = change


@dataclass(frozen=True, slots=True)
class Message:
    """What one update says, and when."""

    stage: Stage
    text: str
    notify: bool
    posted_at: datetime
    entered_at: datetime | None = None
    next_update_at: datetime | None = None
    form_id: UUID | None = None


def lock_incident(scope: Scope, incident_id: UUID) -> Incident:
    """The incident, for nobody else to change meanwhile.

    Raises:
        NotFound: it is missing, or was deleted.
    """
    incident = scope.lock(Incident, incident_id)
    if incident.deleted_at is not None:
        raise NotFound
    return incident


def check_not_merged(incident: Incident) -> None:
    """Whether the incident may still be spoken about.

    Raises:
        InvalidTransition: it goes on in another one.
    """
    if incident.merged_into_id is not None:
        raise InvalidTransition("This incident was merged into another one. Say it there.")


def check_version(scope: Scope, incident: Incident, seen_version: int | None) -> None:
    """Refuse what was written without having seen the incident's last change.

    Raises:
        Overtaken: somebody has changed it since.
    """
    if seen_version is None or seen_version == incident.version:
        return
    name = incident.changed_by_name or read_newest(scope, incident).author_name
    raise Overtaken(name, incident.last_change or LastChange.POSTED)


def mark_changed(scope: Scope, incident: Incident, change: LastChange) -> None:
    """Raise the version, and note for those who are overtaken by this who did what."""
    incident.version += 1
    incident.last_change = change
    incident.changed_by_user_id, incident.changed_by_name = scope.actor.user_id, scope.actor.name


def check_room(scope: Scope) -> None:
    """Refuse one more open incident when nobody could follow those that there are.

    Two at the same moment may make it one too many, which does no harm.

    Raises:
        Invalid: the organization has as many open incidents as it may.
    """
    opened = scope.session.scalar(
        select(func.count()).where(
            Incident.organization_id == scope.organization_id,
            Incident.resolved_at.is_(None),
            Incident.deleted_at.is_(None),
        )
    )
    if (opened or 0) >= rules.MOST_OPEN:
        raise Invalid({"form": f"{rules.MOST_OPEN} incidents are open already. Resolve those that are over first."})


def check_length(scope: Scope, incident: Incident, stage: Stage) -> None:
    """Refuse one more message where nobody could read them all; the incident can always be resolved.

    Raises:
        Invalid: it has as many as it may.
    """
    said = scope.session.scalar(
        select(func.count()).where(
            IncidentUpdate.organization_id == scope.organization_id, IncidentUpdate.incident_id == incident.id
        )
    )
    if (said or 0) >= rules.MOST_UPDATES and stage is not Stage.RESOLVED:
        fault = f"This incident has {said} messages. Resolve it, and report one that follows it."
        raise Invalid({"message": fault})


def check_followed(scope: Scope, incident_id: UUID) -> None:
    """Whether a new incident may follow this one.

    Raises:
        Invalid: it is missing, was deleted, or is still open.
    """
    followed = scope.find(Incident, incident_id)
    if followed is None or followed.deleted_at is not None:
        raise Invalid({"follows": "That incident was deleted meanwhile. Send it once more: it follows none then."})
    if followed.resolved_at is None:
        raise Invalid({"follows": "That incident is still open: post an update there instead."})


def find_posted(scope: Scope, form_id: UUID | None, message: str) -> Incident | None:
    """The incident that this very form has written to already; whoever sends it at the same moment waits here.

    Raises:
        Conflict: it has, but with another message: somebody went back and changed what was published.
    """
    if form_id is None:
        return None
    scope.take_turns(f"form {form_id}")
    found = scope.session.execute(
        select(Incident, IncidentUpdate.message)
        .join(
            IncidentUpdate,
            (IncidentUpdate.organization_id == Incident.organization_id) & (IncidentUpdate.incident_id == Incident.id),
        )
        .where(IncidentUpdate.organization_id == scope.organization_id, IncidentUpdate.form_id == form_id)
    ).one_or_none()
    if found is None:
        return None
    incident, posted = found
    if posted != message:
        raise Conflict("You published this form before, with another message. Publish again if you mean a new one.")
    return incident


def find_draft(scope: Scope, form_id: UUID | None) -> IncidentDraft | None:
    """The draft that this very form was saved as, locked."""
    if form_id is None:
        return None
    scope.take_turns(f"form {form_id}")
    return scope.session.scalar(
        select(IncidentDraft)
        .where(IncidentDraft.organization_id == scope.organization_id, IncidentDraft.form_id == form_id)
        .with_for_update()
    )


def add_update(scope: Scope, incident: Incident, message: Message) -> IncidentUpdate:
    """Write a message of the incident down."""
    update = IncidentUpdate(
        organization_id=scope.organization_id,
        incident_id=incident.id,
        stage=message.stage,
        message=message.text,
        html=render_markdown(message.text),
        notify=message.notify,
        posted_at=message.posted_at,
        entered_at=message.entered_at,
        author_user_id=scope.actor.user_id,
        author_name=scope.actor.name,
        next_update_at=message.next_update_at,
        form_id=message.form_id,
    )
    scope.session.add(update)
    scope.session.flush()
    return update


def keep_promise(incident: Incident, newest: Message | IncidentUpdate) -> None:
    """Note what the newest message promised, and when the team is reminded next of an incident that is open."""
    incident.next_update_at = newest.next_update_at
    is_open = incident.resolved_at is None and incident.deleted_at is None
    incident.remind_at = next_reminder(newest.posted_at, newest.next_update_at).at if is_open else None


def read_newest(scope: Scope, incident: Incident) -> IncidentUpdate:
    """The incident's newest message; every incident has one."""
    return scope.session.scalars(
        select(IncidentUpdate)
        .where(IncidentUpdate.organization_id == scope.organization_id, IncidentUpdate.incident_id == incident.id)
        .order_by(IncidentUpdate.posted_at.desc(), IncidentUpdate.id.desc())
        .limit(1)
    ).one()


def read_timeline(scope: Scope, incident: Incident, *, without: UUID | None = None) -> tuple[Said, ...]:
    """When each message was posted and what stage it brought, in order; `without` leaves one out."""
    rows = scope.session.execute(
        select(IncidentUpdate.id, IncidentUpdate.posted_at, IncidentUpdate.stage)
        .where(IncidentUpdate.organization_id == scope.organization_id, IncidentUpdate.incident_id == incident.id)
        .order_by(IncidentUpdate.posted_at, IncidentUpdate.id)
    )
    return tuple(Said(at, stage) for update_id, at, stage in rows if update_id != without)


def tell(scope: Scope, kind: str, incident: Incident, update: IncidentUpdate) -> None:
    """Say what happened. The services are named as they are now: whoever is told later may find others."""
    asks = read_asks(scope, incident)
    said = {
        "message": (None, update.message),
        "notify": (None, update.notify),
        "next_update": (None, update.next_update_at),
        "affected": (None, {str(ask.service_id): ask.status for ask in asks}),
    }
    if update.entered_at is not None:
        said["posted_at"] = (None, update.posted_at)
    scope.record(kind, incident, name=incident.title, changes=said)
    scope.emit(
        kind,
        {
            "incident_id": str(incident.id),
            "update_id": str(update.id),
            "notify": update.notify,
            "service_ids": sorted(str(ask.service_id) for ask in asks),
        },
    )
