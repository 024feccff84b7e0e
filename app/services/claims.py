"""How incidents, maintenance and monitors make services follow them, inside a transaction that is already open."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.database.scope import Scope
from app.errors import NotFound
from app.services.models import ClaimPeriod, Service, ServiceClaim, StatusChange
from app.services.rules import Ask, Inputs, Manual, ServiceStatus, Source, Verdict, Window, resolve_status


@dataclass(frozen=True, slots=True)
class NewClaim:
    """What is asked for one service, since when."""

    service_id: UUID
    status: ServiceStatus
    since: datetime
    expects_failures: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """What brings a change about, for the history."""

    source: Source
    at: datetime
    incident_id: UUID | None = None
    maintenance_id: UUID | None = None
    comment: str = ""


def lock_services(scope: Scope, service_ids: Collection[UUID]) -> dict[UUID, Service]:
    """The services, locked in one order for all, so that two changes wait for each other and never block for good.

    Raises:
        NotFound: one of them is missing or another organization's.
    """
    rows = scope.session.scalars(
        select(Service)
        .where(Service.organization_id == scope.organization_id, Service.id.in_(service_ids))
        .order_by(Service.id)
        .with_for_update()
    )
    services = {service.id: service for service in rows}
    if set(services) != set(service_ids):
        raise NotFound
    return services


def put_claims(scope: Scope, source: Source, claimant_id: UUID, claims: Iterable[NewClaim]) -> None:
    """Say what the claimant asks from now on, in place of all that it asked before."""
    withdraw_claims(scope, claimant_id)
    rows = [
        {
            "organization_id": scope.organization_id,
            "service_id": claim.service_id,
            "source": source,
            "claimant_id": claimant_id,
            "status": claim.status,
            "since": claim.since,
            "expects_failures": claim.expects_failures,
        }
        for claim in claims
    ]
    if rows:
        scope.session.execute(insert(ServiceClaim), rows)


def withdraw_claims(scope: Scope, claimant_id: UUID) -> None:
    """Take back all that the claimant asked; the services are settled by whoever calls this."""
    scope.session.execute(
        delete(ServiceClaim).where(
            ServiceClaim.organization_id == scope.organization_id, ServiceClaim.claimant_id == claimant_id
        )
    )


def settle(scope: Scope, services: Collection[Service], cause: Cause) -> list[Service]:
    """Work out anew what locked services show, and write a status change for each that differs.

    Returns:
        The services whose status changed.
    """
    claims = _read_claims(scope, services)
    _remember(scope, services, claims, cause.at)
    changed = []
    for service in services:
        shown = resolve_status(_inputs_of(service, claims[service.id]))
        if shown.status is not service.status:
            record_change(scope, service, shown.status, cause)
            changed.append(service)
    return changed


def record_change(scope: Scope, service: Service, status: ServiceStatus, cause: Cause) -> None:
    """Append to the service's history and show the new status. A repeated status is kept too: somebody said it."""
    scope.session.add(
        StatusChange(
            organization_id=service.organization_id,
            service_id=service.id,
            old_status=service.status,
            new_status=status,
            at=cause.at,
            source=cause.source,
            actor_user_id=scope.actor.user_id,
            actor_name=scope.actor.name,
            comment=cause.comment,
            incident_id=cause.incident_id,
            maintenance_id=cause.maintenance_id,
        )
    )
    if service.status is not status:
        service.status, service.status_since = status, cause.at


def shown_status(scope: Scope, service: Service) -> ServiceStatus:
    """What all that bears on a service makes of it at present."""
    return resolve_status(read_inputs(scope, [service])[service.id]).status


def read_inputs(scope: Scope, services: Collection[Service], *, without: UUID | None = None) -> dict[UUID, Inputs]:
    """All that bears on each service; `without` leaves one claimant's claims out, as if it were over."""
    claims = _read_claims(scope, services)
    return {
        service.id: _inputs_of(service, [claim for claim in claims[service.id] if claim.claimant_id != without])
        for service in services
    }


def _read_claims(scope: Scope, services: Collection[Service]) -> Mapping[UUID, list[ServiceClaim]]:
    scope.session.flush()
    claims: dict[UUID, list[ServiceClaim]] = {service.id: [] for service in services}
    rows = scope.session.scalars(
        select(ServiceClaim).where(
            ServiceClaim.organization_id == scope.organization_id, ServiceClaim.service_id.in_(claims)
        )
    )
    for claim in rows:
        claims[claim.service_id].append(claim)
    return claims


def _remember(
    scope: Scope, services: Collection[Service], claims: Mapping[UUID, list[ServiceClaim]], at: datetime
) -> None:
    """Note which claims begin and end to bear on the services, so that their past can be told anew (decision 0018)."""
    standing = {_said_by(claim): claim for service in services for claim in claims[service.id]}
    running = scope.session.scalars(
        select(ClaimPeriod).where(
            ClaimPeriod.organization_id == scope.organization_id,
            ClaimPeriod.service_id.in_(claims),
            ClaimPeriod.ends_at.is_(None),
        )
    )
    for period in running:
        if standing.pop(_said_by(period), None) is None:
            period.ends_at = max(at, period.begins_at)
    for claim in standing.values():
        scope.session.add(
            ClaimPeriod(
                organization_id=claim.organization_id,
                service_id=claim.service_id,
                source=claim.source,
                claimant_id=claim.claimant_id,
                status=claim.status,
                since=claim.since,
                expects_failures=claim.expects_failures,
                begins_at=at,
            )
        )


def _said_by(claim: ServiceClaim | ClaimPeriod) -> tuple[object, ...]:
    """What a claim says: the same again is no news."""
    return (
        claim.service_id,
        claim.source,
        claim.claimant_id,
        claim.status,
        claim.since,
        claim.expects_failures,
    )


def _inputs_of(service: Service, claims: Iterable[ServiceClaim]) -> Inputs:
    by_source: dict[Source, list[ServiceClaim]] = {source: [] for source in Source}
    for claim in claims:
        by_source[claim.source].append(claim)
    manual = None
    if service.manual_status is not None and service.manual_status_at is not None:
        manual = Manual(service.manual_status, service.manual_status_at)
    return Inputs(
        manual=manual,
        asks=tuple(Ask(claim.status, claim.since, claim.claimant_id) for claim in by_source[Source.INCIDENT]),
        windows=tuple(
            Window(claim.since, claim.claimant_id, claim.expects_failures) for claim in by_source[Source.MAINTENANCE]
        ),
        verdicts=tuple(Verdict(claim.status, claim.since) for claim in by_source[Source.MONITOR]),
    )
