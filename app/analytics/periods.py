"""Periods that figures are told of: stretches of days, and how somebody asks for them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

WINDOWS = (7, 30, 90, 365)
"""Days up to and with today for which uptime is always shown."""
DEFAULT_DAYS = 30
LONGEST_DAYS = 366
"""Of a period: the one before it is read, too."""
EARLIEST = date(2000, 1, 1)
DAYS_ONE_BY_ONE = 92
"""A longer period is drawn by months."""


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

    @property
    def columns(self) -> "tuple[Period, ...]":
        """What a drawing shows it by: its days, or where it is long its months, as far as they belong to it."""
        if self.days <= DAYS_ONE_BY_ONE:
            return tuple(Period(day, day) for day in self.each_day())
        months = (list(of_month) for _, of_month in groupby(self.each_day(), key=lambda day: (day.year, day.month)))
        return tuple(Period(days[0], days[-1]) for days in months)

    def each_day(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(self.days))


@dataclass(frozen=True, slots=True)
class AskedPeriod:
    """A period as somebody asked for it: the fields as typed, and what is wrong with them."""

    period: Period
    typed: Mapping[str, str]
    faults: Mapping[str, str]


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


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
