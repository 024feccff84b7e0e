"""What bears on the services of a form, and the suggestions that the rules make of it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.incidents.models import Incident
from app.incidents.rules import Impact, Stage, suggest_status
from app.maintenance.models import Maintenance
from app.services.dependencies import Needs, read_needs
from app.services.models import ServiceClaim
from app.services.queries import Catalogue
from app.services.rules import ServiceStatus, Source, worst
from app.suggestions.rules import Need, OtherAsk, Situation, Suggestion, spread, suggest

Chosen = Mapping[UUID, ServiceStatus | None]
"""The services of a form and the status chosen for each; None follows the suggestion."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A service that is not in the form and that the incident probably reaches."""

    service_id: UUID
    name: str
    status: ServiceStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """For each service of the form a suggestion, and services that may belong there too, the worst first."""

    of_services: Mapping[UUID, Suggestion]
    proposals: tuple[Proposal, ...]


def get_suggestions(
    actor: Actor, catalogue: Catalogue, chosen: Chosen, *, impact: Impact, stage: Stage, incident_id: UUID | None = None
) -> Suggestions:
    """What to propose for a form as it stands; the same few statements however many services it names.

    Args:
        actor: a member.
        catalogue: all services.
        chosen: those in the form.
        impact: as the form has it.
        stage: as the form has it.
        incident_id: the incident that the form belongs to, once there is one: its own asks do not count.
    """
    with organization_scope(actor, read_only=True) as scope:
        needs = read_needs(scope)
        asks, windows = _read_claims(scope, chosen, incident_id)
    services = {service.id: service for service in (*catalogue.services, *catalogue.archived)}
    asked = {service_id: status or suggest_status(impact, stage) for service_id, status in chosen.items()}

    def need_of(needed_id: UUID) -> Need:
        needed = services[needed_id]
        return Need(needed.name, worst([needed.status, asked.get(needed_id, ServiceStatus.OPERATIONAL)]))

    of_services = {
        service_id: suggest(
            impact,
            stage,
            Situation(
                others=tuple(asks[service_id]),
                needs=tuple(need_of(needed_id) for needed_id in needs.get(service_id, ())),
                windows=tuple(windows[service_id]),
            ),
        )
        for service_id in chosen
    }
    asked = {service_id: status or of_services[service_id].status for service_id, status in chosen.items()}
    return Suggestions(of_services, _proposals(catalogue, asked, needs))


def _proposals(catalogue: Catalogue, asked: Mapping[UUID, ServiceStatus], needs: Needs) -> tuple[Proposal, ...]:
    names = {service.id: service.name for service in catalogue.services}
    reached = spread(asked, needs)
    felt = {**reached, **asked}

    def reason(service_id: UUID) -> str:
        culprit = max(
            (one for one in needs[service_id] if one in felt),
            key=lambda one: (felt[one].severity, names.get(one, "")),
        )
        return f"needs {names.get(culprit, 'an archived service')}"

    found = [
        Proposal(service_id, names[service_id], status, reason(service_id))
        for service_id, status in reached.items()
        if service_id in names
    ]
    return tuple(sorted(found, key=lambda one: (-one.status.severity, one.name)))


def _read_claims(
    scope: Scope, chosen: Chosen, incident_id: UUID | None
) -> tuple[Mapping[UUID, list[OtherAsk]], Mapping[UUID, list[str]]]:
    """What other incidents ask of the services, and which maintenance runs on them."""
    asks: dict[UUID, list[OtherAsk]] = defaultdict(list)
    windows: dict[UUID, list[str]] = defaultdict(list)
    rows = scope.session.execute(
        select(ServiceClaim.service_id, ServiceClaim.source, ServiceClaim.status, Incident.title, Maintenance.title)
        .outerjoin(
            Incident,
            and_(Incident.organization_id == ServiceClaim.organization_id, Incident.id == ServiceClaim.claimant_id),
        )
        .outerjoin(
            Maintenance,
            and_(
                Maintenance.organization_id == ServiceClaim.organization_id, Maintenance.id == ServiceClaim.claimant_id
            ),
        )
        .where(
            ServiceClaim.organization_id == scope.organization_id,
            ServiceClaim.service_id.in_(chosen),
            ServiceClaim.claimant_id != incident_id if incident_id else ServiceClaim.claimant_id.is_not(None),
        )
    )
    for service_id, source, status, incident_title, window_title in rows:
        if source is Source.INCIDENT:
            asks[service_id].append(OtherAsk(incident_title, status))
        elif source is Source.MAINTENANCE:
            windows[service_id].append(window_title)
    return asks, windows
