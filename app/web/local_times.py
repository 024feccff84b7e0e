"""Times as people type them into forms: in the page's time zone, as `datetime-local` fields send them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from app.text.local_times import instants_of, wall_time
from app.text.local_times import write_local_time as write_local_time  # the way back, for the field's value

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{3})?)?", re.ASCII)
_YEARS = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """The instant that was meant, aware UTC."""

    at: datetime
    remark: str = ""
    """What to say beside the field: that the clocks show this time twice, and which of the two was taken."""


def read_local_time(text: str, zone: ZoneInfo) -> LocalTime | str:
    """The instant that a clock in `zone` shows as `text`, or what is wrong with it, in words for beside the field.

    A time that the clocks jump over is refused; of one that they show twice the first is taken, and said so. Seconds
    are taken as written. Nothing typed is a fault as well: whoever allows that asks before.
    """
    written = text.strip()
    if not _WRITTEN.fullmatch(written):
        return "Give a date and a time, as in 2026-11-21 14:30."
    try:
        wall = datetime.fromisoformat(written)
    except ValueError:
        return "This day or time is not in the calendar. Give a date and a time, as in 2026-11-21 14:30."
    if wall.year not in _YEARS:
        return f"Give a year from {_YEARS.start} to {_YEARS.stop - 1}."
    instants = instants_of(wall, zone)
    if not instants:
        return _why_skipped(wall, zone)
    return LocalTime(instants[0], _which_of_two(wall, zone) if len(instants) > 1 else "")


def _why_skipped(wall: datetime, zone: ZoneInfo) -> str:
    before, after = (_offset(wall, zone, fold) for fold in (0, 1))
    earlier, later = (wall_time((wall - offset).replace(tzinfo=UTC), zone) for offset in (after, before))
    form = "%H:%M" if earlier.date() == later.date() else "%Y-%m-%d %H:%M"
    return (
        f"The clocks in {zone.key} go forward over {wall:%H:%M} on {wall:%Y-%m-%d}: there is no such time."
        f" Take {earlier:{form}} or {later:{form}}."
    )


def _which_of_two(wall: datetime, zone: ZoneInfo) -> str:
    first, second = (_offset(wall, zone, fold) for fold in (0, 1))
    return (
        f"The clocks in {zone.key} go back on {wall:%Y-%m-%d} and show {wall:%H:%M} twice."
        f" The first is taken ({_utc(first)}, not {_utc(second)})."
    )


def _offset(wall: datetime, zone: ZoneInfo, fold: int) -> timedelta:
    return wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta()


def _utc(offset: timedelta) -> str:
    minutes = abs(offset) // timedelta(minutes=1)
    return f"UTC{'-' if offset < timedelta() else '+'}{minutes // 60:02}:{minutes % 60:02}"
