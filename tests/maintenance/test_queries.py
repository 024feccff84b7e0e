"""Maintenance as members read it: in which order, page by page, and in how many statements."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import event, text

from app.database.scope import organization_scope
from app.errors import NotFound
from app.extensions import db
from app.maintenance import actions, queries
from app.maintenance.due import keep_windows
from app.maintenance.queries import list_maintenances, list_past, list_upcoming, read_current
from app.maintenance.series_detail import get_series, list_series
from app.maintenance.window_detail import get_maintenance
from tests.builders import Team, World
from tests.maintenance.conftest import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the tables meanwhile, without what opens the transaction."""
    sent: list[str] = []

    def note(connection, cursor, statement, *_) -> None:
        if "set_config" not in statement:
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


class TestLists:
    def test_what_runs_what_comes_and_what_is_over(self, team: Team):
        running = team.maintenance("Running", in_hours=2)
        team.move_on(running, "in_progress")
        done = team.maintenance("Done", in_hours=3)
        team.move_on(done, "in_progress")
        team.move_on(done, "completed")
        actions.cancel_maintenance(team.maintenance("Cancelled", in_hours=4).id, by=team.actor())
        team.maintenance("Later", in_hours=48)
        team.maintenance("Soon", in_hours=24)

        found = list_maintenances(team.actor())

        assert [row.title for row in found.running] == ["Running"]
        assert [row.title for row in found.upcoming.rows] == ["Soon", "Later"]
        assert [row.title for row in found.past.rows] == ["Cancelled", "Done"]
        assert found.upcoming.next_page is None

    def test_a_window_tells_its_services_in_the_order_of_the_page(self, team: Team):
        first, second = team.service("Zebra"), team.service("Ape")
        team.maintenance("Both", second, first)

        (row,) = list_maintenances(team.actor()).upcoming.rows

        assert [(service.name, service.shown) for service in row.affected] == [
            ("Zebra", "operational"), ("Ape", "operational"),
        ]  # fmt: skip

    def test_long_lists_go_on_without_gaps(self, team: Team, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(queries, "PAGE_SIZE", 3)
        for number in range(7):
            window = team.maintenance(f"Window {number}", in_hours=24)
            if number > 3:
                actions.cancel_maintenance(window.id, by=team.actor())
        first = list_maintenances(team.actor())

        second = list_upcoming(team.actor(), after=first.upcoming.next_page)
        past = list_past(team.actor(), after=first.past.next_page) if first.past.next_page else None

        assert [row.title for row in (*first.upcoming.rows, *second.rows)] == [f"Window {n}" for n in range(4)]
        assert second.next_page is None
        assert len(first.past.rows) == 3
        assert past is None

    def test_past_ones_go_on_the_latest_first(self, team: Team, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(queries, "PAGE_SIZE", 2)
        for number in range(5):
            window = team.maintenance(f"Window {number}", in_hours=24 + number)
            actions.cancel_maintenance(window.id, by=team.actor())

        page = list_maintenances(team.actor()).past
        titles = [row.title for row in page.rows]
        while page.next_page:
            page = list_past(team.actor(), after=page.next_page)
            titles += [row.title for row in page.rows]

        assert titles == [f"Window {number}" for number in (4, 3, 2, 1, 0)]

    def test_what_runs_over_says_so(self, traveller: time_machine.Traveller, team: Team):
        window = team.maintenance(in_hours=1, hours=1, auto_complete=False)
        traveller.move_to(window.starts_at)
        keep_windows()

        with organization_scope(team.actor()) as scope:
            (row,) = read_current(scope, window.starts_at)

        assert not row.overruns(window.ends_at - HOUR / 60)
        assert row.overruns(window.ends_at)


class TestOne:
    def test_it_tells_what_was_said_and_what_it_did(self, traveller: time_machine.Traveller, team: Team):
        api = team.service("API")
        window = team.maintenance("Network upgrade", api, in_hours=2)
        traveller.move_to(window.starts_at)
        keep_windows()
        traveller.shift(HOUR)
        team.move_on(window, "completed", "All done.")

        found = get_maintenance(team.actor(), window.id)

        assert [(update.stage, update.message, update.author_name) for update in found.updates] == [
            ("completed", "All done.", "Mara Lind"),
            ("in_progress", "The work has begun.", "Clock"),
        ]
        assert [(effect.at - NOON, effect.status, effect.actor_name) for effect in found.effects] == [
            (3 * HOUR, "operational", "Mara Lind"),
            (2 * HOUR, "under_maintenance", "Clock"),
        ]
        assert found.planned_by == "Mara Lind"

    def test_it_tells_which_reminders_are_past(self, traveller: time_machine.Traveller, team: Team):
        window = team.maintenance(in_hours=48, reminders=[HOUR, DAY])
        traveller.shift(30 * HOUR)
        keep_windows()

        found = get_maintenance(team.actor(), window.id)

        assert [(reminder.lead, reminder.is_past) for reminder in found.reminders] == [(DAY, True), (HOUR, False)]

    def test_another_tenants_is_missing(self, team: Team, world: World):
        window = team.maintenance()

        for window_id in (window.id, uuid4()):
            with pytest.raises(NotFound):
                get_maintenance(world.team().actor(), window_id)


class TestSeries:
    def test_it_is_listed_with_its_next_start(self, traveller: time_machine.Traveller, team: Team):
        series = team.series("FREQ=WEEKLY")

        (row,) = list_series(team.actor())

        assert (row.id, row.rule, row.next_start) == (series.id, "FREQ=WEEKLY", NOON + DAY)

    def test_it_tells_its_occurrences(self, traveller: time_machine.Traveller, team: Team):
        api = team.service("API")
        series = team.series("FREQ=WEEKLY", api, reminders=[])
        first = get_series(team.actor(), series.id).coming[0]
        actions.cancel_maintenance(first.id, by=team.actor())

        found = get_series(team.actor(), series.id)

        assert len(found.coming) == 9
        assert [row.id for row in found.past.rows] == [first.id]
        assert [service.name for service in found.affected] == ["API"]
        assert get_maintenance(team.actor(), first.id).series_title == series.title


@pytest.mark.parametrize(
    ("read", "at_most"),
    [
        (lambda team: list_maintenances(team.actor()), 4),
        (lambda team: list_series(team.actor()), 2),
        (lambda team: get_series(team.actor(), list_series(team.actor())[0].id), 5 + 2),
        (lambda team: get_maintenance(team.actor(), list_maintenances(team.actor()).running[0].id), 6 + 4),
    ],
)
def test_the_number_of_statements_does_not_grow(team: Team, read: Callable[[Team], object], at_most: int):
    api, web = team.service("API"), team.service("Web")
    team.series("FREQ=DAILY", api, web)
    for number in range(6):
        window = team.maintenance(f"Window {number}", api, web)
        team.move_on(window, "in_progress")
        team.move_on(window, "in_progress", "News.")

    with statements() as sent:
        read(team)

    assert len(sent) <= at_most, sent


def test_however_many_there_are_a_page_is_read_along_an_index(team: Team):
    with organization_scope(team.actor()) as scope:
        scope.session.execute(text("SET LOCAL enable_seqscan = off"))
        scope.session.execute(text("SET LOCAL enable_sort = off"))
        plan = scope.session.scalars(
            text(
                "EXPLAIN SELECT id FROM maintenances WHERE organization_id = :organization"
                " AND stage NOT IN ('scheduled', 'in_progress', 'verifying')"
                " ORDER BY starts_at DESC, id DESC LIMIT 51"
            ),
            {"organization": team.id},
        ).all()

    assert any("maintenances_starts_idx" in line for line in plan), plan
    assert not any("Sort" in line for line in plan), plan
