"""Telling the history of services anew when something about the past is learnt, in a transaction that is open."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.database.scope import Scope
from app.services.claims import Cause, NewClaim
from app.services.history import Change
from app.services.models import ClaimPeriod, Service, StatusChange
from app.services.replay import Amended, Past, Period, amend
from app.services.rules import Ask, Manual, ServiceStatus, Source, Verdict, Window


@dataclass(frozen=True, slots=True)
class NewPeriod:
    """A claim with the time for which it is now known to have borne on its service."""

    claim: NewClaim
    begins_at: datetime
    ends_at: datetime | None


def tell_anew(
    scope: Scope, services: Collection[Service], claimant_id: UUID, periods: Sequence[NewPeriod], cause: Cause
) -> None:
    """Replace all that a claimant is known to have asked, and when, and mend the history of the services.

    Args:
        scope: an open one.
        services: all that the claimant ever asked something of, locked.
        claimant_id: the incident, maintenance or monitor.
        periods: all that it asked.
        cause: what the new rows of the history name; `at` is the present, up to which they are told anew.
    """
    scope.session.flush()
    was = _read_past(scope, services)
    changed = _replace_periods(scope, cause.source, claimant_id, periods)
    if changed is None:
        return
    known = _read_past(scope, services)
    recorded = _read_recorded(scope, services)
    for service in services:
        start = max(changed, service.created_at)
        amended = amend(recorded[service.id], was[service.id], known[service.id], start=start, end=cause.at)
        _append(scope, service, amended, start, cause)


def read_shown_before(scope: Scope, services: Mapping[UUID, Service], at: datetime) -> Mapping[UUID, ServiceStatus]:
    """What each service showed just before an instant, as its history has it; operational before it was there."""
    rows = scope.session.execute(
        select(StatusChange.service_id, StatusChange.new_status)
        .ext(distinct_on(StatusChange.service_id))
        .where(
            StatusChange.organization_id == scope.organization_id,
            StatusChange.service_id.in_(services),
            StatusChange.at < at,
        )
        .order_by(StatusChange.service_id, StatusChange.at.desc(), StatusChange.id.desc())
    )
    return dict.fromkeys(services, ServiceStatus.OPERATIONAL) | dict(rows.all())


def _replace_periods(scope: Scope, source: Source, claimant_id: UUID, periods: Sequence[NewPeriod]) -> datetime | None:
    """Write the claimant's periods in place of those before; says from when on something differs, if anything does."""
    mine = (ClaimPeriod.organization_id == scope.organization_id, ClaimPeriod.claimant_id == claimant_id)
    before = {
        (row.service_id, row.status, row.since, row.expects_failures, row.begins_at, row.ends_at)
        for row in scope.session.scalars(select(ClaimPeriod).where(*mine))
    }
    after = {
        (
            one.claim.service_id,
            one.claim.status,
            one.claim.since,
            one.claim.expects_failures,
            one.begins_at,
            one.ends_at,
        )
        for one in periods
    }
    if before == after:
        return None
    scope.session.execute(delete(ClaimPeriod).where(*mine).execution_options(synchronize_session="fetch"))
    if after:
        columns = ("service_id", "status", "since", "expects_failures", "begins_at", "ends_at")
        owned = {"organization_id": scope.organization_id, "source": source, "claimant_id": claimant_id}
        scope.session.execute(insert(ClaimPeriod), [owned | dict(zip(columns, one, strict=True)) for one in after])
    return min(begins_at for *_, begins_at, _ in before ^ after)


def _read_past(scope: Scope, services: Collection[Service]) -> Mapping[UUID, Past]:
    """All that is known to have borne on each service: two statements."""
    ids = [service.id for service in services]
    manual: dict[UUID, list[Manual]] = defaultdict(list)
    set_by_hand = scope.session.execute(
        select(StatusChange.service_id, StatusChange.new_status, StatusChange.at)
        .where(
            StatusChange.organization_id == scope.organization_id,
            StatusChange.service_id.in_(ids),
            StatusChange.source == Source.MANUAL,
            StatusChange.old_status.is_not(None),  # the first row says that the service began, nobody set it
        )
        .order_by(StatusChange.at, StatusChange.id)
    )
    for service_id, status, at in set_by_hand:
        manual[service_id].append(Manual(status, at))
    periods: dict[UUID, list[Period]] = defaultdict(list)
    rows = scope.session.scalars(
        select(ClaimPeriod).where(ClaimPeriod.organization_id == scope.organization_id, ClaimPeriod.service_id.in_(ids))
    )
    for row in rows:
        periods[row.service_id].append(Period(_claim(row), row.begins_at, row.ends_at))
    return {service_id: Past(tuple(manual[service_id]), tuple(periods[service_id])) for service_id in ids}


def _claim(row: ClaimPeriod) -> Ask | Window | Verdict:
    if row.source is Source.INCIDENT:
        return Ask(row.status, row.since, row.claimant_id)
    if row.source is Source.MAINTENANCE:
        return Window(row.since, row.claimant_id, row.expects_failures)
    return Verdict(row.status, row.since)


def _read_recorded(scope: Scope, services: Collection[Service]) -> Mapping[UUID, list[Change]]:
    recorded: dict[UUID, list[Change]] = defaultdict(list)
    rows = scope.session.execute(
        select(StatusChange.service_id, StatusChange.at, StatusChange.new_status)
        .where(
            StatusChange.organization_id == scope.organization_id,
            StatusChange.service_id.in_([service.id for service in services]),
        )
        .order_by(StatusChange.service_id, StatusChange.at, StatusChange.id)
    )
    for service_id, at, status in rows:
        recorded[service_id].append(Change(at, status))
    return recorded


def _append(scope: Scope, service: Service, amended: Amended, start: datetime, cause: Cause) -> None:
    if not amended.rows or amended.status is None or amended.since is None:
        return
    said = {
        "organization_id": service.organization_id,
        "service_id": service.id,
        "source": cause.source,
        "actor_user_id": scope.actor.user_id,
        "actor_name": scope.actor.name,
        "comment": cause.comment,
        "incident_id": cause.incident_id,
        "maintenance_id": cause.maintenance_id,
        "entered_at": cause.at,
    }
    rows = [said | {"old_status": row.old, "new_status": row.new, "at": row.at} for row in amended.rows]
    scope.session.execute(insert(StatusChange), rows)
    stands = service.status is amended.status and service.status_since <= amended.since <= start
    if not stands:
        service.status, service.status_since = amended.status, amended.since
