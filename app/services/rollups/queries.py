"""Days of services: those that are over from their roll-ups, today (and what is not rolled up yet) from the changes.

Page, JSON, service page, heatmap and report all read here, so they cannot disagree (docs/formulas.md). How many
statements a reader takes depends neither on the number of services nor on how old they are.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import TextClause, text

from app.database.scope import Scope
from app.services.history import (
    Calendar,
    Change,
    DayView,
    Lengths,
    SpanView,
    durations,
    lengths_of_days,
    spans,
    together,
    worst_of_days,
)
from app.services.rollups.rules import first_day
from app.services.rollups.views import DayLengths, DaysOf
from app.services.rules import ServiceStatus

_COLUMNS: Mapping[str, ServiceStatus | None] = {**{status.value: status for status in ServiceStatus}, "unknown": None}
"""The columns of a roll-up, and what each tells the length of."""

_BY_SEVERITY = {status.severity: status for status in ServiceStatus}
_SEVERITIES = " ".join(f"WHEN '{status.value}' THEN {severity}" for severity, status in _BY_SEVERITY.items())
SUMS = ", ".join(f"sum({name}) AS {name}" for name in _COLUMNS)
"""What each status's lengths add up to; `lengths_in` reads it."""


# Rolled up days count as far as they follow each other without a gap; from there on the changes speak, led by the one
# in force at that moment. One row for each service, and for each both halves walk an index once.
def _read_rolled(sums: str, worsts: str) -> TextClause:
    """What is known of each service: `sums` and `worsts` say what of its rolled up days is put together."""
    return text(f"""
    SELECT rolled.*, rest.unbroken, said.ats, said.statuses
    FROM unnest(
        CAST(:services AS uuid[]), CAST(:first_days AS date[])
    ) WITH ORDINALITY AS wanted (service_id, first_day, number)
    CROSS JOIN LATERAL (
        SELECT count(*) AS days, max(day) AS last_day, max(ends_at) AS until, {sums},
            {worsts} AS worsts
        FROM service_days
        WHERE organization_id = :organization AND service_id = wanted.service_id AND zone = :zone
        AND day >= wanted.first_day AND day <= :last_day AND ends_at <= :now
    ) AS rolled
    CROSS JOIN LATERAL (SELECT rolled.days = rolled.last_day - wanted.first_day + 1 AS unbroken) AS rest
    CROSS JOIN LATERAL (SELECT CASE WHEN rest.unbroken THEN rolled.until ELSE :start END AS at) AS since
    CROSS JOIN LATERAL (
        SELECT array_agg(one.at ORDER BY one.at, one.id) AS ats,
            array_agg(one.new_status ORDER BY one.at, one.id) AS statuses
        FROM (
            (SELECT at, id, new_status FROM status_changes
            WHERE organization_id = :organization AND service_id = wanted.service_id
            AND status_changes.at < since.at AND since.at < :end
            ORDER BY status_changes.at DESC, id DESC LIMIT 1)
            UNION ALL
            (SELECT at, id, new_status FROM status_changes
            WHERE organization_id = :organization AND service_id = wanted.service_id
            AND status_changes.at >= since.at AND status_changes.at < :end)
        ) AS one
    ) AS said
    ORDER BY wanted.number
    """)


_EACH_WORST = "string_agg(coalesce(worst, ''), ',' ORDER BY day)"
_READ_DAYS = _read_rolled(SUMS, _EACH_WORST)
_READ_NO_DAYS = _read_rolled(", ".join(f"NULL AS {name}" for name in _COLUMNS), "''")
"""How far days are rolled up, for who reads them one by one; a year of many services is read once then, not twice."""

_ROLLED = """
    FROM unnest(CAST(:services AS uuid[]), CAST(:until AS date[])) AS wanted (service_id, until)
    JOIN service_days AS rolled ON rolled.organization_id = :organization AND rolled.service_id = wanted.service_id
        AND rolled.zone = :zone AND rolled.day >= :first_day AND rolled.day < wanted.until
"""

_READ_EACH = text(f"SELECT rolled.service_id, rolled.day, rolled.worst, {', '.join(_COLUMNS)} {_ROLLED}")
_READ_TOGETHER = text(
    f"SELECT rolled.day, max(CASE rolled.worst {_SEVERITIES} END) AS loudest, {SUMS} {_ROLLED} GROUP BY rolled.day"
)


class Counted(Protocol):
    """A service, as far as its days are concerned."""

    @property
    def id(self) -> UUID: ...
    @property
    def created_at(self) -> datetime: ...


def read_days(
    scope: Scope, services: Collection[Counted], calendar: Calendar, zone: ZoneInfo, now: datetime
) -> Mapping[UUID, DaysOf]:
    """Each service's strip of days, and how long it showed what in all of them together: one statement.

    Args:
        scope: an open one.
        services: the organization's, as many as are wanted.
        calendar: days of `zone`; what is still to come of them at `now` is not counted.
        zone: whose days they are. For one that no page has, nothing is rolled up, and all is read from the changes.
        now: the running day ends here.
    """
    return {known.service.id: _days_of(known, calendar) for known in _read_known(scope, services, calendar, zone, now)}


def read_lengths(
    scope: Scope, services: Collection[Counted], calendar: Calendar, zone: ZoneInfo, now: datetime
) -> Mapping[UUID, tuple[DayLengths, ...]]:
    """Each service's days one by one, with how long it showed what on each: two statements.

    Days that have not begun at `now` are left out.
    """
    found = {}
    all_known = _read_known(scope, services, calendar, zone, now, _READ_NO_DAYS)
    rolled: dict[UUID, dict[date, DayLengths]] = {known.service.id: {} for known in all_known}
    for row in scope.session.execute(_READ_EACH, _rolled_up(scope, all_known, calendar, zone)):
        rolled[row.service_id][row.day] = DayLengths(row.day, _status(row.worst), lengths_in(row))
    for known in all_known:
        before = (_unknown_day(calendar, number) for number in range(known.first))
        days = (rolled[known.service.id][day] for day in calendar.days[known.first : known.number])
        found[known.service.id] = (*before, *days, *_rest_of(known, now))
    return found


def read_together(
    scope: Scope, services: Collection[Counted], calendar: Calendar, zone: ZoneInfo, now: datetime
) -> tuple[DayLengths, ...]:
    """The days of several services as one: the worst that any of them had, and all their time added up. Two statements.

    Days that have not begun at `now` are left out.
    """
    all_known = _read_known(scope, services, calendar, zone, now, _READ_NO_DAYS)
    parts: dict[date, list[DayLengths]] = {
        day: [] for day, begin in zip(calendar.days, calendar.borders, strict=False) if begin <= now
    }
    for row in scope.session.execute(_READ_TOGETHER, _rolled_up(scope, all_known, calendar, zone)):
        loudest = None if row.loudest is None else _BY_SEVERITY[row.loudest]
        parts[row.day].append(DayLengths(row.day, loudest, lengths_in(row)))
    for known in all_known:
        for number in range(known.first):
            parts[calendar.days[number]].append(_unknown_day(calendar, number))
        for day in _rest_of(known, now):
            parts[day.day].append(day)
    return tuple(_as_one(day, found) for day, found in parts.items())


def lengths_in(row: Any) -> Lengths:
    """The lengths that a row of roll-ups holds, of one day or added up."""
    lengths = ((status, getattr(row, column)) for column, status in _COLUMNS.items())
    return {status: length for status, length in lengths if length}


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one service: the roll-ups of its first days, and of the others what was said on them."""

    service: Counted
    first: int
    """How many days of the calendar were over before there was anything to roll up."""
    rolled: int
    """How many days follow them that are rolled up."""
    said: str
    """The worst of each of these, with commas between; only a strip of days reads it."""
    lengths: Lengths
    """Of all these days together, where they were asked for."""
    rest: Calendar
    """The days after them; none, if its borders are one."""
    window: tuple[SpanView, ...]
    """What was shown in the rest, up to now."""

    @property
    def number(self) -> int:
        """The number of the first day that is not rolled up."""
        return self.first + self.rolled

    @property
    def worsts(self) -> tuple[ServiceStatus | None, ...]:
        """Of the days that are rolled up."""
        return tuple(map(_status, self.said.split(","))) if self.rolled else ()

    @property
    def all_lengths(self) -> Lengths:
        """How long each status lasted over the whole calendar, up to now."""
        return together([self.lengths, durations(self.window)])


def _read_known(
    scope: Scope,
    services: Collection[Counted],
    calendar: Calendar,
    zone: ZoneInfo,
    now: datetime,
    statement: TextClause = _READ_DAYS,
) -> list[_Known]:
    listed = list(services)
    first_days = [max(calendar.days[0], first_day(service.created_at, zone)) for service in listed]
    asked = {
        "organization": scope.organization_id,
        "services": [service.id for service in listed],
        "first_days": first_days,
        "last_day": calendar.days[-1],
        "zone": zone.key,
        "now": now,
        "start": calendar.start,
        "end": calendar.end,
    }
    found = []
    for row, service, day in zip(scope.session.execute(statement, asked), listed, first_days, strict=True):
        first = (day - calendar.days[0]).days if row.unbroken else 0
        rolled, said = (row.days, row.worsts) if row.unbroken else (0, "")
        before = _unknown(calendar.start, calendar.borders[first]) if row.unbroken else {}
        rest = _from_day(calendar, first + rolled)
        changes = [Change(at, ServiceStatus(said)) for at, said in zip(row.ats or (), row.statuses or (), strict=True)]
        window = spans(changes, service.created_at, start=rest.start, end=rest.end, now=now) if rest.days else ()
        lengths = together([before, lengths_in(row)]) if row.unbroken else before
        found.append(_Known(service, first, rolled, said, lengths, rest, window))
    return found


def _days_of(known: _Known, calendar: Calendar) -> DaysOf:
    statuses = (*[None] * known.first, *known.worsts)
    rolled = (DayView(day, status) for day, status in zip(calendar.days, statuses, strict=False))
    rest = worst_of_days(known.window, known.rest)
    return DaysOf((*rolled, *rest), known.all_lengths)


def _rest_of(known: _Known, now: datetime) -> Iterator[DayLengths]:
    """The days that are not rolled up, as far as they have begun."""
    worst, lengths = worst_of_days(known.window, known.rest), lengths_of_days(known.window, known.rest)
    for day, of_day, begin in zip(worst, lengths, known.rest.borders, strict=False):
        if begin <= now:
            yield DayLengths(day.day, day.status, of_day)


def _rolled_up(scope: Scope, all_known: Iterable[_Known], calendar: Calendar, zone: ZoneInfo) -> Mapping[str, object]:
    """What `_ROLLED` asks for: of each service the days up to the first one that is not rolled up."""
    until = {known.service.id: calendar.days[0] + timedelta(days=known.number) for known in all_known}
    return {
        "organization": scope.organization_id,
        "services": list(until),
        "until": list(until.values()),
        "first_day": calendar.days[0],
        "zone": zone.key,
    }


def _as_one(day: date, parts: Iterable[DayLengths]) -> DayLengths:
    found = list(parts)
    statuses = (part.status for part in found if part.status is not None)
    loudest = max(statuses, key=lambda status: status.severity, default=None)
    return DayLengths(day, loudest, together(part.lengths for part in found))


def _unknown_day(calendar: Calendar, number: int) -> DayLengths:
    return DayLengths(calendar.days[number], None, _unknown(calendar.borders[number], calendar.borders[number + 1]))


def _unknown(since: datetime, until: datetime) -> Lengths:
    """All that is known of so much time, which may have no length: a zone skips days."""
    return {None: until - since} if until > since else {}


def _from_day(calendar: Calendar, number: int) -> Calendar:
    return Calendar(calendar.days[number:], calendar.borders[number:])


def _status(said: str | None) -> ServiceStatus | None:
    return ServiceStatus(said) if said else None
