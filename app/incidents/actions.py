"""What can be done to incidents. Services follow at once, in the same transaction; people are told by the event."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import Conflict, Invalid, NotFound
from app.incidents.models import Incident, IncidentService, IncidentUpdate
from app.incidents.promises.rules import check_promise, next_reminder
from app.incidents.rules import (
    Impact,
    ServiceAsk,
    Stage,
    check_message,
    check_title,
    check_transition,
    merge_asks,
)
from app.services.claims import Cause, NewClaim, lock_services, put_claims, settle, withdraw_claims
from app.services.models import Service
from app.services.rules import ServiceStatus, Source
from app.text.markdown import render_markdown

MOST_AFFECTED = 200


@dataclass(frozen=True, slots=True)
class NewIncident:
    """What the form to report an incident asks for; texts are cleaned already."""

    title: str
    message: str
    stage: Stage = Stage.INVESTIGATING
    impact: Impact = Impact.NONE
    affected: Mapping[UUID, ServiceStatus] = field(default_factory=dict)
    notify: bool = True
    next_update_at: datetime | None = None
    """When the next update is promised."""
    follows_id: UUID | None = None
    form_id: UUID | None = None
    """The form it was written in: sent twice (a double click, a reload), it reports once."""


@dataclass(frozen=True, slots=True)
class NewUpdate:
    """The next message of an incident, and what changes with it."""

    stage: Stage
    message: str
    affected: Mapping[UUID, ServiceStatus] | None = None
    """All services still affected; None leaves them as they are."""
    impact: Impact | None = None
    notify: bool = True
    next_update_at: datetime | None = None
    """When the next update is promised; None promises none."""
    seen_version: int | None = None
    """The incident's version when the form was opened; None posts whatever has happened since."""
    form_id: UUID | None = None
    """As in `NewIncident`: sent twice, it posts once."""


def report_incident(new: NewIncident, *, by: Actor) -> Incident:
    """Open an incident with its first message.

    Affected services follow at once; visitors and subscribers are told by the event, after the commit.

    Raises:
        Invalid: title or message are refused, too many services, or the incident that it follows is still open.
        NotFound: an affected service, or the incident that it follows, is missing.
        Conflict: the same form has reported something else already.
    """
    faults = _text_faults(new.title, new.message) | _promise_faults(new)
    if len(new.affected) > MOST_AFFECTED:
        faults["affected"] = f"An incident affects at most {MOST_AFFECTED} services."
    if faults:
        raise Invalid(faults)
    with organization_scope(by) as scope:
        if (reported := _posted_before(scope, new.form_id, new.message)) is not None:
            return reported
        if new.follows_id is not None:
            _check_followed(scope, new.follows_id)
        services = lock_services(scope, new.affected)
        now = clock.now()
        incident = Incident(
            organization_id=by.organization_id,
            title=new.title,
            stage=new.stage,
            impact=new.impact,
            started_at=now,
            resolved_at=now if new.stage is Stage.RESOLVED else None,
            follows_id=new.follows_id,
            created_at=now,
            created_by_user_id=by.user_id,
            created_by_name=by.name,
        )
        scope.session.add(incident)
        scope.session.flush()
        update = _add_update(scope, incident, new, now)
        _write_asks(scope, incident, _asks(new.affected, now), services)
        _settle(scope, incident, services.values(), now)
        _emit(scope, "incident.created", incident, update)
    return incident


def post_update(incident_id: UUID, new: NewUpdate, *, by: Actor) -> Incident:
    """Add a public message to an incident and move it along.

    Raises:
        Invalid: the message is refused.
        NotFound: no such incident, or no such service.
        InvalidTransition: the incident is already past `new.stage`; resolved is final.
        Conflict: someone else changed it since the form was opened.
    """
    faults = _promise_faults(new)
    if fault := check_message(new.message):
        faults["message"] = fault
    if new.affected is not None and len(new.affected) > MOST_AFFECTED:
        faults["affected"] = f"An incident affects at most {MOST_AFFECTED} services."
    if faults:
        raise Invalid(faults)
    with organization_scope(by) as scope:
        incident = _lock(scope, incident_id)
        if _posted_before(scope, new.form_id, new.message) is not None:
            return incident
        if incident.resolved_at is None:  # what is resolved takes no update at all, whatever else was overtaken
            _check_version(scope, incident, new.seen_version)
        check_transition(incident.stage, new.stage)
        before = _read_asks(scope, incident)
        chosen = {ask.service_id: ask.status for ask in before} if new.affected is None else new.affected
        services = lock_services(scope, {*chosen, *(ask.service_id for ask in before)})
        now = clock.now()
        incident.stage = new.stage
        incident.impact = new.impact or incident.impact
        incident.resolved_at = now if new.stage is Stage.RESOLVED else None
        incident.version += 1
        update = _add_update(scope, incident, new, now)
        _write_asks(scope, incident, merge_asks(before, chosen, now=now).asks, services)
        _settle(scope, incident, services.values(), now)
        _emit(scope, "incident.resolved" if incident.resolved_at else "incident.updated", incident, update)
    return incident


def edit_update(incident_id: UUID, update_id: UUID, message: str, *, by: Actor) -> IncidentUpdate:
    """Mend the text of a message. Visitors see that it was edited; nobody is told again.

    Raises:
        Invalid: the message is refused.
        NotFound: no such incident or message.
    """
    if fault := check_message(message):
        raise Invalid({"message": fault})
    with organization_scope(by) as scope:
        incident = _lock(scope, incident_id)
        update = scope.lock(IncidentUpdate, update_id)
        if update.incident_id != incident.id:
            raise NotFound
        if update.message != message:
            update.message, update.html, update.edited_at = message, render_markdown(message), clock.now()
            incident.version += 1
            scope.record("incident_update.edited", update, name=incident.title)
            scope.emit("incident.edited", {"incident_id": str(incident.id), "update_id": str(update.id)})
    return update


def edit_incident(incident_id: UUID, title: str, impact: Impact, *, by: Actor) -> Incident:
    """Correct title and impact. The services keep what they were given.

    Raises:
        Invalid: the title is refused.
        NotFound: no such incident.
    """
    if fault := check_title(title):
        raise Invalid({"title": fault})
    with organization_scope(by) as scope:
        incident = _lock(scope, incident_id)
        incident.title, incident.impact = title, impact
        incident.version += 1
        scope.record("incident.edited", incident, name=incident.title)
        scope.emit("incident.edited", {"incident_id": str(incident.id)})
    return incident


def delete_incident(incident_id: UUID, *, by: Actor) -> None:
    """Take an incident off the page and out of its services. The rows stay, with who deleted it and when.

    Raises:
        NotFound: no such incident, or deleted already.
    """
    with organization_scope(by) as scope:
        incident = _lock(scope, incident_id)
        services = lock_services(scope, [ask.service_id for ask in _read_asks(scope, incident)])
        now = clock.now()
        incident.deleted_at, incident.deleted_by_user_id, incident.deleted_by_name = now, by.user_id, by.name
        incident.version += 1
        _settle(scope, incident, services.values(), now)
        scope.record("incident.deleted", incident, name=incident.title)
        scope.emit("incident.deleted", {"incident_id": str(incident.id)})


def _text_faults(title: str, message: str) -> dict[str, str]:
    found = {"title": check_title(title), "message": check_message(message)}
    return {field: fault for field, fault in found.items() if fault}


def _promise_faults(new: NewIncident | NewUpdate) -> dict[str, str]:
    fault = check_promise(new.next_update_at, resolved=new.stage is Stage.RESOLVED, now=clock.now())
    return {"next_update": fault} if fault else {}


def _lock(scope: Scope, incident_id: UUID) -> Incident:
    incident = scope.lock(Incident, incident_id)
    if incident.deleted_at is not None:
        raise NotFound
    return incident


def _check_version(scope: Scope, incident: Incident, seen_version: int | None) -> None:
    if seen_version is None or seen_version == incident.version:
        return
    last = scope.session.scalar(
        select(IncidentUpdate.author_name)
        .where(IncidentUpdate.organization_id == scope.organization_id, IncidentUpdate.incident_id == incident.id)
        .order_by(IncidentUpdate.posted_at.desc(), IncidentUpdate.id.desc())
        .limit(1)
    )
    raise Conflict(
        f"This incident has changed while you were writing; its newest message is by {last}."
        " Your text is kept below. Read what is new, then post or change yours."
    )


def _check_followed(scope: Scope, incident_id: UUID) -> None:
    followed = scope.get(Incident, incident_id)
    if followed.deleted_at is not None:
        raise NotFound
    if followed.resolved_at is None:
        raise Invalid({"follows": "That incident is still open: post an update there instead."})


def _asks(affected: Mapping[UUID, ServiceStatus], now: datetime) -> tuple[ServiceAsk, ...]:
    return tuple(ServiceAsk(service_id, status, now) for service_id, status in affected.items())


def _read_asks(scope: Scope, incident: Incident) -> list[ServiceAsk]:
    rows = scope.session.scalars(
        select(IncidentService).where(
            IncidentService.organization_id == scope.organization_id, IncidentService.incident_id == incident.id
        )
    )
    return [ServiceAsk(row.service_id, row.status, row.asked_at) for row in rows]


def _posted_before(scope: Scope, form_id: UUID | None, message: str) -> Incident | None:
    """The incident that this very form has written to already; whoever sends it at the same moment waits here.

    Raises:
        Conflict: it has, but with another message: somebody went back and changed what was published.
    """
    if form_id is None:
        return None
    key = func.hashtextextended(f"form {scope.organization_id} {form_id}", 0)
    scope.session.execute(select(func.pg_advisory_xact_lock(key)))
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


def _add_update(scope: Scope, incident: Incident, new: NewIncident | NewUpdate, now: datetime) -> IncidentUpdate:
    update = IncidentUpdate(
        organization_id=scope.organization_id,
        incident_id=incident.id,
        stage=new.stage,
        message=new.message,
        html=render_markdown(new.message),
        notify=new.notify,
        posted_at=now,
        author_user_id=scope.actor.user_id,
        author_name=scope.actor.name,
        next_update_at=new.next_update_at,
        form_id=new.form_id,
    )
    incident.next_update_at = new.next_update_at
    scope.session.add(update)
    scope.session.flush()
    return update


def _write_asks(
    scope: Scope, incident: Incident, asks: Collection[ServiceAsk], services: Mapping[UUID, Service]
) -> None:
    """Keep what the incident asks, with what each new service showed before."""
    mine = (IncidentService.organization_id == scope.organization_id, IncidentService.incident_id == incident.id)
    kept = {row.service_id: row for row in scope.session.scalars(select(IncidentService).where(*mine))}
    for ask in asks:
        row = kept.pop(ask.service_id, None)
        if row is None:
            row = IncidentService(
                organization_id=scope.organization_id,
                incident_id=incident.id,
                service_id=ask.service_id,
                from_status=services[ask.service_id].status,
            )
            scope.session.add(row)
        row.status, row.asked_at = ask.status, ask.asked_at
    if kept:
        scope.session.execute(delete(IncidentService).where(*mine, IncidentService.service_id.in_(kept)))


def _settle(scope: Scope, incident: Incident, services: Collection[Service], now: datetime) -> None:
    """While it is open, the incident claims what it asks; resolved or deleted, it lets go. The services follow."""
    if incident.resolved_at is None and incident.deleted_at is None:
        scope.session.flush()
        claims = [NewClaim(ask.service_id, ask.status, ask.asked_at) for ask in _read_asks(scope, incident)]
        put_claims(scope, Source.INCIDENT, incident.id, claims)
        incident.remind_at = next_reminder(now, incident.next_update_at).at
    else:
        withdraw_claims(scope, incident.id)
        incident.remind_at = None
    settle(scope, services, Cause(Source.INCIDENT, now, incident_id=incident.id, comment=incident.title))


def _emit(scope: Scope, kind: str, incident: Incident, update: IncidentUpdate) -> None:
    """Say what happened. The services are named as they are now: whoever is told later may find others."""
    asks = _read_asks(scope, incident)
    touched = sorted(str(ask.service_id) for ask in asks)
    said = {
        "message": (None, update.message),
        "notify": (None, update.notify),
        "next_update": (None, update.next_update_at),
        "affected": (None, {str(ask.service_id): ask.status for ask in asks}),
    }
    scope.record(kind, incident, name=incident.title, changes=said)
    scope.emit(
        kind,
        {
            "incident_id": str(incident.id),
            "update_id": str(update.id),
            "notify": update.notify,
            "service_ids": touched,
        },
    )
