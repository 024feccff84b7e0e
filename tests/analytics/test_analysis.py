"""The figures of an organization: of its own services, from the roll-ups, however many there are."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text
from time_machine import travel

from app import clock
from app.analytics.periods import Period, latest
from app.analytics.queries import PAGE, Analysis, get_analysis
from app.analytics.rules import Sort
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.errors import NotFound
from app.services.rollups.actions import add_zone, roll_up
from tests.builders import Team, World
from tests.counting import counted

BERLIN = ZoneInfo("Europe/Berlin")
NOW = "2026-11-21T11:00:00Z"
TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def team(emptied: Callable[[], AbstractContextManager[Flask]]) -> Iterator[Team]:
    """The API was down for six hours on 10 November and for twelve on 5 October; the web never was."""
    with emptied() as app:
        with travel("2026-09-01T10:00:00Z", tick=False):
            world = World(app)
            team = world.team("Northwind Cloud", "northwind")
            api, _ = team.service("API"), team.service("=Web")
        for begin, end in (
            ("2026-10-05T00:00:00Z", "2026-10-05T12:00:00Z"),
            ("2026-11-10T06:00:00Z", "2026-11-10T12:00:00Z"),
        ):
            with travel(begin, tick=False):
                incident = team.incident(f"Down on {begin[:10]}", affects={api: "major_outage"}, impact="critical")
            with travel(end, tick=False):
                team.resolve(incident)
        with travel("2026-11-15T06:00:00Z", tick=False):
            merely = team.incident("A word", impact="none")
            team.delete(team.incident("A mistake"))
            team.resolve(merely)
        with travel("2026-11-10T06:00:00Z", tick=False):
            other = world.team("Contoso", "contoso")
            other.incident("Theirs", affects={other.service("Shop"): "major_outage"})
        with travel(NOW, tick=False):
            for one in (team, other):
                with organization_scope(Actor.worker(one.id)) as scope:
                    add_zone(scope, BERLIN)
                roll_up(one.id, BERLIN)
        yield team


def analyse(team: Team, period: Period | None = None, **options: object) -> Analysis:
    with travel(NOW, tick=False):
        return get_analysis(team.actor(), BERLIN, period or latest(30, TODAY), **options)  # type: ignore[arg-type]


def test_the_figures_of_all_services_are_of_their_sums(team: Team):
    overall = analyse(team).overall

    known = 2 * (
        timedelta(days=29) + timedelta(hours=12) + timedelta(hours=1)
    )  # 25 hours on the day the clocks changed
    assert overall.down == timedelta(hours=6)
    assert overall.uptime == pytest.approx(1 - timedelta(hours=6) / known)
    assert overall.count == 2
    assert overall.resolved_after == timedelta(hours=3)


def test_the_period_before_stands_beside_it(team: Team):
    before = analyse(team).before

    assert before.down == timedelta(hours=12)
    assert [one.title for one in before.incidents] == ["Down on 2026-10-05"]


def test_of_one_service_only_its_own_incidents_count(team: Team):
    api = next(row.service for row in analyse(team).table if row.service.name == "API")

    only = analyse(team, service_id=api.id)

    assert [row.service.name for row in only.table] == ["API"]
    assert [one.title for one in only.overall.incidents] == ["Down on 2026-11-10"]
    assert only.overall.down == timedelta(hours=6)
    assert len(only.services) == 2


def test_a_service_that_is_not_theirs_is_not_there(team: Team):
    with pytest.raises(NotFound):
        analyse(team, service_id=uuid4())


def test_uptime_up_to_now_is_told_by_windows(team: Team):
    uptimes = analyse(team).uptimes

    assert list(uptimes) == [1, 7, 30, 90, 365]
    assert uptimes[1] == uptimes[7] == 1.0
    assert uptimes[30] is not None
    assert uptimes[90] is not None
    assert uptimes[90] < uptimes[30] < 1.0
    assert uptimes[365] == uptimes[90], "before September there was no service: no data, and nothing green"


def test_the_columns_add_up_to_the_whole(team: Team):
    analysis = analyse(team)

    assert sum((bucket.down for bucket in analysis.buckets), timedelta()) == analysis.overall.down
    assert sum(bucket.count for bucket in analysis.buckets) == analysis.overall.count
    assert next(bucket for bucket in analysis.buckets if bucket.down).first == date(2026, 11, 10)


def test_a_year_is_drawn_by_months_each_the_sum_of_its_days(team: Team):
    year = analyse(team, latest(365, TODAY))
    october = analyse(team, Period(date(2026, 10, 1), date(2026, 10, 31)))

    by_month = {bucket.first: bucket for bucket in year.buckets}
    assert len(by_month) == 13
    assert by_month[date(2026, 10, 1)].lengths == october.overall.lengths
    assert sum((bucket.down for bucket in year.buckets), timedelta()) == year.overall.down == timedelta(hours=18)
    assert year.overall.uptime == year.uptimes[365]


@pytest.mark.parametrize(
    ("sort", "first"), [(Sort.UPTIME, "API"), (Sort.DOWNTIME, "API"), (Sort.NAME, "=Web"), (Sort.RESOLVE, "API")]
)
def test_the_table_is_sorted_by_what_is_to_be_looked_at_first(team: Team, sort: Sort, first: str):
    assert analyse(team, sort=sort).table[0].service.name == first


def test_a_period_before_there_was_anything_has_no_data(team: Team):
    long_ago = analyse(team, Period(date(2020, 1, 1), date(2020, 1, 31)))

    assert long_ago.overall.uptime is None
    assert long_ago.overall.down == timedelta()
    assert all(bucket.uptime is None for bucket in long_ago.buckets)


def test_it_takes_as_many_statements_for_many_services_as_for_one_and_shows_a_page_of_them(
    emptied: Callable[[], AbstractContextManager[Flask]],
):
    with emptied() as app:
        team = World(app).team("Fabrikam", "fabrikam")
        team.service("API")
        few, _ = count_statements(team)
        with organization_scope(team.actor()) as scope:
            scope.session.execute(
                text(
                    "INSERT INTO services (organization_id, id, name, description, position, status, status_since,"
                    " created_at) SELECT :organization, gen_random_uuid(), 'Service ' || number, '', number,"
                    " 'operational', now(), now() FROM generate_series(1, 199) AS number"
                ),
                {"organization": team.id},
            )

        many, analysis = count_statements(team)

    assert many == few <= 16
    assert (len(analysis.table), analysis.page, analysis.pages) == (PAGE, 4, 4)


def count_statements(team: Team) -> tuple[int, Analysis]:
    with counted() as statements:
        analysis = get_analysis(team.actor(), BERLIN, latest(30, clock.now().date()), page=99)
    return len(statements), analysis
