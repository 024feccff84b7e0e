"""Days that are over are rolled up once, and are made anew when it turns out that they were otherwise."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from threading import Event
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as property_tests
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.pool import NullPool

from app.analytics.periods import Period
from app.database.actor import Actor
from app.database.audit import AuditEntry
from app.database.scope import organization_scope
from app.services.actions import archive_service, restore_service
from app.services.claims import lock_services
from app.services.history import (
    Calendar,
    Change,
    day_borders,
    durations,
    lengths_of_days,
    spans,
    together,
    worst_of_days,
)
from app.services.models import Service, StatusChange
from app.services.rollups.actions import NIGHTS, add_zone, check_days, roll_up
from app.services.rollups.models import DayZone, ServiceDay
from app.services.rollups.queries import read_days, read_lengths, read_together
from app.services.rollups.sums import read_sums
from app.services.rules import ServiceStatus, Source
from tests.builders import Team
from tests.examples import examples
from tests.together import run_together

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def traveller() -> Iterator[time_machine.Traveller]:
    """Time stands still at noon in Berlin, until a test moves it."""
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


def worker(team: Team) -> Actor:
    return Actor.worker(team.id)


def rolled(team: Team, zone: ZoneInfo = BERLIN) -> list[ServiceDay]:
    with organization_scope(worker(team)) as scope:
        return list(
            scope.session.scalars(select(ServiceDay).where(ServiceDay.zone == zone.key).order_by(ServiceDay.day))
        )


def zone_row(team: Team, zone: ZoneInfo = BERLIN) -> DayZone:
    with organization_scope(worker(team)) as scope:
        return scope.session.scalars(select(DayZone).where(DayZone.zone == zone.key)).one()


def count_in(team: Team, *zones: ZoneInfo) -> None:
    with organization_scope(worker(team)) as scope:
        for zone in zones or (BERLIN,):
            add_zone(scope, zone)


def row_of(team: Team, service: Service, change: Change) -> dict[str, object]:
    return {
        "organization_id": team.id,
        "service_id": service.id,
        "new_status": change.status,
        "at": change.at,
        "source": Source.MANUAL,
        "actor_name": "A test",
    }


def say(team: Team, service: Service, changes: Iterable[Change]) -> None:
    """Status changes as they come to the table, whoever writes them."""
    rows = [row_of(team, service, change) for change in changes]
    with organization_scope(worker(team)) as scope:
        if rows:
            scope.session.execute(insert(StatusChange), rows)


def test_each_day_since_the_service_was_created_is_rolled_up_once(team: Team, traveller: time_machine.Traveller):
    count_in(team)
    api = team.service("API")
    traveller.shift(2 * DAY)
    team.set_status(api, "major_outage")
    traveller.shift(HOUR)
    team.set_status(api, "operational")
    traveller.shift(DAY)

    for _ in range(2):
        assert roll_up(team.id, BERLIN)

    assert [(row.day.day, row.worst, row.major_outage, row.unknown) for row in rolled(team)] == [
        (21, "operational", timedelta(), 12 * HOUR),
        (22, "operational", timedelta(), timedelta()),
        (23, "major_outage", HOUR, timedelta()),
    ]
    assert zone_row(team).due_at == datetime(2026, 11, 24, 23, tzinfo=UTC)


def test_what_is_learnt_of_the_past_forgets_the_days_that_it_changes(team: Team, traveller: time_machine.Traveller):
    count_in(team)
    api, other = team.service("API"), team.service("Other")
    traveller.shift(5 * DAY)
    roll_up(team.id, BERLIN)

    say(
        team,
        api,
        [Change(NOON + 2 * DAY, ServiceStatus.MAJOR_OUTAGE), Change(NOON + 3 * DAY, ServiceStatus.OPERATIONAL)],
    )

    left = rolled(team)
    assert [row.day.day for row in left if row.service_id == api.id] == [21, 22]
    assert len([row for row in left if row.service_id == other.id]) == 5
    assert zone_row(team).due_at <= NOON + 5 * DAY
    roll_up(team.id, BERLIN)
    assert [row.worst for row in rolled(team) if row.service_id == api.id] == [
        "operational", "operational", "major_outage", "major_outage", "operational",
    ]  # fmt: skip


def test_what_happens_now_forgets_nothing(team: Team, traveller: time_machine.Traveller):
    count_in(team)
    api = team.service("API")
    traveller.shift(DAY)
    roll_up(team.id, BERLIN)

    team.set_status(api, "major_outage")

    assert len(rolled(team)) == 1
    assert zone_row(team).edits == 0


def test_a_service_that_comes_back_is_rolled_up_soon(team: Team, traveller: time_machine.Traveller):
    count_in(team)
    api = team.service("API")
    archive_service(api.id, by=team.actor())
    traveller.shift(3 * DAY)
    roll_up(team.id, BERLIN)
    before = rolled(team)

    restore_service(api.id, by=team.actor())

    assert before == []
    assert zone_row(team).due_at <= NOON + 3 * DAY
    roll_up(team.id, BERLIN)
    assert len(rolled(team)) == 3


def test_a_zone_that_was_never_added_is_left_alone(team: Team, traveller: time_machine.Traveller):
    team.service("API")
    traveller.shift(3 * DAY)

    assert roll_up(team.id, BERLIN)

    assert rolled(team) == []


def test_days_are_those_of_each_zone_in_use(team: Team, traveller: time_machine.Traveller):
    """Ten minutes from 23:30 UTC on are half past midnight in Berlin, and the evening in Lima."""
    lima = ZoneInfo("America/Lima")
    count_in(team, BERLIN, lima)
    api = team.service("API")
    traveller.move_to(NOON.replace(hour=23, minute=30))
    team.set_status(api, "major_outage")
    traveller.shift(HOUR)
    team.set_status(api, "operational")
    traveller.shift(2 * DAY)

    for zone in (BERLIN, lima):
        roll_up(team.id, zone)

    assert [row.day.day for row in rolled(team, BERLIN) if row.major_outage] == [22]
    assert [row.day.day for row in rolled(team, lima) if row.major_outage] == [21]


def test_what_takes_too_long_is_gone_on_with_later(team: Team, traveller: time_machine.Traveller):
    count_in(team)
    team.service("API")
    traveller.shift(DAY)

    assert not roll_up(team.id, BERLIN, seconds=-1)

    assert zone_row(team).due_at <= NOON
    assert rolled(team) == []


@pytest.fixture
def wrong_day(team: Team, traveller: time_machine.Traveller, owner_url: str) -> Service:
    """A service with a day that is not as its status changes have it, as no code of ours would leave it."""
    count_in(team)
    api = team.service("API")
    traveller.shift(3 * DAY)
    roll_up(team.id, BERLIN)
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as owner:
        owner.execute(text("ALTER TABLE service_days NO FORCE ROW LEVEL SECURITY"))
        owner.execute(text("UPDATE service_days SET worst = 'major_outage' WHERE day = '2026-11-22'"))
        owner.execute(text("ALTER TABLE service_days FORCE ROW LEVEL SECURITY"))
    engine.dispose()
    return api


def test_a_day_that_is_not_as_it_was_is_found_within_a_week_told_and_repaired(
    team: Team, wrong_day: Service, traveller: time_machine.Traveller
):
    found = []
    for _ in range(NIGHTS):
        found.append(check_days(team.id, BERLIN))
        traveller.shift(DAY)

    assert [(one.service.name, one.day) for night in found for one in night] == [("API", date(2026, 11, 22))]
    assert {row.worst for row in rolled(team)} == {"operational"}
    with organization_scope(worker(team)) as scope:
        entry = scope.session.scalars(select(AuditEntry).where(AuditEntry.action == "service.days_repaired")).one()
    assert (entry.subject_name, entry.changes) == ("API", {"days": [None, ["2026-11-22"]]})


def test_what_is_as_it_was_makes_no_difference(team: Team, traveller: time_machine.Traveller):
    count_in(team)
    api = team.service("API")
    traveller.shift(DAY)
    team.set_status(api, "partial_outage")
    traveller.shift(DAY)
    roll_up(team.id, BERLIN)

    for _ in range(NIGHTS):
        assert check_days(team.id, BERLIN) == []
        traveller.shift(DAY)

    assert zone_row(team).checked_at == NOON + (NIGHTS + 1) * DAY


# Random histories, told in any order. A zone, and a day on which something odd happens in it.
ODD_DAYS = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/Santiago", date(2026, 4, 5)),  # clocks go back from 00:00 to 23:00
    ("America/Santiago", date(2026, 9, 6)),  # and from 00:00 to 01:00
    ("America/Havana", date(2026, 11, 1)),  # 00:00 to 01:00 comes twice
    ("Pacific/Apia", date(2011, 12, 30)),  # is no day there
]


@st.composite
def tellings(draw):
    """A zone, when a service was created, what is said of it in how many goes and when, and when it is read."""
    name, odd_day = draw(st.sampled_from(ODD_DAYS))
    zone = ZoneInfo(name)
    around = day_borders(zone, odd_day + timedelta(days=4), 8)
    instants = st.sampled_from(around.borders) | st.integers(0, 8 * 86_400 * 1000).map(
        lambda ms: around.start + timedelta(milliseconds=ms)
    )
    created_at = draw(instants)
    said = draw(st.lists(st.builds(Change, instants, st.sampled_from(ServiceStatus)), max_size=10))
    moments = sorted(draw(st.lists(instants.filter(lambda at: at >= created_at), min_size=1, max_size=3)))
    goes: dict[datetime, list[Change]] = {moment: [] for moment in moments}
    for change in said:
        later = [moment for moment in moments if moment >= change.at]
        if later:
            goes[draw(st.sampled_from(later))].append(change)
    last = moments[-1] + timedelta(hours=draw(st.integers(0, 60)))
    return zone, around, created_at, goes, last


@property_tests(max_examples=examples(6), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tellings(), st.integers(1, 8), st.booleans())
def test_what_is_read_is_what_the_status_changes_say_in_whatever_order_they_were_told(team, telling, days, is_done):
    zone, around, created_at, goes, now = telling
    count_in(team, zone)
    with time_machine.travel(created_at, tick=False):
        service = team.service(str(uuid4()))
    all_said = [Change(created_at, ServiceStatus.OPERATIONAL)]
    for moment, said in goes.items():
        with time_machine.travel(moment, tick=False):
            say(team, service, said)
            all_said += said
            roll_up(team.id, zone)
    if is_done:
        with time_machine.travel(now, tick=False):
            roll_up(team.id, zone)
    all_said.sort(key=lambda change: change.at)
    calendar = day_borders(zone, around.days[-1], days)

    window = spans(all_said, created_at, start=calendar.start, end=calendar.end, now=now)
    with organization_scope(worker(team), read_only=True) as scope:
        found = read_days(scope, [service], calendar, zone, now)[service.id]
        rows = read_lengths(scope, [service], calendar, zone, now)[service.id]
        as_one = read_together(scope, [service], calendar, zone, now)
        whole, head, tail = read_sums(scope, [service], _stretches(calendar), zone, now)[service.id]

    strip = worst_of_days(window, calendar)
    begun = [number for number in range(days) if calendar.borders[number] <= now]
    lengths = lengths_of_days(window, calendar)
    assert found.days == strip
    assert found.lengths == whole == durations(window)
    assert (head, tail) == (together(lengths[: days // 2 + 1]), together(lengths[days // 2 :]))
    assert [(row.day, row.status, row.lengths) for row in rows] == [
        (calendar.days[number], strip[number].status, lengths[number]) for number in begun
    ]
    assert as_one == rows


def _stretches(calendar: Calendar) -> list[Period]:
    """The whole of a calendar, and two parts of it that share a day."""
    middle = calendar.days[len(calendar.days) // 2]
    first, last = calendar.days[0], calendar.days[-1]
    return [Period(first, last), Period(first, middle), Period(middle, last)]


def test_what_is_told_while_days_are_rolled_up_is_not_lost(app: Flask, team: Team, traveller: time_machine.Traveller):
    """The day is read only once whoever tells of it has committed: it holds the service until then."""
    count_in(team)
    api = team.service("API")
    traveller.shift(DAY)
    change = Change(NOON + HOUR, ServiceStatus.MAJOR_OUTAGE)
    is_held, is_told, is_rolled = Event(), Event(), Event()

    def tell() -> None:
        with organization_scope(worker(team)) as scope:
            lock_services(scope, [api.id])
            is_held.set()
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while not scope.session.scalar(waiting) and not is_rolled.is_set():
                pass
            scope.session.execute(insert(StatusChange), [row_of(team, api, change)])
            is_told.set()

    def roll() -> None:
        is_held.wait(10)
        roll_up(team.id, BERLIN)
        is_rolled.set()
        assert is_told.is_set()

    run_together(app, [tell, roll])

    assert [row.worst for row in rolled(team)] == ["major_outage"]
