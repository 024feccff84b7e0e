"""The heatmap of an organization: its services by their last 30 days, by how long each was not operational."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice
from zoneinfo import ZoneInfo

from app import clock
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.services.history import Lengths, day_borders, together, uptime_of
from app.services.queries import GroupRow, ServiceRow, read_catalogue
from app.services.rollups.queries import read_lengths
from app.services.rollups.rules import down_minutes, heat_of
from app.services.rollups.views import DayLengths

HEAT_DAYS = 30
HEAT_PAGE = 100


@dataclass(frozen=True, slots=True)
class HeatDay:
    """One cell."""

    day: date
    heat: int | None
    """From 0 to 4; None where nothing is known."""
    minutes: int
    """How long the service was not operational."""


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One service with its days, oldest first."""

    service: ServiceRow
    days: tuple[HeatDay, ...]
    lengths: Lengths

    @property
    def uptime(self) -> float | None:
        return uptime_of(self.lengths)

    @property
    def minutes(self) -> int:
        """How long it was not operational on these days."""
        return sum(day.minutes for day in self.days)


@dataclass(frozen=True, slots=True)
class HeatGroup:
    """Services that stand together on the page."""

    name: str | None
    rows: tuple[HeatRow, ...]


@dataclass(frozen=True, slots=True)
class Heatmap:
    """A page of the heatmap."""

    groups: tuple[HeatGroup, ...]
    number: int
    """Of the page, from 1."""
    pages: int
    services: int
    """On all pages together."""


def get_heatmap(actor: Actor, zone: ZoneInfo, number: int = 1) -> Heatmap:
    """A page of the heatmap, as many statements for each; the last one, if there are not so many."""
    now = clock.now()
    calendar = day_borders(zone, now.astimezone(zone).date(), HEAT_DAYS)
    with organization_scope(actor, read_only=True) as scope:
        placed = [(group, service) for group in read_catalogue(scope).groups for service in group.services]
        pages = max(-(-len(placed) // HEAT_PAGE), 1)
        number = min(max(number, 1), pages)
        shown = list(islice(placed, (number - 1) * HEAT_PAGE, number * HEAT_PAGE))
        days = read_lengths(scope, [service for _, service in shown], calendar, zone, now)
    groups = tuple(
        HeatGroup(group.path, tuple(_row(service, days[service.id]) for _, service in members))
        for group, members in _by_group(shown)
    )
    return Heatmap(groups, number, pages, len(placed))


def _by_group(
    placed: Sequence[tuple[GroupRow, ServiceRow]],
) -> list[tuple[GroupRow, list[tuple[GroupRow, ServiceRow]]]]:
    by_id = groupby(placed, key=lambda one: one[0].id)
    return [(found[0][0], found) for found in (list(members) for _, members in by_id)]


def _row(service: ServiceRow, days: Sequence[DayLengths]) -> HeatRow:
    cells = tuple(HeatDay(day.day, heat_of(day.minutes), down_minutes(day.minutes)) for day in days)
    return HeatRow(service, cells, together(day.lengths for day in days))
