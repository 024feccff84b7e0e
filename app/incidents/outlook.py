"""What services will show once an incident is over: said before somebody resolves it, by the rule that decides then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.database.scope import Scope
from app.incidents.models import Incident, IncidentService
from app.services.claims import read_inputs
from app.services.models import Service, StatusChange
from app.services.rules import Ask, Manual, ServiceStatus, Shown, Source, Verdict, Window, resolve_status


@dataclass(frozen=True, slots=True)
class AfterResolving:
    """What a service will show once the incident is resolved, and because of what it is not operational then."""

    service_id: UUID
    name: str
    now: ServiceStatus
    then: ServiceStatus
    reason: str


def read_after_resolving(scope: Scope, incident: Incident) -> tuple[AfterResolving, ...]:
    """What the affected services will show without this incident, by the very rule that will decide it then."""
    mine = Service.organization_id == scope.organization_id
    services = scope.session.scalars(
        select(Service)
        .join(
            IncidentService,
            and_(IncidentService.organization_id == Service.organization_id, IncidentService.service_id == Service.id),
        )
        .where(mine, IncidentService.incident_id == incident.id)
        .order_by(Service.position, Service.id)
    ).all()
    inputs = read_inputs(scope, services, without=incident.id)
    shown = {service.id: resolve_status(inputs[service.id]) for service in services}
    reasons = _read_reasons(scope, shown)
    return tuple(
        AfterResolving(service.id, service.name, service.status, shown[service.id].status, reasons[service.id])
        for service in services
    )


def _read_reasons(scope: Scope, shown: Mapping[UUID, Shown]) -> Mapping[UUID, str]:
    """Why services stay other than operational; empty for those that do not."""
    faulty = {service_id: one for service_id, one in shown.items() if one.status is not ServiceStatus.OPERATIONAL}
    titles = _read_titles(scope, faulty.values())
    by_hand = _read_who_set(scope, [key for key, one in faulty.items() if isinstance(one.because, Manual)])
    return {key: _reason(one, titles, by_hand.get(key)) if key in faulty else "" for key, one in shown.items()}


def _reason(shown: Shown, titles: Mapping[UUID, str], set_by: str | None) -> str:
    match shown.because:
        case Ask(incident_id=incident_id):
            return (
                f"“{titles[incident_id]}” is still open" if incident_id in titles else "another incident is still open"
            )
        case Window():
            return "maintenance is running"
        case Verdict():
            return "a monitor says so"
        case _:
            return f"set by {set_by} by hand" if set_by else "set by hand"


def _read_titles(scope: Scope, shown: Iterable[Shown]) -> Mapping[UUID, str]:
    """Titles of the other incidents that decide."""
    incident_ids = [one.because.incident_id for one in shown if isinstance(one.because, Ask)]
    if not incident_ids:
        return {}
    found = scope.session.execute(
        select(Incident.id, Incident.title).where(
            Incident.organization_id == scope.organization_id, Incident.id.in_(incident_ids)
        )
    )
    return dict(found.all())


def _read_who_set(scope: Scope, service_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Who last set each service by hand."""
    if not service_ids:
        return {}
    rows = scope.session.execute(
        select(StatusChange.service_id, StatusChange.actor_name)
        .ext(distinct_on(StatusChange.service_id))
        .where(
            StatusChange.organization_id == scope.organization_id,
            StatusChange.service_id.in_(service_ids),
            StatusChange.source == Source.MANUAL,
        )
        .order_by(StatusChange.service_id, StatusChange.at.desc(), StatusChange.id.desc())
    )
    return dict(rows.all())
