"""Windows that come again and again, and each of them as one that can be moved or skipped."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import clock
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.errors import Conflict, Invalid, InvalidTransition, NotFound
from app.maintenance import actions, rules
from app.maintenance.details import MaintenanceDetails
from app.maintenance.due import keep_series, keep_windows
from app.maintenance.models import Maintenance, MaintenanceSeries
from app.maintenance.rules import MaintenanceStage
from app.maintenance.series import continue_series, create_series, edit_series, end_series
from app.maintenance.series_detail import get_series, list_series
from app.services.models import Service
from tests.builders import Team, World
from tests.maintenance.conftest import NOON
from tests.maintenance.seeing import again, audited, events, kinds
from tests.together import run_together

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
pytestmark = pytest.mark.usefixtures("traveller")


def occurrences(team: Team, series: MaintenanceSeries, stage: str = "scheduled") -> list[Maintenance]:
    with organization_scope(team.actor()) as scope:
        return list(
            scope.session.scalars(
                select(Maintenance)
                .where(Maintenance.series_id == series.id, Maintenance.stage == MaintenanceStage(stage))
                .order_by(Maintenance.starts_at)
            )
        )


def days(windows: list[Maintenance]) -> list[str]:
    return [f"{window.starts_at:%m-%d}" for window in windows]


def details_of(series: MaintenanceSeries, *services: Service, **changes: object) -> MaintenanceDetails:
    """What the form of a series sends back when nothing was changed."""
    starts_at = series.first_start.replace(tzinfo=BERLIN).astimezone(UTC)
    made = MaintenanceDetails(
        title=series.title,
        message=series.message,
        starts_at=starts_at,
        ends_at=starts_at + series.length,
        service_ids=[service.id for service in services],
    )
    return replace(made, **changes)


class TestCreating:
    def test_no_more_series_go_on_than_anybody_looks_after(self, team: Team, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(rules, "MOST_SERIES", 1)
        first = team.series()

        with pytest.raises(Invalid) as refusal:
            team.series()
        end_series(first.id, by=team.actor())

        assert refusal.value.faults == {"series": "There are 1 series. End one that you do not need any more."}
        assert team.series()

    def test_its_near_occurrences_are_windows_of_their_own(self, team: Team):
        api = team.service("API")

        series = team.series("FREQ=WEEKLY", api)

        found = get_series(team.actor(), series.id)
        assert len(found.coming) == 10
        assert [row.starts_at - NOON for row in found.coming] == [(1 + 7 * number) * DAY for number in range(10)]
        assert {row.affected[0].name for row in found.coming} == {"API"}
        assert {row.ends_at - row.starts_at for row in found.coming} == {2 * HOUR}

    def test_subscribers_are_told_of_the_first_and_once(self, team: Team):
        series = team.series("FREQ=DAILY")

        assert kinds(team) == ["scheduled"]
        assert events(team)[0][1]["maintenance_id"] == str(occurrences(team, series)[0].id)
        assert events(team)[0][1]["series_id"] == str(series.id)
        assert audited(team) == [("maintenance_series.created", "Mara Lind")]

    def test_each_keeps_its_wall_time_and_its_length(self, traveller: time_machine.Traveller, team: Team):
        traveller.move_to(datetime(2026, 10, 20, 12, tzinfo=UTC))
        starts_at = datetime(2026, 10, 24, 1, 30, tzinfo=BERLIN).astimezone(UTC)

        series = team.series("FREQ=DAILY;COUNT=3", starts_at=starts_at, hours=3)

        found = [
            (window.starts_at.astimezone(BERLIN).strftime("%d %H:%M"), window.ends_at - window.starts_at)
            for window in occurrences(team, series)
        ]
        assert found == [("24 01:30", 3 * HOUR), ("25 01:30", 3 * HOUR), ("26 01:30", 3 * HOUR)]

    @pytest.mark.parametrize(
        ("rule", "hours", "field"),
        [
            ("FREQ=HOURLY", 1, "rule"),
            ("FREQ=DAILY;UNTIL=20261101", 1, "rule"),
            ("FREQ=DAILY", 30, "rule"),
            ("FREQ=YEARLY", 24 * 31, "ends_at"),
        ],
    )
    def test_what_is_refused_is_told_beside_its_field(self, team: Team, rule: str, hours: float, field: str):
        with pytest.raises(Invalid) as refused:
            team.series(rule, hours=hours)

        assert list(refused.value.faults) == [field]

    def test_the_first_must_be_still_to_come(self, team: Team):
        with pytest.raises(Invalid) as refused:
            team.series("FREQ=WEEKLY", starts_at=clock.now() - HOUR / 2)

        assert "single maintenance" in refused.value.faults["starts_at"]

    def test_a_foreign_service_is_missing(self, team: Team, world: World):
        with pytest.raises(NotFound):
            team.series("FREQ=DAILY", world.team("Contoso", "contoso").service())

    def test_the_same_form_creates_once(self, app: Flask, team: Team):
        form_id, starts_at = uuid4(), clock.now() + DAY
        wanted = MaintenanceDetails("Patches", "", starts_at, starts_at + HOUR)

        run_together(
            app,
            [lambda: create_series(wanted, "FREQ=DAILY", BERLIN, form_id=form_id, by=team.actor()) for _ in range(3)],
        )

        assert len(list_series(team.actor())) == 1


class TestGoingOn:
    def test_the_clock_plans_what_has_come_near(self, traveller: time_machine.Traveller, team: Team):
        series = team.series("FREQ=DAILY", reminders=[])

        for day in range(1, 4):
            traveller.move_to(NOON + day * DAY)
            keep_windows()
            keep_series()

        assert len(occurrences(team, series)) == 10
        assert days(occurrences(team, series))[-1] == "12-04"
        assert audited(team).count(("maintenance_series.continued", "Clock")) == 3
        assert [payload["notify"] for kind, payload in events(team) if kind == "maintenance.scheduled"] == [
            True, False, False, False,
        ]  # fmt: skip

    def test_two_clocks_plan_each_occurrence_once(self, traveller: time_machine.Traveller, app: Flask, team: Team):
        series = team.series("FREQ=DAILY")
        traveller.move_to(NOON + 5 * DAY)

        run_together(app, [keep_series] * 3)

        assert len(occurrences(team, series)) == 15  # five of them should have begun

    def test_nothing_is_planned_twice(self, team: Team):
        series = team.series("FREQ=DAILY")

        for _ in range(2):
            continue_series(series.id, by=Actor.clock(team.id))

        assert len(occurrences(team, series)) == 10

    def test_after_a_long_pause_no_past_is_invented(self, traveller: time_machine.Traveller, team: Team):
        series = team.series("FREQ=WEEKLY", reminders=[])
        traveller.move_to(NOON + 365 * DAY)

        keep_windows()
        keep_series()

        assert all(window.starts_at > clock.now() for window in occurrences(team, series))
        assert len(occurrences(team, series, "completed")) == 10

    def test_one_that_has_an_end_ends(self, traveller: time_machine.Traveller, team: Team):
        series = team.series("FREQ=DAILY;COUNT=12")

        for day in range(1, 20):
            traveller.move_to(NOON + day * DAY)
            keep_windows()
            keep_series()

        assert len(occurrences(team, series, "completed")) == 12
        assert list_series(team.actor())[0].next_start is None


class TestOneOccurrence:
    def test_it_can_be_moved_and_the_others_stay(self, team: Team):
        series = team.series("FREQ=WEEKLY;COUNT=3")
        first, second, third = occurrences(team, series)

        move(team, second, by=DAY)

        assert [window.starts_at for window in occurrences(team, series)] == [
            first.starts_at, second.starts_at + DAY, third.starts_at,
        ]  # fmt: skip
        assert [row.moved for row in get_series(team.actor(), series.id).coming] == [False, True, False]

    def test_it_can_be_skipped_and_does_not_come_back(self, team: Team):
        series = team.series("FREQ=WEEKLY;COUNT=3")
        _, second, _ = occurrences(team, series)

        actions.cancel_maintenance(second.id, by=team.actor())
        continue_series(series.id, by=Actor.clock(team.id))
        edit_series(series.id, details_of(series, title="Other"), series.rule, by=team.actor())

        assert days(occurrences(team, series)) == ["11-22", "12-06"]


class TestEditing:
    def test_occurrences_to_come_change_with_it(self, team: Team):
        api, web = team.service("API"), team.service("Web")
        series = team.series("FREQ=WEEKLY;COUNT=3", api)

        edit_series(
            series.id, details_of(series, web, title="Patches", auto_complete=False), series.rule, by=team.actor()
        )

        found = get_series(team.actor(), series.id)
        assert {(row.title, row.auto_complete, row.affected[0].name) for row in found.coming} == {
            ("Patches", False, "Web")
        }

    def test_those_that_somebody_changed_stay_as_they_are(self, team: Team):
        series = team.series("FREQ=WEEKLY;COUNT=3")
        _, second, _ = occurrences(team, series)
        move(team, second, by=DAY)

        edit_series(series.id, details_of(series, title="Patches"), series.rule, by=team.actor())

        assert [window.title for window in occurrences(team, series)] == ["Patches", "Database patches", "Patches"]

    def test_those_that_have_begun_stay_as_they_are(self, traveller: time_machine.Traveller, team: Team):
        series = team.series("FREQ=WEEKLY;COUNT=3", reminders=[])
        first = occurrences(team, series)[0]
        traveller.move_to(first.starts_at)
        keep_windows()

        edit_series(series.id, details_of(series, title="Patches"), series.rule, by=team.actor())

        assert again(team, first).title == "Database patches"

    def test_another_rule_cancels_what_it_does_not_have_and_plans_what_it_has(self, team: Team):
        series = team.series("FREQ=DAILY;COUNT=4")  # from Sunday, 22 November, on

        edit_series(series.id, details_of(series), "FREQ=DAILY;INTERVAL=2;COUNT=3", by=team.actor())

        assert days(occurrences(team, series)) == ["11-22", "11-24", "11-26"]
        assert days(occurrences(team, series, "cancelled")) == ["11-23", "11-25"]

    def test_what_the_new_rule_has_as_well_is_not_cancelled_however_far_it_is(self, team: Team):
        series = team.series("FREQ=WEEKLY")

        edit_series(series.id, details_of(series), "FREQ=DAILY", by=team.actor())

        assert occurrences(team, series, "cancelled") == []
        assert days(occurrences(team, series))[:3] == ["11-22", "11-23", "11-24"]

    def test_what_an_edit_dropped_another_brings_back(self, team: Team):
        series = team.series("FREQ=DAILY;COUNT=3")
        ids = [window.id for window in occurrences(team, series)]
        edit_series(series.id, details_of(series), "FREQ=DAILY;COUNT=1", by=team.actor())

        edit_series(series.id, details_of(series), "FREQ=DAILY;COUNT=3", by=team.actor())

        assert [window.id for window in occurrences(team, series)] == ids

    def test_one_event_tells_of_all(self, team: Team):
        series = team.series("FREQ=DAILY")

        edit_series(series.id, details_of(series, title="Patches"), "FREQ=WEEKLY", announce=True, by=team.actor())

        assert kinds(team) == ["scheduled", "edited"]
        assert events(team)[1][1]["notify"] is True
        assert sorted(audited(team)) == [
            ("maintenance_series.created", "Mara Lind"), ("maintenance_series.edited", "Mara Lind"),
        ]  # fmt: skip

    def test_a_series_that_began_long_ago_can_be_edited(self, traveller: time_machine.Traveller, team: Team):
        series = team.series("FREQ=WEEKLY")
        traveller.move_to(NOON + 20 * DAY)
        keep_windows()

        edit_series(series.id, details_of(series, title="Patches"), series.rule, by=team.actor())

        assert {window.title for window in occurrences(team, series)} == {"Patches"}

    def test_its_time_of_day_can_be_changed_long_after_it_began(self, traveller: time_machine.Traveller, team: Team):
        series = team.series("FREQ=WEEKLY", reminders=[])
        traveller.move_to(NOON + 20 * DAY)
        keep_windows()
        same = details_of(series)

        later = replace(same, starts_at=same.starts_at + 3 * HOUR, ends_at=same.ends_at + 3 * HOUR)
        edit_series(series.id, later, series.rule, by=team.actor())

        assert {window.starts_at.hour for window in occurrences(team, series)} == {15}
        assert len(occurrences(team, series, "completed")) == 3

    def test_two_who_edit_at_once_are_told(self, team: Team):
        series = team.series("FREQ=WEEKLY")
        edit_series(series.id, details_of(series, title="Mine"), series.rule, seen_version=1, by=team.actor())

        with pytest.raises(Conflict):
            edit_series(series.id, details_of(series, title="Yours"), series.rule, seen_version=1, by=team.actor())


class TestEnding:
    def test_nothing_more_comes(self, traveller: time_machine.Traveller, team: Team):
        series = team.series("FREQ=WEEKLY", reminders=[])
        first, second = occurrences(team, series)[:2]
        move(team, second, by=DAY)
        traveller.move_to(first.starts_at)
        keep_windows()

        end_series(series.id, by=team.actor())
        traveller.move_to(NOON + 100 * DAY)
        keep_windows()
        keep_series()

        assert occurrences(team, series) == []
        assert again(team, first).stage == "completed"
        assert again(team, second).stage == "cancelled"
        assert kinds(team)[-2:] == ["cancelled", "completed"]

    @pytest.mark.parametrize(
        "act",
        [
            lambda team, series: end_series(series.id, by=team.actor()),
            lambda team, series: edit_series(series.id, details_of(series), series.rule, by=team.actor()),
        ],
    )
    def test_it_is_final(self, team: Team, act: Callable[[Team, MaintenanceSeries], object]):
        series = team.series("FREQ=WEEKLY")
        end_series(series.id, by=team.actor())

        with pytest.raises(InvalidTransition):
            act(team, series)

    def test_another_tenants_is_missing(self, team: Team, world: World):
        series = team.series("FREQ=WEEKLY")

        with pytest.raises(NotFound):
            end_series(series.id, by=world.team("Contoso", "contoso").actor())


def move(team: Team, window: Maintenance, *, by: timedelta) -> None:
    moved = MaintenanceDetails(window.title, window.message, window.starts_at + by, window.ends_at + by)
    actions.edit_maintenance(window.id, moved, by=team.actor())
