"""Figures of a stretch of days: how long things worked, how often they did not, and how fast that was told and mended.

Pure functions over plain values. What each figure means, with worked examples: docs/formulas.md.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from app.incidents.rules import Impact
from app.services.history import DOWN_WEIGHTS, Lengths, Weights, together, uptime_of
from app.services.rollups.views import DayLengths
from app.services.rules import ServiceStatus

WINDOWS = (7, 30, 90, 365)
"""Days up to and with today for which uptime is always shown."""
DEFAULT_DAYS = 30
LONGEST_DAYS = 366
"""Of a period: the one before it is read, too."""
EARLIEST = date(2000, 1, 1)
DAYS_ONE_BY_ONE = 92
"""A longer period is drawn by months."""
LONGEST_OUTAGES = 10

_NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first up to and with the last."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, right before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class AskedPeriod:
    """A period as somebody asked for it: the fields as typed, and what is wrong with them."""

    period: Period
    typed: Mapping[str, str]
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """What figures need of an incident."""

    id: UUID
    title: str
    impact: Impact
    started_at: datetime
    resolved_at: datetime | None
    first_said_at: datetime
    """When its first message was posted."""
    service_ids: frozenset[UUID]

    def lasted(self, now: datetime) -> timedelta:
        """Up to its end, or up to now."""
        return max((self.resolved_at or now) - self.started_at, _NOTHING)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of some services over some days."""

    lengths: Lengths
    """How long each status lasted, of all these services added up."""
    incidents: Sequence[IncidentFacts]
    """Those that began on these days and touched one of these services (all of them, where no service is named)."""

    @property
    def uptime(self) -> float | None:
        """Share, 0 to 1, of all the known time: of the sums, so that a long outage of one weighs what it is."""
        return uptime_of(self.lengths)

    @property
    def down(self) -> timedelta:
        return downtime(self.lengths)

    @property
    def maintenance(self) -> timedelta:
        return self.lengths.get(ServiceStatus.UNDER_MAINTENANCE, _NOTHING)

    @property
    def count(self) -> int:
        return len(self.incidents)

    @property
    def acknowledged_after(self) -> timedelta | None:
        """MTTA: the mean from an incident's start to its first message; None without incidents."""
        return mean([max(one.first_said_at - one.started_at, _NOTHING) for one in self.incidents])

    @property
    def resolved_after(self) -> timedelta | None:
        """MTTR: the mean length of those that are resolved; None without any."""
        return mean([one.resolved_at - one.started_at for one in self.incidents if one.resolved_at])

    @property
    def by_impact(self) -> Mapping[Impact, int]:
        """How many there were of each impact, none included."""
        counted = Counter(one.impact for one in self.incidents)
        return {impact: counted[impact] for impact in Impact}


class Sort(StrEnum):
    """By what the table of services is sorted; the first of each is the one to look at first."""

    UPTIME = "uptime"
    DOWNTIME = "downtime"
    INCIDENTS = "incidents"
    RESOLVE = "resolve"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A day or a month of a period, for a chart."""

    first: date
    last: date
    lengths: Lengths
    by_impact: Mapping[Impact, int]

    @property
    def down(self) -> timedelta:
        return downtime(self.lengths)

    @property
    def uptime(self) -> float | None:
        return uptime_of(self.lengths)

    @property
    def count(self) -> int:
        return sum(self.by_impact.values())


def read_period(typed_from: str, typed_to: str, today: date) -> AskedPeriod:
    """The period between two days as somebody typed them; where that makes no sense, the last 30 days and why.

    Without an end it goes up to today, without a beginning it is 30 days long.
    """
    typed = {"from": typed_from, "to": typed_to}
    faults = {}
    first, last = _read_day(typed_from), _read_day(typed_to)
    for name, day in (("from", first), ("to", last)):
        if typed[name] and day is None:
            faults[name] = "Write a day as 2026-11-21."
        elif day is not None and day > today:
            faults[name] = "This day is still to come. Choose today or an earlier one."
        elif day is not None and day < EARLIEST:
            faults[name] = f"Choose a day from {EARLIEST.year} on."
    if not faults:
        last = last or today
        first = first or latest(DEFAULT_DAYS, last).first
        if last < first:
            faults["to"] = "This is before the first day. Choose a later one."
        elif (last - first).days >= LONGEST_DAYS:
            faults["from"] = "Choose at most a year."
    if faults or first is None or last is None:
        return AskedPeriod(latest(DEFAULT_DAYS, today), typed, faults)
    return AskedPeriod(Period(first, last), typed, faults)


def latest(days: int, today: date) -> Period:
    """So many days up to and with today."""
    return Period(today - timedelta(days=days - 1), today)


def downtime(lengths: Lengths, weights: Weights = DOWN_WEIGHTS) -> timedelta:
    """How long it was down: the length of each fault times its weight, as in uptime."""
    parts = (length * weights[status] for status, length in lengths.items() if status is not None and status in weights)
    return sum(parts, _NOTHING)


def mean(lengths: Sequence[timedelta]) -> timedelta | None:
    """Of all of them; None of none."""
    return sum(lengths, _NOTHING) / len(lengths) if lengths else None


def longest_outages(incidents: Iterable[IncidentFacts], now: datetime) -> tuple[IncidentFacts, ...]:
    """The incidents with an impact that lasted longest; open ones up to now."""
    felt = (one for one in incidents if one.impact is not Impact.NONE)
    return tuple(sorted(felt, key=lambda one: one.lasted(now), reverse=True)[:LONGEST_OUTAGES])


def in_buckets(
    period: Period, days: Iterable[DayLengths], incidents: Iterable[IncidentFacts], zone: ZoneInfo
) -> tuple[Bucket, ...]:
    """A period by its days, or by its months where it is long. Every one of them is there, also without anything."""
    lengths = {day.day: day.lengths for day in days}
    began: dict[date, list[Impact]] = {}
    for one in incidents:
        began.setdefault(one.started_at.astimezone(zone).date(), []).append(one.impact)
    buckets = []
    for of_bucket in _cut(period):
        impacts = Counter(impact for day in of_bucket for impact in began.get(day, ()))
        buckets.append(
            Bucket(
                of_bucket[0],
                of_bucket[-1],
                together(lengths.get(day, {}) for day in of_bucket),
                {impact: impacts[impact] for impact in Impact},
            )
        )
    return tuple(buckets)


def by_month(
    period: Period, incidents: Iterable[IncidentFacts], zone: ZoneInfo
) -> tuple[tuple[date, Mapping[Impact, int]], ...]:
    """How many incidents of each impact began in each month of a period, by the month's first day."""
    began: dict[date, Counter[Impact]] = {}
    for one in incidents:
        began.setdefault(one.started_at.astimezone(zone).date().replace(day=1), Counter())[one.impact] += 1
    months = sorted({day.replace(day=1) for day in _each_day(period)})
    return tuple((month, {impact: began.get(month, Counter())[impact] for impact in Impact}) for month in months)


def _cut(period: Period) -> list[list[date]]:
    days = [*_each_day(period)]
    if period.days <= DAYS_ONE_BY_ONE:
        return [[day] for day in days]
    return [list(of_month) for _, of_month in groupby(days, key=lambda day: (day.year, day.month))]


def _each_day(period: Period) -> Iterator[date]:
    return (period.first + timedelta(days=number) for number in range(period.days))


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def round_top(amount: float, steps: Sequence[float] = (1, 2, 5)) -> float:
    """The top of a scale that holds this amount: one of the steps, or of them times ten, a hundred and so on."""
    top = 1.0
    while True:
        for step in steps:
            if amount <= step * top:
                return step * top
        top *= 10


def round_minutes(minutes: float) -> int:
    """The top of a scale for lengths of time, in minutes: an even part of an hour or of a day, or some days."""
    for top in (1, 5, 10, 30, 60, 120, 180, 360, 720, 1440):
        if minutes <= top:
            return top
    return int(round_top(minutes / 1440)) * 1440
