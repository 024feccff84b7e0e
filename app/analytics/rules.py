"""Figures of a stretch of days: how long things worked, how often they did not, and how fast that was told and mended.

Pure functions over plain values. What each figure means, with worked examples: docs/formulas.md.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from app.analytics.periods import Period
from app.incidents.rules import Impact
from app.services.history import DOWN_WEIGHTS, Lengths, Weights, uptime_of
from app.services.rules import ServiceStatus

LONGEST_OUTAGES = 10

_NOTHING = timedelta()


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

    def place(self, name: str, figures: Figures) -> tuple[object, ...]:
        """What a service is sorted by. What has no figure comes last, and of those alike the names decide."""
        name = name.casefold()
        match self:
            case Sort.UPTIME:
                return figures.uptime is None, figures.uptime or 0.0, name
            case Sort.DOWNTIME:
                return -figures.down, name
            case Sort.INCIDENTS:
                return -figures.count, name
            case Sort.RESOLVE:
                resolved = figures.resolved_after
                return resolved is None, -(resolved or _NOTHING), name
            case Sort.NAME:
                return (name,)


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
    columns: Iterable[tuple[Period, Lengths]], incidents: Iterable[IncidentFacts], zone: ZoneInfo
) -> tuple[Bucket, ...]:
    """The columns of a period, each with what was shown in it and the incidents that began then."""
    began = Counter((one.started_at.astimezone(zone).date(), one.impact) for one in incidents)
    return tuple(
        Bucket(
            column.first,
            column.last,
            lengths,
            {impact: sum(began[day, impact] for day in column.each_day()) for impact in Impact},
        )
        for column, lengths in columns
    )


def by_month(
    period: Period, incidents: Iterable[IncidentFacts], zone: ZoneInfo
) -> tuple[tuple[date, Mapping[Impact, int]], ...]:
    """How many incidents of each impact began in each month of a period, by the month's first day."""
    began: dict[date, Counter[Impact]] = {}
    for one in incidents:
        began.setdefault(one.started_at.astimezone(zone).date().replace(day=1), Counter())[one.impact] += 1
    months = sorted({day.replace(day=1) for day in period.each_day()})
    return tuple((month, {impact: began.get(month, Counter())[impact] for impact in Impact}) for month in months)


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
