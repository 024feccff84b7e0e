"""Figures as columns of a drawing, with the words for who points at one and the table for who does not see it.

components/charts.html draws them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from app.analytics.rules import Bucket, round_minutes, round_top
from app.incidents.rules import Impact
from app.templating import status_name
from app.text.wording import count, month_heading, percent, short_date, short_duration

IMPACTS = (Impact.CRITICAL, Impact.MAJOR, Impact.MINOR, Impact.NONE)
"""The loudest first: at the foot of a column."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a column: how much of the scale it takes, 0 to 1, and the status whose colour it has."""

    status: str
    share: float


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a drawing, and its row in the table behind it."""

    label: str
    words: str
    """What it shows, for whoever points at it."""
    parts: tuple[Part, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns from left to right, under one scale from nothing to `top`."""

    summary: str
    """For whoever does not see it."""
    top: str
    columns: tuple[Column, ...]
    heads: tuple[str, ...]
    """Of the table behind it."""


def downtime_chart(buckets: tuple[Bucket, ...]) -> Chart:
    """How long services were down on each day, or in each month, of a period."""
    worst = max(buckets, key=lambda bucket: bucket.down)
    top = round_minutes(worst.down / timedelta(minutes=1))
    columns = tuple(_downtime_column(bucket, top) for bucket in buckets)
    summary = f"Most downtime: {_minutes(worst.down)}, {_label(worst)}." if worst.down else "No downtime."
    return Chart(summary, short_duration(top), columns, ("Downtime", "Uptime", "Incidents"))


def incident_chart(months: tuple[tuple[date, Mapping[Impact, int]], ...]) -> Chart:
    """How many incidents began in each month, by impact."""
    top = round_top(max(sum(counted.values()) for _, counted in months), (1, 2, 4, 6, 8))
    columns = []
    for month, counted in months:
        parts = (Part(status_name(impact.status), counted[impact] / top) for impact in IMPACTS)
        total = sum(counted.values())
        said = [f"{counted[impact]} {_impact(impact).lower()}" for impact in IMPACTS if counted[impact]]
        columns.append(
            Column(
                month_heading(month),
                f"{month_heading(month)}: {', '.join(said) or 'none'}",
                tuple(part for part in parts if part.share),
                (*(count(counted[impact]) for impact in IMPACTS), count(total)),
            )
        )
    total = sum(sum(counted.values()) for _, counted in months)
    summary = f"{count(total)} in all." if total else "None."
    return Chart(summary, count(int(top)), tuple(columns), (*(map(_impact, IMPACTS)), "All"))


def _downtime_column(bucket: Bucket, top: int) -> Column:
    uptime = "no data" if bucket.uptime is None else percent(bucket.uptime)
    down = "no data" if bucket.uptime is None else _minutes(bucket.down)
    status = "no_data" if bucket.uptime is None else "partial_outage"
    share = 1.0 if bucket.uptime is None else bucket.down / timedelta(minutes=top)
    words = f"{_label(bucket)}: {down if bucket.uptime is None else f'{down} down, uptime {uptime}'}"
    parts = (Part(status, share),) if share else ()
    return Column(_label(bucket), words, parts, (down, uptime, count(bucket.count)))


def _label(bucket: Bucket) -> str:
    return short_date(bucket.first) if bucket.first == bucket.last else _month(bucket)


def _month(bucket: Bucket) -> str:
    whole = bucket.first.day == 1 and (bucket.last + timedelta(days=1)).day == 1
    return month_heading(bucket.first) if whole else f"{short_date(bucket.first)} to {short_date(bucket.last)}"


def _impact(impact: Impact) -> str:
    return "No impact" if impact is Impact.NONE else impact.label


def _minutes(length: timedelta) -> str:
    if timedelta() < length < timedelta(minutes=1):
        return "under a minute"
    return short_duration(length // timedelta(minutes=1))
