"""From append-only status changes to spans, days, minutes and uptime; pure functions over plain values.

Everything is made from one list of spans, so that a strip, its opened day and the uptime beside it cannot disagree.
The formulas with worked examples: docs/formulas.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from app.services.rules import ServiceStatus

Weights = Mapping[ServiceStatus, float]
"""How much of a moment in each status counts as down. A status that is left out is taken out of the account."""

DOWN_WEIGHTS: Weights = MappingProxyType(
    {
        ServiceStatus.OPERATIONAL: 0.0,
        ServiceStatus.DEGRADED_PERFORMANCE: 1.0,
        ServiceStatus.PARTIAL_OUTAGE: 1.0,
        ServiceStatus.MAJOR_OUTAGE: 1.0,
    }
)
"""Ours, wherever a page has none of its own: each fault counts in full."""

Lengths = Mapping[ServiceStatus | None, timedelta]
"""How long each status lasted; None is the time about which nothing is known. Absent means never."""

_MINUTE = timedelta(minutes=1)
_NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on, the service shows `status`, until the next change."""

    at: datetime
    status: ServiceStatus


@dataclass(frozen=True, slots=True)
class SpanView:
    """A stretch of time with one status; None where nothing is known. The end is not part of it."""

    status: ServiceStatus | None
    starts_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at


@dataclass(frozen=True, slots=True)
class DayView:
    """One day of one service. `status` is the worst of the day, or None where nothing is known ("no data")."""

    day: date
    status: ServiceStatus | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Consecutive days of a time zone. Day `i` lasts from `borders[i]` to `borders[i + 1]`, both aware UTC."""

    days: tuple[date, ...]
    borders: tuple[datetime, ...]

    @property
    def start(self) -> datetime:
        return self.borders[0]

    @property
    def end(self) -> datetime:
        return self.borders[-1]


def day_borders(zone: ZoneInfo, today: date, days: int = 90) -> Calendar:
    """The last `days` days up to and with `today`, with the instants at which they begin and end in `zone`.

    Work it out once per page, not per service: time zone arithmetic is the slow part of a strip.
    """
    first = today - timedelta(days=days - 1)
    dates = [first + timedelta(days=number) for number in range(days + 1)]
    return Calendar(tuple(dates[:-1]), tuple(start_of_day(zone, day) for day in dates))


def start_of_day(zone: ZoneInfo, day: date) -> datetime:
    """The first instant (UTC) that belongs to `day` in `zone`; for a day the zone skipped, where it would have been."""
    midnight = datetime.combine(day, time(), zone)
    begin = midnight.astimezone(UTC)
    if begin.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return begin
    # The clocks jumped over midnight, so the day begins with the jump itself: after `low`, not after `begin`.
    low, offset_after = midnight.replace(fold=1).astimezone(UTC), midnight.replace(fold=1).utcoffset()
    while begin - low > timedelta(seconds=1):
        middle = low + (begin - low) // 2
        if middle.astimezone(zone).utcoffset() == offset_after:
            begin = middle
        else:
            low = middle
    return begin.replace(microsecond=0)


def spans(
    changes: Iterable[Change], created_at: datetime, *, start: datetime, end: datetime, now: datetime
) -> tuple[SpanView, ...]:
    """Cut the window from `start` to `end` (or to `now`, if that is earlier) into stretches of one status.

    The stretches touch, cover the window without a gap, and two neighbours differ. The status at `now` is always the
    last one of a window that is still running, even if it has only just begun and has no length yet.

    `changes` come in the order (at, id): of several at one instant the last stands. They must reach back to the one
    in force at `start`, unless there is none. Changes after `now` are ignored. Before `created_at` nothing is known;
    from then to the first change the service is operational, as a new service is.
    """
    running = start <= now < end
    end = min(end, now)
    if start >= end and not running:
        return ()

    cuts: list[tuple[datetime, ServiceStatus | None]] = [(start, None)]
    for at, status in _from_creation(changes, created_at):
        if at <= start:
            cuts = [(start, status)]
        elif at < end or (running and at == end):
            if cuts[-1][0] == at:
                cuts.pop()
            if cuts[-1][1] is not status:
                cuts.append((at, status))
        else:
            break
    ends = [*(at for at, _ in cuts[1:]), end]
    return tuple(SpanView(status, at, until) for (at, status), until in zip(cuts, ends, strict=True))


def worst_of_days(window: Sequence[SpanView], calendar: Calendar) -> tuple[DayView, ...]:
    """The strip: the worst status of each day, from the spans of the whole calendar. No data is the least of all.

    A status counts however short it was, but not without any length; only the one that has just begun does.
    """
    days, borders = calendar.days, calendar.borders
    worst: list[ServiceStatus | None] = [None] * len(days)
    severity = [-1] * len(days)
    # A day that begins in this very moment has the status of now already.
    current = window[-1] if window else None
    first = 0
    for span in window:
        while first < len(days) and borders[first + 1] <= span.starts_at:
            first += 1
        if span.status is None:
            continue
        number = first
        while number < len(days) and (
            borders[number] < span.ends_at or (span is current and borders[number] == span.ends_at)
        ):
            # A day that the zone skipped (Apia, 30 December 2011) has no length and so no status.
            if span.status.severity > severity[number] and borders[number] < borders[number + 1]:
                worst[number], severity[number] = span.status, span.status.severity
            number += 1
    return tuple(DayView(day, status) for day, status in zip(days, worst, strict=True))


def lengths_of_days(window: Iterable[SpanView], calendar: Calendar) -> tuple[Lengths, ...]:
    """How long each status lasted on each day of the calendar, from the spans of the whole of it."""
    borders = calendar.borders
    days: list[dict[ServiceStatus | None, timedelta]] = [{} for _ in calendar.days]
    first = 0
    for span in window:
        while first < len(days) and borders[first + 1] <= span.starts_at:
            first += 1
        number = first
        while number < len(days) and borders[number] < span.ends_at:
            length = min(span.ends_at, borders[number + 1]) - max(span.starts_at, borders[number])
            if length:
                days[number][span.status] = days[number].get(span.status, _NOTHING) + length
            number += 1
    return tuple(days)


def together(many: Iterable[Lengths]) -> Lengths:
    """The lengths of several days, or of several services, added up."""
    total: dict[ServiceStatus | None, timedelta] = {}
    for lengths in many:
        for status, length in lengths.items():
            total[status] = total.get(status, _NOTHING) + length
    return total


def worst_of_lengths(lengths: Lengths) -> ServiceStatus | None:
    """The loudest status that lasted; None where nothing is known."""
    lasted = (status for status, length in lengths.items() if status is not None and length)
    return max(lasted, key=lambda status: status.severity, default=None)


def durations(window: Iterable[SpanView]) -> dict[ServiceStatus | None, timedelta]:
    """How long each status lasted; None is the time about which nothing is known. Absent means never."""
    total: dict[ServiceStatus | None, timedelta] = {}
    for span in window:
        if span.length:
            total[span.status] = total.get(span.status, _NOTHING) + span.length
    return total


def day_minutes(window: Sequence[SpanView]) -> dict[ServiceStatus | None, int]:
    """`minutes_of` what a window holds."""
    return minutes_of(durations(window))


def minutes_of(lengths: Lengths) -> dict[ServiceStatus | None, int]:
    """Whole minutes of each status, rounded by largest remainder so that they add up to the minutes of all together.

    A status that lasted, but too short for a minute of its own, is there with 0: say "under a minute".
    """
    minutes = {status: length // _MINUTE for status, length in lengths.items()}
    total = sum(lengths.values(), _NOTHING)
    missing = (total + _MINUTE / 2) // _MINUTE - sum(minutes.values())
    # Of equal remainders the louder status gets the minute: no fault is rounded away in favour of a better one.
    by_remainder = sorted(
        lengths, key=lambda status: (lengths[status] % _MINUTE, status.severity if status else -1), reverse=True
    )
    for status in by_remainder[:missing]:
        minutes[status] += 1
    return minutes


def uptime(window: Iterable[SpanView], weights: Weights = DOWN_WEIGHTS) -> float | None:
    """`uptime_of` what a window holds."""
    return uptime_of(durations(window), weights)


def uptime_of(lengths: Lengths, weights: Weights = DOWN_WEIGHTS) -> float | None:
    """Share, 0 to 1, of the known time that the service was up; None without data.

    Time without data and time in a status that `weights` leaves out (maintenance) are in neither side of the fraction.
    """
    counted, down = _NOTHING, 0.0
    for status, length in lengths.items():
        if status is not None and status in weights:
            counted += length
            down += weights[status] * (length / timedelta.resolution)
    if not counted:
        return None
    return min(1.0, max(0.0, 1.0 - down / (counted / timedelta.resolution)))


def _from_creation(changes: Iterable[Change], created_at: datetime) -> list[tuple[datetime, ServiceStatus]]:
    """The changes as (at, status), led by what the service showed from its very first moment."""
    at_first = ServiceStatus.OPERATIONAL
    later: list[tuple[datetime, ServiceStatus]] = []
    for change in changes:
        if change.at <= created_at:
            at_first = change.status
        else:
            later.append((change.at, change.status))
    return [(created_at, at_first), *later]
