"""How a window bears on its services: by claims, from when it begins until it is over (decision 0003)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.database.scope import Scope
from app.maintenance.models import Maintenance
from app.maintenance.rules import RUNNING
from app.services.claims import Cause, NewClaim, put_claims, settle, withdraw_claims
from app.services.hindsight import NewPeriod, tell_anew
from app.services.models import ClaimPeriod, Service, ServiceClaim
from app.services.rules import ServiceStatus, Source

IN_TIME = timedelta(minutes=1)
"""By so much the clock may be late without asking what has happened since."""


def settle_window(
    scope: Scope, window: Maintenance, services: Collection[Service], at: datetime, *, service_ids: Collection[UUID]
) -> None:
    """While it runs, a window claims its services from when it began or they were added; then it lets them go.

    `service_ids` are those that it touches, `services` these and those that it touched before, locked.
    """
    _claim(scope, window, service_ids, at)
    settle(scope, services, _cause(window, at))


def settle_as_planned(
    scope: Scope, window: Maintenance, services: Collection[Service], planned_at: datetime, now: datetime
) -> None:
    """The same for `services` at the time that was planned, however late the clock is: history says what was announced.

    What has happened since then is told anew, as if the clock had been there in time (decision 0015).
    """
    _claim(scope, window, [service.id for service in services], planned_at)
    if now - planned_at <= IN_TIME and all(_last_said(service) <= planned_at for service in services):
        settle(scope, services, _cause(window, planned_at))
        return
    tell_anew(scope, services, window.id, _periods(scope, window, services, planned_at), _cause(window, now))


def _claim(scope: Scope, window: Maintenance, service_ids: Collection[UUID], at: datetime) -> None:
    if window.stage not in RUNNING:
        withdraw_claims(scope, window.id)
        return
    since = _claimed_since(scope, window)
    claims = [
        NewClaim(
            service_id,
            ServiceStatus.UNDER_MAINTENANCE,
            since.get(service_id, at),
            expects_failures=window.expects_failures,
        )
        for service_id in sorted(service_ids)
    ]
    put_claims(scope, Source.MAINTENANCE, window.id, claims)


def _cause(window: Maintenance, at: datetime) -> Cause:
    return Cause(Source.MAINTENANCE, at, maintenance_id=window.id, comment=window.title)


def _last_said(service: Service) -> datetime:
    """When something was last said of a service that shows, or that a human said."""
    return max(service.status_since, service.manual_status_at or service.status_since)


def _periods(scope: Scope, window: Maintenance, services: Collection[Service], at: datetime) -> list[NewPeriod]:
    """All times for which the window has borne on services: it begins at `at`, or ends then."""
    known = scope.session.scalars(
        select(ClaimPeriod).where(
            ClaimPeriod.organization_id == scope.organization_id, ClaimPeriod.claimant_id == window.id
        )
    )
    periods = [
        NewPeriod(
            NewClaim(row.service_id, row.status, row.since, expects_failures=row.expects_failures),
            row.begins_at,
            at if row.ends_at is None and window.stage not in RUNNING else row.ends_at,
        )
        for row in known
    ]
    if window.stage in RUNNING:
        periods += [
            NewPeriod(
                NewClaim(service.id, ServiceStatus.UNDER_MAINTENANCE, at, expects_failures=window.expects_failures),
                at,
                None,
            )
            for service in services
        ]
    return periods


def _claimed_since(scope: Scope, window: Maintenance) -> dict[UUID, datetime]:
    rows = scope.session.execute(
        select(ServiceClaim.service_id, ServiceClaim.since).where(
            ServiceClaim.organization_id == scope.organization_id, ServiceClaim.claimant_id == window.id
        )
    )
    return {row.service_id: row.since for row in rows}
