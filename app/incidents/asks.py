"""What an incident asks of services: said in statements, kept as rows, left as claims (decision 0003).

Inside the transaction that an action has opened. `follow` is for what happens now, `tell_anew` for what is only learnt
now of the past (decision 0018).
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import delete, select

from app import clock
from app.database.scope import Scope
from app.incidents.chronology import Statement, follow_statements, unite_asks
from app.incidents.models import Incident, IncidentService, IncidentStatement
from app.incidents.rules import ServiceAsk
from app.services.claims import Cause, NewClaim, lock_services, put_claims, settle, withdraw_claims
from app.services.hindsight import NewPeriod, read_shown_before
from app.services.hindsight import tell_anew as tell_services_anew
from app.services.models import Service
from app.services.rules import ServiceStatus, Source


def read_asks(scope: Scope, incident: Incident) -> list[ServiceAsk]:
    """What the incident asks at present, or asked last."""
    rows = scope.session.scalars(
        select(IncidentService).where(
            IncidentService.organization_id == scope.organization_id, IncidentService.incident_id == incident.id
        )
    )
    return [ServiceAsk(row.service_id, row.status, row.asked_at) for row in rows]


def state(
    scope: Scope,
    incident: Incident,
    affected: Mapping[UUID, ServiceStatus],
    *,
    at: datetime,
    update_id: UUID | None = None,
    kept_since: Mapping[UUID, datetime] = MappingProxyType({}),
) -> None:
    """Write down all that the incident asks from `at` on. The services follow by `follow` or `tell_anew`."""
    scope.session.add(
        IncidentStatement(
            organization_id=scope.organization_id,
            incident_id=incident.id,
            update_id=update_id,
            at=at,
            affected={str(service_id): status.value for service_id, status in affected.items()},
            kept_since={str(service_id): since.isoformat() for service_id, since in kept_since.items()},
        )
    )


def follow(
    scope: Scope,
    incident: Incident,
    asks: Collection[ServiceAsk],
    services: Mapping[UUID, Service],
    now: datetime,
) -> None:
    """Keep what the incident asks from now on, and let the services follow.

    Args:
        scope: an open one.
        incident: locked.
        asks: all that it asks.
        services: those of the asks before and now, locked.
        now: when it was asked.
    """
    _write_asks(scope, incident, asks, {service_id: service.status for service_id, service in services.items()})
    leave_claims(scope, incident, asks)
    settle(scope, services.values(), _cause(incident, now))


def let_go(scope: Scope, incident: Incident, now: datetime) -> None:
    """The incident is over: its services show what is left without it. What it asked stays known."""
    services = lock_services(scope, [ask.service_id for ask in read_asks(scope, incident)])
    withdraw_claims(scope, incident.id)
    settle(scope, services.values(), _cause(incident, now))


def leave_claims(scope: Scope, incident: Incident, asks: Collection[ServiceAsk]) -> None:
    """While it is open the incident claims what it asks; resolved, merged or deleted it lets go."""
    if incident.resolved_at is None and incident.deleted_at is None:
        claims = [NewClaim(ask.service_id, ask.status, ask.asked_at) for ask in asks]
        put_claims(scope, Source.INCIDENT, incident.id, claims)
    else:
        withdraw_claims(scope, incident.id)


def take_over(scope: Scope, duplicate: Incident, target: Incident) -> datetime:
    """Move all that a duplicate asks to another incident. The services show afterwards what they showed before.

    Returns:
        When that was.
    """
    mine, theirs = read_asks(scope, target), read_asks(scope, duplicate)
    services = lock_services(scope, {ask.service_id for ask in (*mine, *theirs)})
    now = clock.now()
    set_by_hand = {one.id: one.manual_status_at for one in services.values() if one.manual_status_at is not None}
    united = unite_asks(mine, theirs, set_by_hand)
    if theirs:
        affected = {ask.service_id: ask.status for ask in united}
        state(scope, target, affected, at=now, kept_since={ask.service_id: ask.asked_at for ask in united})
    withdraw_claims(scope, duplicate.id)
    follow(scope, target, united, services, now)
    return now


def tell_anew(scope: Scope, incident: Incident) -> None:
    """Work out from all statements what the incident asks and asked, and mend the history of its services.

    Call it when statement, beginning or end was given an earlier time.
    """
    scope.session.flush()
    statements = _read_statements(scope, incident)
    asked = follow_statements(statements, incident.resolved_at)
    services = lock_services(scope, {service_id for statement in statements for service_id in statement.affected})
    now = clock.now()
    shown_before = read_shown_before(scope, services, incident.started_at)
    _write_asks(scope, incident, asked.asks, shown_before)
    leave_claims(scope, incident, asked.asks)
    periods = [NewPeriod(_claim(period.ask), period.begins_at, period.ends_at) for period in asked.periods]
    tell_services_anew(scope, services.values(), incident.id, periods, _cause(incident, now))
    settle(scope, services.values(), _cause(incident, now))


def _claim(ask: ServiceAsk) -> NewClaim:
    return NewClaim(ask.service_id, ask.status, ask.asked_at)


def _cause(incident: Incident, now: datetime) -> Cause:
    return Cause(Source.INCIDENT, now, incident_id=incident.id, comment=incident.title)


def _read_statements(scope: Scope, incident: Incident) -> list[Statement]:
    rows = scope.session.scalars(
        select(IncidentStatement)
        .where(IncidentStatement.organization_id == scope.organization_id, IncidentStatement.incident_id == incident.id)
        .order_by(IncidentStatement.at, IncidentStatement.id)
    )
    return [
        Statement(
            row.at,
            {UUID(service_id): ServiceStatus(status) for service_id, status in row.affected.items()},
            {UUID(service_id): datetime.fromisoformat(since) for service_id, since in row.kept_since.items()},
        )
        for row in rows
    ]


def _write_asks(
    scope: Scope, incident: Incident, asks: Collection[ServiceAsk], shown_before: Mapping[UUID, ServiceStatus]
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
                from_status=shown_before[ask.service_id],
            )
            scope.session.add(row)
        row.status, row.asked_at = ask.status, ask.asked_at
    if kept:
        scope.session.execute(delete(IncidentService).where(*mine, IncidentService.service_id.in_(kept)))
    scope.session.flush()
