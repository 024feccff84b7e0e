"""Days are rolled up in the zones that are in use, and in no others."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import time_machine
from sqlalchemy import select, update

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.pages.models import Page
from app.pages.zones import forget_zones, keep_zones
from app.services.rollups.actions import roll_up
from app.services.rollups.models import DayZone, ServiceDay
from tests.builders import Team

NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)


def zones_of(team: Team) -> dict[str, int]:
    """The zones in which days are counted, and how many are rolled up in each."""
    with organization_scope(Actor.worker(team.id)) as scope:
        days = list(scope.session.scalars(select(ServiceDay.zone)))
        return {zone: days.count(zone) for zone in scope.session.scalars(select(DayZone.zone).order_by(DayZone.zone))}


def move_page(team: Team, zone: str) -> None:
    with organization_scope(team.actor()) as scope:
        scope.session.execute(update(Page).where(Page.organization_id == team.id).values(time_zone=zone))


def test_a_zone_counts_from_when_a_page_has_it_until_none_has(team: Team):
    with time_machine.travel(NOON, tick=False) as traveller:
        team.service("API")
        traveller.shift(timedelta(days=3))
        move_page(team, "Asia/Tokyo")

        keep_zones()
        for zone in zones_of(team):
            roll_up(team.id, ZoneInfo(zone))
        both = zones_of(team)
        move_page(team, "Europe/Berlin")
        forget_zones()
        one = zones_of(team)
        move_page(team, "Asia/Tokyo")
        keep_zones()
        roll_up(team.id, ZoneInfo("Asia/Tokyo"))

        assert both == {"Asia/Tokyo": 3, "Europe/Berlin": 3}
        assert one == {"Europe/Berlin": 3}
        assert zones_of(team) == both
