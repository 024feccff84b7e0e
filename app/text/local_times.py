"""Which instants a clock on the wall means, and how a form writes them; pure functions over plain values."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def instants_of(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants (aware UTC, in order) at which the zone's clocks show `wall`, which is naive.

    There are none when they jump over it in spring, two when they show it twice in autumn.
    """
    readings = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return tuple(sorted({at for at in readings if wall_time(at, zone) == wall}))


def wall_time(at: datetime, zone: ZoneInfo) -> datetime:
    """What the zone's clocks show at an instant, as a naive time."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def write_local_time(at: datetime, zone: ZoneInfo) -> str:
    """An instant as the value of a `datetime-local` field: "2026-11-21T14:30"."""
    return wall_time(at, zone).strftime("%Y-%m-%dT%H:%M")
