"""What the log remembers of that year: who did what at Northwind Cloud, as actions would have written it down."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, insert, select

from app.database.actor import Actor, ActorRole
from app.database.audit import AuditEntry
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope, system_scope
from app.demo.people import Colleague
from app.demo.stories.telling import MARA
from app.incidents.models import Incident, IncidentUpdate
from app.incidents.rules import Stage
from app.maintenance.models import Maintenance
from app.services.models import Service, ServiceGroup, StatusChange
from app.services.rules import Source

People = Mapping[UUID | None, Colleague]
"""By their ids, as rows name them."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that somebody did, or the clock where nobody did."""

    at: datetime
    action: str
    subject_id: UUID
    name: str
    by: Colleague | None = None
    became: Mapping[str, str] = field(default_factory=dict)
    """Fields, and what they were changed to."""


def ensure_remembered(organization_id: UUID, people: Mapping[str, Colleague]) -> None:
    """Have an entry for each thing that was done before there was a log; a second call writes none."""
    with organization_scope(Actor.worker(organization_id), read_only=True) as scope:
        if scope.session.scalar(select(exists().where(AuditEntry.action == "service.created"))):
            return
        by_id: People = {one.user_id: one for one in people.values()}
        deeds = [*_founding(scope, people[MARA]), *_telling(scope, by_id), *_working(scope, by_id)]
    # What many did is written by nobody in particular: members can only write down what they did themselves.
    with system_scope("the demo's people have done things before it was made") as scope:
        scope.session.execute(insert(AuditEntry), [_entry(organization_id, deed) for deed in deeds])


def _founding(scope: Scope, founder: Colleague) -> Iterator[Deed]:
    """What there is was made by one of them."""
    groups = select(ServiceGroup).where(ServiceGroup.organization_id == scope.organization_id)
    for group in scope.session.scalars(groups.order_by(ServiceGroup.position)):
        yield Deed(group.created_at, "service_group.created", group.id, group.name, founder)
    services = select(Service).where(Service.organization_id == scope.organization_id)
    for service in scope.session.scalars(services.order_by(Service.position)):
        yield Deed(service.created_at, "service.created", service.id, service.name, founder)


def _telling(scope: Scope, people: People) -> Iterator[Deed]:
    """Messages of incidents, and what was set by hand."""
    said = (
        select(IncidentUpdate, Incident)
        .join(Incident, Incident.id == IncidentUpdate.incident_id)
        .where(IncidentUpdate.organization_id == scope.organization_id)
        .order_by(IncidentUpdate.posted_at)
    )
    begun = set()
    for update, incident in scope.session.execute(said):
        action = "incident.resolved" if update.stage is Stage.RESOLVED else "incident.updated"
        if incident.id not in begun:
            action = "incident.created"
            begun.add(incident.id)
        by = people.get(update.author_user_id)
        yield Deed(update.posted_at, action, incident.id, incident.title, by, {"stage": update.stage})
    by_hand = (
        select(StatusChange, Service)
        .join(Service, Service.id == StatusChange.service_id)
        .where(
            StatusChange.organization_id == scope.organization_id,
            StatusChange.source == Source.MANUAL,
            StatusChange.old_status.is_not(None),
        )
    )
    for change, service in scope.session.execute(by_hand):
        became = {"status": change.new_status, "comment": change.comment}
        by = people.get(change.actor_user_id)
        yield Deed(change.at, "service.status_changed", service.id, service.name, by, became)


def _working(scope: Scope, people: People) -> Iterator[Deed]:
    """Windows, which begin and end by themselves."""
    planned = select(Maintenance).where(
        Maintenance.organization_id == scope.organization_id, Maintenance.series_id.is_(None)
    )
    for window in scope.session.scalars(planned):
        by = people.get(window.created_by_user_id)
        yield Deed(window.created_at, "maintenance.scheduled", window.id, window.title, by)
        for at, action in ((window.started_at, "started"), (window.completed_at, "completed")):
            if at is not None:
                yield Deed(at, f"maintenance.{action}", window.id, window.title)


def _entry(organization_id: UUID, deed: Deed) -> dict[str, object]:
    clock = Actor.clock(organization_id)
    return {
        "organization_id": organization_id,
        "id": new_id(deed.at),
        "at": deed.at,
        "action": deed.action,
        "subject_id": deed.subject_id,
        "subject_name": deed.name,
        "changes": {name: [None, value] for name, value in deed.became.items()},
        "actor_role": ActorRole(deed.by.role.value) if deed.by else clock.role,
        "actor_user_id": deed.by.user_id if deed.by else None,
        "actor_name": deed.by.name if deed.by else clock.name,
        "address": "",
    }
