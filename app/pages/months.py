"""The months of a history; pure functions over plain values."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from app.services.history import DayView, Weights, together, uptime_of
from app.services.rollups.views import DayLengths

MONTHS = 12
"""So many months a history shows at once, the running one among them."""

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class MonthDays:
    """One month of a service, or of all of a page's together."""

    month: date
    """Its first day."""
    days: tuple[DayView, ...]
    """Each day up to today, with its worst status."""
    uptime: float | None
    """Over these days, with the page's weights; None without data."""

    @property
    def name(self) -> str:
        """As addresses have it: "2026-11"."""
        return month_name(self.month)


def month_name(month: date) -> str:
    """ "2026-11" """
    return f"{month:%Y-%m}"


def read_month(text: str) -> date | None:
    """The first day of a month as addresses have it; None of what is no month."""
    match = _MONTH.fullmatch(text)
    if match is None:
        return None
    year, month = int(match[1]), int(match[2])
    return date(year, month, 1) if year and 1 <= month <= 12 else None


def month_before(day: date, months: int = 1) -> date:
    """The first day of the month so many months before that of `day`; with 0 its own.

    Raises:
        ValueError: that would be before the year 1.
    """
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def month_after(day: date) -> date:
    """The first day of the month after that of `day`."""
    return month_before(day, -1)


def by_month(rows: Iterable[DayLengths], weights: Weights) -> tuple[MonthDays, ...]:
    """Days that follow each other as months, the latest first."""
    months = [
        _month_of(month, list(days), weights) for month, days in groupby(rows, key=lambda row: row.day.replace(day=1))
    ]
    return tuple(reversed(months))


def _month_of(month: date, rows: Sequence[DayLengths], weights: Weights) -> MonthDays:
    days = tuple(DayView(row.day, row.status) for row in rows)
    return MonthDays(month, days, uptime_of(together(row.lengths for row in rows), weights))
