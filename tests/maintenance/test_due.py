"""What the clock does to windows: in time, late, twice, in two processes, and when it dies or jumps."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from app import clock
from app.closing.actions import close_organization
from app.commands.clock import SWEEPS
from app.database.actor import Actor
from app.database.outbox import Event
from app.database.scope import organization_scope, system_scope
from app.extensions import db
from app.maintenance import actions, due
from app.maintenance.details import MaintenanceDetails
from app.maintenance.due import keep_windows, take_step
from app.maintenance.models import Maintenance
from tests.builders import Team, World
from tests.maintenance.conftest import NOON
from tests.maintenance.seeing import again, audited, claims, events, history, kinds, messages
from tests.together import run_together

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
pytestmark = pytest.mark.usefixtures("traveller")


def looked(app_clock: time_machine.Traveller, at: timedelta) -> None:
    """The clock looks at noon plus `at`."""
    app_clock.move_to(NOON + at)
    keep_windows()


class TestInTime:
    def test_it_starts_and_completes_by_itself(self, traveller: time_machine.Traveller, team: Team):
        api = team.service("API")
        window = team.maintenance("Network upgrade", api, in_hours=2, hours=1, reminders=[])

        shown = []
        for hours in (1.99, 2, 2.5, 3):
            looked(traveller, hours * HOUR)
            shown.append(team.status_of(api))

        assert shown == ["operational", "under_maintenance", "under_maintenance", "operational"]
        assert kinds(team) == ["scheduled", "started", "completed"]
        assert [said.message for said in messages(team, window)] == ["The work has begun.", "The work is complete."]
        assert again(team, window).due_at is None

    def test_the_clock_is_named_as_who_did_it(self, traveller: time_machine.Traveller, team: Team):
        window = team.maintenance("Network upgrade", team.service("API"), in_hours=2, hours=1)

        for hours in (1, 2, 3):
            looked(traveller, hours * HOUR)

        assert audited(team) == [
            ("maintenance.scheduled", "Mara Lind"),
            ("maintenance.reminded", "Clock"),
            ("maintenance.started", "Clock"),
            ("maintenance.completed", "Clock"),
        ]
        assert {said.author_name for said in messages(team, window)} == {"Clock"}

    def test_times_are_those_that_were_planned(self, traveller: time_machine.Traveller, team: Team):
        api = team.service("API")
        window = team.maintenance("Network upgrade", api, in_hours=2, hours=1)

        looked(traveller, 2 * HOUR + 2 * SECOND)
        looked(traveller, 3 * HOUR + 2 * SECOND)

        found = again(team, window)
        assert (found.started_at, found.completed_at) == (window.starts_at, window.ends_at)
        assert history(team, api)[1:] == [
            (window.starts_at, "under_maintenance"),
            (window.ends_at, "operational"),
        ]

    def test_who_is_told_was_chosen_with_the_window(self, traveller: time_machine.Traveller, team: Team):
        team.maintenance(in_hours=2, hours=1, announce=False, notify=False)

        for hours in (1, 2, 3):
            looked(traveller, hours * HOUR)

        assert [(kind, payload["notify"]) for kind, payload in events(team)] == [
            (f"maintenance.{word}", False) for word in ("scheduled", "reminded", "started", "completed")
        ]

    @pytest.mark.parametrize(
        ("switches", "expected"),
        [
            ({"auto_start": False}, ["scheduled", "overran"]),
            ({"auto_complete": False}, ["scheduled", "started", "overran"]),
        ],
    )
    def test_each_can_be_switched_off(
        self, traveller: time_machine.Traveller, team: Team, switches: dict[str, bool], expected: list[str]
    ):
        team.maintenance(in_hours=2, hours=1, reminders=[], **switches)

        for hours in (2, 3, 4, 50):
            looked(traveller, hours * HOUR)

        assert kinds(team) == expected

    def test_one_that_should_have_begun_already_begins_when_it_was_planned(
        self, traveller: time_machine.Traveller, team: Team
    ):
        api = team.service("API")
        window = team.maintenance("Urgent", api, in_hours=-0.5)

        keep_windows()

        assert again(team, window).started_at == clock.now()
        assert team.status_of(api) == "under_maintenance"

    def test_the_clock_looks_often_enough_to_be_within_five_seconds(self, app: Flask):
        intervals = {sweep.run: sweep.every_seconds for sweep in SWEEPS}

        assert intervals[keep_windows] <= 2


class TestReminders:
    def test_each_goes_once_at_its_time(self, traveller: time_machine.Traveller, team: Team):
        team.maintenance(in_hours=48)

        sent = {}
        for hours in (23.99, 24, 24.5, 46.99, 47, 47.5):
            looked(traveller, hours * HOUR)
            sent[hours] = kinds(team).count("reminded")

        assert sent == {23.99: 0, 24: 1, 24.5: 1, 46.99: 1, 47: 2, 47.5: 2}
        assert [payload["lead_minutes"] for kind, payload in events(team) if kind.endswith("reminded")] == [1440, 60]

    def test_one_whose_time_has_passed_when_it_is_planned_is_left_out(
        self, traveller: time_machine.Traveller, team: Team
    ):
        team.maintenance(in_hours=12)

        looked(traveller, 11 * HOUR)

        assert [payload["lead_minutes"] for _, payload in events(team)[1:]] == [60]

    def test_after_a_pause_only_the_latest_goes(self, traveller: time_machine.Traveller, team: Team):
        team.maintenance(in_hours=48)

        looked(traveller, 47.5 * HOUR)
        looked(traveller, 47.6 * HOUR)

        assert [payload["lead_minutes"] for _, payload in events(team)[1:]] == [60]

    def test_one_whose_time_has_passed_when_the_start_is_moved_is_left_out(
        self, traveller: time_machine.Traveller, team: Team
    ):
        window = team.maintenance(in_hours=100)
        traveller.shift(24 * HOUR)
        starts_at = clock.now() + 12 * HOUR
        moved = MaintenanceDetails(window.title, window.message, starts_at, starts_at + HOUR)

        actions.edit_maintenance(window.id, moved, by=team.actor())
        looked(traveller, 24 * HOUR + MINUTE)

        assert kinds(team) == ["scheduled", "edited"]

    def test_none_goes_for_what_was_cancelled(self, traveller: time_machine.Traveller, team: Team):
        window = team.maintenance(in_hours=48)
        actions.cancel_maintenance(window.id, by=team.actor())

        looked(traveller, 25 * HOUR)

        assert kinds(team) == ["scheduled", "cancelled"]

    def test_a_reminder_changes_nothing_that_visitors_see(self, traveller: time_machine.Traveller, team: Team):
        window = team.maintenance(in_hours=48)

        looked(traveller, 24 * HOUR)

        assert again(team, window).version == window.version
        with organization_scope(team.actor()) as scope:
            reminded = scope.session.query(Event).filter_by(kind="maintenance.reminded").one()
        assert reminded.visible is False


class TestOverruns:
    def test_members_are_told_once_and_again_after_an_extension(self, traveller: time_machine.Traveller, team: Team):
        window = team.maintenance(in_hours=1, hours=1, reminders=[], auto_complete=False)
        for hours in (1, 2, 2.5):
            looked(traveller, hours * HOUR)

        actions.extend_maintenance(window.id, NOON + 3 * HOUR, by=team.actor())
        for hours in (2.9, 3, 4):
            looked(traveller, hours * HOUR)

        assert kinds(team) == ["scheduled", "started", "overran", "extended", "overran"]
        assert [payload for kind, payload in events(team) if kind.endswith("overran")] == [
            {"maintenance_id": str(window.id)}
        ] * 2

    def test_its_services_stay_under_maintenance_until_somebody_ends_it(
        self, traveller: time_machine.Traveller, team: Team
    ):
        api = team.service("API")
        window = team.maintenance("Long work", api, in_hours=1, hours=1, auto_complete=False)
        for hours in (1, 2, 3):
            looked(traveller, hours * HOUR)
        during = team.status_of(api)

        team.move_on(window, "completed")

        assert (during, team.status_of(api)) == ("under_maintenance", "operational")
        assert again(team, window).completed_at == NOON + 3 * HOUR


class TestLate:
    def test_all_that_was_missed_happens_once_and_in_order(self, traveller: time_machine.Traveller, team: Team):
        api = team.service("API")
        first = team.maintenance("First", api, in_hours=2, hours=1, reminders=[])
        second = team.maintenance("Second", api, in_hours=4, hours=1, reminders=[])

        looked(traveller, 9 * HOUR)
        keep_windows()

        told = [(kind, payload["maintenance_id"]) for kind, payload in events(team)][2:]
        assert sorted(told) == sorted(
            (f"maintenance.{word}", str(window.id)) for window in (first, second) for word in ("started", "completed")
        )
        assert kinds(team, of=first) == kinds(team, of=second) == ["scheduled", "started", "completed"]
        assert history(team, api)[1:] == [
            (NOON + 2 * HOUR, "under_maintenance"),
            (NOON + 3 * HOUR, "operational"),
            (NOON + 4 * HOUR, "under_maintenance"),
            (NOON + 5 * HOUR, "operational"),
        ]
        assert team.status_of(api) == "operational"

    def test_windows_that_overlap_are_told_as_one_stretch(self, traveller: time_machine.Traveller, team: Team):
        api = team.service("API")
        team.maintenance("First", api, in_hours=2, hours=2)
        team.maintenance("Second", api, in_hours=3, hours=2)

        looked(traveller, 9 * HOUR)

        assert history(team, api)[1:] == [(NOON + 2 * HOUR, "under_maintenance"), (NOON + 5 * HOUR, "operational")]

    def test_an_incident_that_came_meanwhile_keeps_its_time(self, traveller: time_machine.Traveller, team: Team):
        api = team.service("API")
        team.maintenance("Missed", api, in_hours=2, hours=4)
        traveller.move_to(NOON + 3 * HOUR)
        incident = team.incident(affects={api: "major_outage"})
        traveller.move_to(NOON + 4 * HOUR)
        team.resolve(incident)

        looked(traveller, 9 * HOUR)

        assert history(team, api)[1:] == [
            (NOON + 2 * HOUR, "under_maintenance"),
            (NOON + 3 * HOUR, "major_outage"),
            (NOON + 4 * HOUR, "under_maintenance"),
            (NOON + 6 * HOUR, "operational"),
        ]
        assert team.status_of(api) == "operational"

    def test_what_a_human_said_meanwhile_stands(self, traveller: time_machine.Traveller, team: Team):
        api = team.service("API")
        team.maintenance("Missed", api, in_hours=2, hours=4)
        traveller.move_to(NOON + 3 * HOUR)
        team.set_status(api, "degraded_performance")

        looked(traveller, 9 * HOUR)

        assert history(team, api)[1:] == [
            (NOON + 2 * HOUR, "under_maintenance"),
            (NOON + 3 * HOUR, "degraded_performance"),
        ]
        assert team.status_of(api) == "degraded_performance"

    def test_one_that_still_runs_is_claimed_from_its_start(self, traveller: time_machine.Traveller, team: Team):
        api = team.service("API")
        team.maintenance("Late", api, in_hours=2, hours=4)

        looked(traveller, 3 * HOUR)

        (claim,) = claims(team)
        assert claim.since == NOON + 2 * HOUR
        assert team.status_of(api) == "under_maintenance"

    def test_nobody_is_reminded_of_what_should_have_begun(self, traveller: time_machine.Traveller, team: Team):
        team.maintenance(in_hours=48, hours=1)

        looked(traveller, 100 * HOUR)

        assert kinds(team) == ["scheduled", "started", "completed"]


class TestOnce:
    def test_two_clocks_start_a_window_once(self, traveller: time_machine.Traveller, app: Flask, team: Team):
        api = team.service("API")
        window = team.maintenance("Network upgrade", api, in_hours=2, reminders=[])
        traveller.move_to(window.starts_at)

        run_together(app, [keep_windows] * 4)

        assert kinds(team) == ["scheduled", "started"]
        assert len(messages(team, window)) == 1
        assert history(team, api)[1:] == [(window.starts_at, "under_maintenance")]

    def test_two_clocks_catch_up_once(self, traveller: time_machine.Traveller, app: Flask, team: Team):
        window = team.maintenance("Network upgrade", team.service("API"), in_hours=2, hours=1)
        traveller.move_to(window.ends_at + HOUR)

        run_together(app, [keep_windows] * 4)

        assert kinds(team) == ["scheduled", "started", "completed"]

    def test_a_step_that_is_taken_again_finds_nothing_to_do(self, traveller: time_machine.Traveller, team: Team):
        window = team.maintenance(in_hours=2, reminders=[])
        traveller.move_to(window.starts_at)

        upcoming = [take_step(window.id, by=Actor.clock(team.id)) for _ in range(2)]

        assert upcoming == [window.ends_at, window.ends_at]
        assert kinds(team) == ["scheduled", "started"]

    def test_a_clock_that_dies_before_its_event_has_done_nothing(
        self, traveller: time_machine.Traveller, team: Team, monkeypatch: pytest.MonkeyPatch
    ):
        api = team.service("API")
        window = team.maintenance("Network upgrade", api, in_hours=2, reminders=[])
        traveller.move_to(window.starts_at)
        with monkeypatch.context() as dying:
            dying.setattr(due, "tell", lambda *_, **__: terminate_own_connection())
            with pytest.raises(Exception, match="terminat"):
                keep_windows()
        before = (again(team, window).stage, team.status_of(api), claims(team), messages(team, window))

        keep_windows()

        assert before == ("scheduled", "operational", [], [])
        assert kinds(team) == ["scheduled", "started"]
        assert team.status_of(api) == "under_maintenance"

    def test_one_window_that_cannot_be_moved_on_does_not_hold_up_the_others(
        self, traveller: time_machine.Traveller, team: Team, monkeypatch: pytest.MonkeyPatch
    ):
        broken = team.maintenance("Broken", in_hours=1, reminders=[])
        sound = team.maintenance("Sound", in_hours=2, reminders=[])
        start = due._start

        def fail(scope, window: Maintenance, step, now) -> None:
            if window.id == broken.id:
                raise RuntimeError("this one cannot")
            start(scope, window, step, now)

        monkeypatch.setitem(due._ACTS, due.Act.START, fail)
        traveller.move_to(sound.starts_at)

        with pytest.raises(RuntimeError, match="this one cannot"):
            keep_windows()

        assert again(team, sound).stage == "in_progress"
        assert again(team, broken).stage == "scheduled"

    def test_every_organization_has_its_turn(self, traveller: time_machine.Traveller, team: Team, world: World):
        other = world.team("Contoso", "contoso")
        windows = [(one, one.maintenance(in_hours=2, reminders=[])) for one in (team, other)]

        looked(traveller, 2 * HOUR)

        assert [again(one, window).stage for one, window in windows] == ["in_progress", "in_progress"]

    def test_an_organization_that_is_being_deleted_is_left_alone(self, traveller: time_machine.Traveller, team: Team):
        window = team.maintenance(in_hours=2, reminders=[])
        close_organization(team.organization.name, by=team.actor())

        looked(traveller, 2 * HOUR)

        assert again(team, window).stage == "scheduled"

    def test_looking_when_nothing_is_due_reads_one_index(self, traveller: time_machine.Traveller, team: Team):
        for number in range(3):
            team.maintenance(in_hours=24 + number)

        with system_scope("a test asks how the clock's question is answered") as scope:
            scope.session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = scope.session.scalars(
                text("EXPLAIN SELECT id FROM maintenances WHERE due_at <= now() ORDER BY due_at, id LIMIT 200")
            ).all()

        assert any("maintenances_due_idx" in line for line in plan), plan


class TestJumps:
    def test_an_hour_forward_and_back_does_nothing_twice(self, traveller: time_machine.Traveller, team: Team):
        api = team.service("API")
        window = team.maintenance("Network upgrade", api, in_hours=2, hours=4)

        for hours in (1, 2, 1.1, 1.5, 2, 2.5, 6, 5.1, 6, 7):
            looked(traveller, hours * HOUR)

        assert kinds(team) == ["scheduled", "reminded", "started", "completed"]
        assert team.status_of(api) == "operational"
        assert again(team, window).completed_at == window.ends_at

    def test_a_jump_over_a_whole_window_leaves_nothing_out(self, traveller: time_machine.Traveller, team: Team):
        api = team.service("API")
        team.maintenance("Short", api, in_hours=2, hours=0.5)

        for hours in (1.9, 2.9, 2.0, 2.6):
            looked(traveller, hours * HOUR)

        assert kinds(team) == ["scheduled", "reminded", "started", "completed"]
        assert history(team, api)[1:] == [(NOON + 2 * HOUR, "under_maintenance"), (NOON + 2.5 * HOUR, "operational")]


def terminate_own_connection() -> None:
    """As if the process had been killed: the database loses the connection in the middle of the transaction."""
    with db.engine.connect() as other:
        other.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
            )
        )
    raise ConnectionError("terminated")
