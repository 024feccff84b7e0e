"""What a roll-up of a day says, and which days there must be; pure functions over plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.services.history import (
    DOWN_WEIGHTS,
    Calendar,
    Change,
    Lengths,
    lengths_of_days,
    spans,
    worst_of_lengths,
)
from app.services.rules import ServiceStatus

HEAT_MINUTES = (0, 60, 180, 360)
"""The steps of a heatmap: more than none, an hour or more, three or more, six or more."""


@dataclass(frozen=True, slots=True)
class RolledDay:
    """A day that is over: its borders (UTC) and how long each status lasted within them."""

    day: date
    starts_at: datetime
    ends_at: datetime
    lengths: Lengths

    @property
    def worst(self) -> ServiceStatus | None:
        return worst_of_lengths(self.lengths)


def roll_days(changes: Iterable[Change], created_at: datetime, calendar: Calendar) -> tuple[RolledDay, ...]:
    """The days of a calendar that is over as a whole; `changes` as for `app.services.history.spans`."""
    window = spans(changes, created_at, start=calendar.start, end=calendar.end, now=calendar.end)
    begin_and_end = zip(calendar.days, calendar.borders, calendar.borders[1:], strict=False)
    return tuple(
        RolledDay(day, starts_at, ends_at, lengths)
        for (day, starts_at, ends_at), lengths in zip(begin_and_end, lengths_of_days(window, calendar), strict=True)
    )


def first_day(created_at: datetime, zone: ZoneInfo) -> date:
    """The day on which a service came to be: the first one of which anything is known."""
    return created_at.astimezone(zone).date()


def last_day(now: datetime, zone: ZoneInfo) -> date:
    """The last day that is over: yesterday."""
    return now.astimezone(zone).date() - timedelta(days=1)


def down_minutes(minutes: Mapping[ServiceStatus | None, int]) -> int:
    """How many of a day's minutes (`app.services.history.minutes_of`) it was not operational, without maintenance."""
    return sum(length for status, length in minutes.items() if status is not None and DOWN_WEIGHTS.get(status))


def heat_of(minutes: Mapping[ServiceStatus | None, int]) -> int | None:
    """How hot a day of a heatmap is, from 0 to 4; None where nothing is known. A fault under a minute counts as one."""
    down = down_minutes(minutes)
    at_fault = any(status is not None and DOWN_WEIGHTS.get(status) for status in minutes)
    if not down and not at_fault:
        return None if set(minutes) <= {None} else 0
    return sum(max(down, 1) >= step if step else 1 for step in HEAT_MINUTES)
