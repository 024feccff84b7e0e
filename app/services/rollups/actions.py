"""Rolling up days that are over, and comparing what was rolled up with the status changes.

Whoever tells of a service's past holds its row (`app.services.claims.lock_services`). So does whoever rolls its days
up, less firmly: what is read stays true until it is written down. What is told later deletes the days that it changes
(a trigger on `status_changes`), so that nothing is ever mended in place. Decision 0030.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.services.history import day_borders, start_of_day
from app.services.models import Service
from app.services.queries import read_changes_of
from app.services.rollups.models import DayZone, ServiceDay
from app.services.rollups.rules import RolledDay, first_day, last_day, roll_days
from app.services.rules import ServiceStatus

log = structlog.get_logger(__name__)

LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
DAYS_AT_ONCE = 5_000
"""Of all services together that are rolled up in one transaction, for which nobody can report an incident of them."""
MOST_SERVICES_AT_ONCE = 50
NIGHTS = 7
"""In so many nights each service is compared once."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A day that was not rolled up as the status changes have it."""

    service: Service
    day: date


def add_zone(scope: Scope, zone: ZoneInfo) -> None:
    """Have an organization's days counted in one more zone. They are rolled up soon; twice without harm."""
    scope.session.execute(
        insert(DayZone)
        .values(
            organization_id=scope.organization_id,
            zone=zone.key,
            rolled_until=LONG_AGO,
            due_at=clock.now(),
            edits=0,
            differences=0,
        )
        .on_conflict_do_nothing()
    )


def mark_due(scope: Scope) -> None:
    """Have looked soon which days are not rolled up: there may be some of a service that was away."""
    scope.session.execute(
        update(DayZone)
        .where(DayZone.organization_id == scope.organization_id)
        .values(due_at=func.least(DayZone.due_at, clock.now()), edits=DayZone.edits + 1)
    )


def roll_up(organization_id: UUID, zone: ZoneInfo, *, seconds: float = float("inf")) -> bool:
    """Roll up all days of an organization's services that are over in a zone and are not rolled up yet.

    Args:
        organization_id: whose services.
        zone: one that was added by `add_zone`; nothing happens for any other.
        seconds: when so much time has passed, it ends before it is done.

    Returns:
        Whether all is done.
    """
    began = clock.now()
    yesterday = last_day(began, zone)
    midnight = start_of_day(zone, yesterday + timedelta(days=1))
    with organization_scope(Actor.worker(organization_id)) as scope:
        # Before anything is rolled up: from now on a change from before midnight makes days anew.
        edits = scope.session.scalar(
            update(DayZone)
            .where(DayZone.organization_id == organization_id, DayZone.zone == zone.key)
            .values(rolled_until=func.greatest(DayZone.rolled_until, midnight))
            .returning(DayZone.edits)
        )
        if edits is None:
            return True
        lacking = _read_lacking(scope, zone, yesterday)
    for batch in _batches(lacking):
        if (clock.now() - began).total_seconds() > seconds:
            return False
        with organization_scope(Actor.worker(organization_id)) as scope:
            _roll_up_services(scope, batch, zone, yesterday)
    tomorrow = start_of_day(zone, yesterday + timedelta(days=2))
    with organization_scope(Actor.worker(organization_id)) as scope:
        # Unless more was learnt meanwhile: then it stays due.
        scope.session.execute(
            update(DayZone)
            .where(
                DayZone.organization_id == organization_id,
                DayZone.zone == zone.key,
                DayZone.edits == edits,
            )
            .values(due_at=tomorrow)
        )
    return True


def check_days(organization_id: UUID, zone: ZoneInfo) -> Sequence[Difference]:
    """Compare a share of an organization's roll-ups with its status changes, a different one each night.

    A day that differs is made anew, told to the log and to the audit log. There should be none, ever.
    """
    now = clock.now()
    yesterday = last_day(now, zone)
    with organization_scope(Actor.worker(organization_id), read_only=True) as scope:
        services = scope.session.scalars(
            select(Service)
            .where(Service.organization_id == organization_id, Service.archived_at.is_(None))
            .order_by(Service.id)
        ).all()
    tonight = [service for service in services if service.id.int % NIGHTS == yesterday.toordinal() % NIGHTS]
    differences: list[Difference] = []
    for number in range(0, len(tonight), MOST_SERVICES_AT_ONCE):
        with organization_scope(Actor.worker(organization_id)) as scope:
            differences += _check_services(scope, tonight[number : number + MOST_SERVICES_AT_ONCE], zone, yesterday)
    with organization_scope(Actor.worker(organization_id)) as scope:
        scope.session.execute(
            update(DayZone)
            .where(DayZone.organization_id == organization_id, DayZone.zone == zone.key)
            .values(checked_at=now, differences=len(differences))
        )
    return differences


def _read_lacking(scope: Scope, zone: ZoneInfo, yesterday: date) -> Sequence[tuple[UUID, int]]:
    """The services of which days are not rolled up, and how many."""
    rolled = (
        select(ServiceDay.service_id, func.count().label("days"))
        .where(
            ServiceDay.organization_id == scope.organization_id,
            ServiceDay.zone == zone.key,
            ServiceDay.day <= yesterday,
        )
        .group_by(ServiceDay.service_id)
        .subquery()
    )
    rows = scope.session.execute(
        select(Service.id, Service.created_at, func.coalesce(rolled.c.days, 0))
        .outerjoin(rolled, rolled.c.service_id == Service.id)
        .where(Service.organization_id == scope.organization_id, Service.archived_at.is_(None))
        .order_by(Service.id)
    )
    missing = ((row[0], (yesterday - first_day(row[1], zone)).days + 1 - row[2]) for row in rows)
    return [(service_id, days) for service_id, days in missing if days > 0]


def _batches(lacking: Iterable[tuple[UUID, int]]) -> Iterable[list[UUID]]:
    batch: list[UUID] = []
    together = 0
    for service_id, days in lacking:
        if batch and (together + days > DAYS_AT_ONCE or len(batch) == MOST_SERVICES_AT_ONCE):
            yield batch
            batch, together = [], 0
        batch.append(service_id)
        together += days
    if batch:
        yield batch


def _hold(scope: Scope, service_ids: Collection[UUID]) -> Sequence[Service]:
    """The services, held so that nobody changes what is known of them until the transaction ends."""
    return scope.session.scalars(
        select(Service)
        .where(Service.organization_id == scope.organization_id, Service.id.in_(service_ids))
        .order_by(Service.id)
        .with_for_update(read=True, key_share=True)
    ).all()


def _roll_up_services(scope: Scope, service_ids: Collection[UUID], zone: ZoneInfo, yesterday: date) -> None:
    services = _hold(scope, service_ids)
    present: dict[UUID, set[date]] = {service.id: set() for service in services}
    for service_id, day in scope.session.execute(
        select(ServiceDay.service_id, ServiceDay.day).where(
            ServiceDay.organization_id == scope.organization_id,
            ServiceDay.service_id.in_(present),
            ServiceDay.zone == zone.key,
        )
    ):
        present[service_id].add(day)
    since = {service.id: _first_missing(service, present[service.id], zone, yesterday) for service in services}
    made = _make_days(scope, services, since, zone, yesterday)
    rows = [
        _row_of(scope.organization_id, service.id, zone, day)
        for service in services
        for day in made.get(service.id, ())
        if day.day not in present[service.id]
    ]
    if rows:
        scope.session.execute(insert(ServiceDay).on_conflict_do_nothing(), rows)


def _first_missing(service: Service, present: Collection[date], zone: ZoneInfo, yesterday: date) -> date:
    """The first day without a roll-up; the one after `yesterday`, if there is none."""
    day = first_day(service.created_at, zone)
    while day in present and day <= yesterday:
        day += timedelta(days=1)
    return day


def _make_days(
    scope: Scope, services: Iterable[Service], since: Mapping[UUID, date], zone: ZoneInfo, yesterday: date
) -> Mapping[UUID, tuple[RolledDay, ...]]:
    """Each service's days from one on, up to and with yesterday, made of its status changes."""
    calendars = {
        service_id: day_borders(zone, yesterday, (yesterday - day).days + 1)
        for service_id, day in since.items()
        if day <= yesterday
    }
    changes = read_changes_of(scope, {service_id: calendar.start for service_id, calendar in calendars.items()})
    return {
        service.id: roll_days(changes[service.id], service.created_at, calendars[service.id])
        for service in services
        if service.id in calendars
    }


def _check_services(scope: Scope, listed: Iterable[Service], zone: ZoneInfo, yesterday: date) -> list[Difference]:
    services = _hold(scope, [service.id for service in listed])
    rolled: dict[UUID, dict[date, ServiceDay]] = {service.id: {} for service in services}
    for row in scope.session.scalars(
        select(ServiceDay).where(
            ServiceDay.organization_id == scope.organization_id,
            ServiceDay.service_id.in_(rolled),
            ServiceDay.zone == zone.key,
        )
    ):
        rolled[row.service_id][row.day] = row
    made = _make_days(scope, services, {one.id: first_day(one.created_at, zone) for one in services}, zone, yesterday)
    differences = []
    for service in services:
        expected = {day.day: _row_of(scope.organization_id, service.id, zone, day) for day in made.get(service.id, ())}
        # Days that are not rolled up at all are no difference: nobody reads them.
        wrong = [day for day, row in rolled[service.id].items() if _values(row) != expected.get(day)]
        if wrong:
            _repair(scope, service, zone, wrong, [expected[day] for day in wrong if day in expected])
            differences += [Difference(service, day) for day in wrong]
    return differences


def _repair(
    scope: Scope, service: Service, zone: ZoneInfo, wrong: Sequence[date], rows: Sequence[Mapping[str, object]]
) -> None:
    scope.session.execute(
        delete(ServiceDay)
        .where(
            ServiceDay.organization_id == scope.organization_id,
            ServiceDay.service_id == service.id,
            ServiceDay.zone == zone.key,
            ServiceDay.day.in_(wrong),
        )
        .execution_options(synchronize_session=False)
    )
    if rows:
        scope.session.execute(insert(ServiceDay), rows)
    said = [day.isoformat() for day in sorted(wrong)]
    log.error("days.differed", organization_id=str(scope.organization_id), service_id=str(service.id), days=said[:100])
    changes = {"days": (None, said[:100])}
    scope.record("service.days_repaired", subject_id=service.id, name=service.name, changes=changes)


_STATUSES: tuple[ServiceStatus | None, ...] = (*ServiceStatus, None)


def _row_of(organization_id: UUID, service_id: UUID, zone: ZoneInfo, day: RolledDay) -> dict[str, object]:
    lengths = {status.value if status else "unknown": day.lengths.get(status, timedelta()) for status in _STATUSES}
    return {
        "organization_id": organization_id,
        "service_id": service_id,
        "zone": zone.key,
        "day": day.day,
        "starts_at": day.starts_at,
        "ends_at": day.ends_at,
        "worst": day.worst,
        **lengths,
    }


def _values(row: ServiceDay) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in ServiceDay.__table__.columns}
