"""Entering what happened earlier: an incident with its whole story, or another time of what is there.

A single message with an earlier time is an update like others (`actions.post_update`). How the history of services
follows: docs/decisions/0018-backdating-and-history.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from app import clock
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope
from app.errors import Invalid, NotFound, refuse_faulty
from app.incidents import asks, steps
from app.incidents.chronology import Said, check_entered, check_place, check_start, check_story, fit_minute
from app.incidents.models import Incident, IncidentStatement, IncidentUpdate
from app.incidents.rules import Impact, LastChange, Stage, check_affected, check_message, check_title
from app.services.rules import ServiceStatus


@dataclass(frozen=True, slots=True)
class PastMessage:
    """Something that was to be said about an incident at that time."""

    at: datetime
    stage: Stage
    text: str


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident that nobody reported when it happened. It begins with its first message and may be over or not."""

    title: str
    messages: tuple[PastMessage, ...]
    """In order, at least one, no two of a stage."""
    impact: Impact = Impact.NONE
    affected: Mapping[UUID, ServiceStatus] = field(default_factory=dict)
    """What the services were like from its beginning to its end."""
    notify: bool = False
    """Whether subscribers are told of its last message."""
    form_id: UUID | None = None
    """As in `actions.NewIncident`: sent twice, it is entered once."""


def enter_incident(past: PastIncident, *, by: Actor) -> Incident:
    """Put an incident of the past, with all that is to be said about it, where it belongs in time.

    Raises:
        Invalid: something in it is refused; what is wrong with a message is under its stage: "resolved_at".
        NotFound: an affected service is missing.
        Conflict: the same form has entered something else already.
    """
    _check(past)
    first, last = past.messages[0], past.messages[-1]
    with organization_scope(by) as scope:
        if (entered := steps.find_posted(scope, past.form_id, first.text)) is not None:
            return entered
        if last.stage is not Stage.RESOLVED:
            steps.check_room(scope)
        now = clock.now()
        incident = Incident(
            organization_id=scope.organization_id,
            id=new_id(),
            title=past.title,
            stage=last.stage,
            impact=past.impact,
            started_at=first.at,
            resolved_at=last.at if last.stage is Stage.RESOLVED else None,
            created_at=now,
            created_by_user_id=by.user_id,
            created_by_name=by.name,
        )
        scope.session.add(incident)
        scope.session.flush()
        updates = [steps.add_update(scope, incident, message) for message in _messages(past, now)]
        steps.keep_promise(incident, steps.Message(last.stage, last.text, past.notify, last.at))
        asks.state(scope, incident, past.affected, at=first.at, update_id=updates[0].id)
        asks.tell_anew(scope, incident)
        steps.tell(scope, "incident.created", incident, updates[-1])
    return incident


def move_start(incident_id: UUID, started_at: datetime, *, seen_version: int | None = None, by: Actor) -> Incident:
    """Say that an incident began at another time: never after its first message. Nobody is told.

    What it asked of services at its beginning it asked from then on.

    Raises:
        Invalid: it cannot have begun then.
        NotFound: no such incident.
        Conflict: someone else changed the incident since the form was opened.
    """
    with organization_scope(by) as scope:
        incident = steps.lock_incident(scope, incident_id)
        started_at = fit_minute(started_at, incident.started_at)
        if incident.started_at == started_at:
            return incident
        steps.check_version(scope, incident, seen_version)
        first_said_at = steps.read_timeline(scope, incident)[0].at
        if fault := check_start(started_at, first_said_at, clock.now()):
            raise Invalid({"started_at": fault})
        _move_statements(scope, incident, incident.started_at, started_at)
        incident.started_at = started_at
        steps.mark_changed(scope, incident, LastChange.START)
        asks.tell_anew(scope, incident)
        scope.record("incident.edited", incident, name=incident.title)
        scope.emit("incident.edited", {"incident_id": str(incident.id)})
    return incident


def move_update(
    incident_id: UUID, update_id: UUID, posted_at: datetime, *, seen_version: int | None = None, by: Actor
) -> Incident:
    """Say that a message belongs to another time, at its place among the others. Nobody is told.

    What it said of services holds from then on; if it ended the incident, that was then.

    Raises:
        Invalid: it does not fit there.
        NotFound: no such incident or message.
        InvalidTransition: the incident goes on in another one.
        Conflict: someone else changed the incident since the form was opened.
    """
    with organization_scope(by) as scope:
        incident = steps.lock_incident(scope, incident_id)
        message = scope.lock(IncidentUpdate, update_id)
        if message.incident_id != incident.id:
            raise NotFound
        steps.check_not_merged(incident)
        posted_at = fit_minute(fit_minute(posted_at, incident.started_at), message.posted_at)
        if message.posted_at == posted_at:
            return incident
        steps.check_version(scope, incident, seen_version)
        others = steps.read_timeline(scope, incident, without=update_id)
        fault = check_entered(posted_at, clock.now()) or check_place(
            others, incident.started_at, Said(posted_at, message.stage)
        )
        if fault:
            raise Invalid({"posted_at": fault})
        _move_statements(scope, incident, message.posted_at, posted_at, update_id=update_id)
        message.entered_at = message.entered_at or message.posted_at
        message.posted_at = posted_at
        scope.session.flush()
        newest = steps.read_newest(scope, incident)
        incident.stage = newest.stage
        incident.resolved_at = newest.posted_at if newest.stage is Stage.RESOLVED else None
        steps.keep_promise(incident, newest)
        steps.mark_changed(scope, incident, LastChange.TIME)
        asks.tell_anew(scope, incident)
        scope.record("incident_update.moved", message, name=incident.title)
        scope.emit("incident.edited", {"incident_id": str(incident.id), "update_id": str(update_id)})
    return incident


def _check(past: PastIncident) -> None:
    now = clock.now()
    found: dict[str, str | None] = {"affected": check_affected(len(past.affected))}
    story = [Said(message.at, message.stage) for message in past.messages]
    misplaced = check_story(story, past.messages[0].at)
    for place, message in enumerate(past.messages):
        found[f"{message.stage}_at"] = check_entered(message.at, now) or misplaced.get(place)
    refuse_faulty(found | find_text_faults(past.title, {message.stage: message.text for message in past.messages}))


def find_text_faults(title: str, messages: Mapping[Stage, str]) -> dict[str, str]:
    """What is wrong with the texts, by field: to be known also while the times beside them cannot be read."""
    found = {"title": check_title(title)}
    found |= {f"{stage}_message": check_message(message) for stage, message in messages.items()}
    return {name: fault for name, fault in found.items() if fault}


def _messages(past: PastIncident, now: datetime) -> list[steps.Message]:
    """The last one is the newest: it alone can be told of. The first one answers for the form."""
    return [
        steps.Message(
            message.stage,
            message.text,
            past.notify and message is past.messages[-1],
            message.at,
            entered_at=now,
            form_id=past.form_id if message is past.messages[0] else None,
        )
        for message in past.messages
    ]


def _move_statements(
    scope: Scope, incident: Incident, old: datetime, new: datetime, *, update_id: UUID | None = None
) -> None:
    """What was said of services at one time was said at another; of one message only, if it is given."""
    moved = (
        update(IncidentStatement)
        .where(
            IncidentStatement.organization_id == scope.organization_id,
            IncidentStatement.incident_id == incident.id,
            IncidentStatement.at == old,
        )
        .values(at=new)
    )
    scope.session.execute(moved if update_id is None else moved.where(IncidentStatement.update_id == update_id))
