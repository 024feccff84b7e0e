"""What members do to a window, and what follows from it."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from flask import Flask

from app import clock
from app.database.actor import ActorRole
from app.database.scope import organization_scope
from app.errors import Conflict, Invalid, InvalidTransition, NotFound
from app.maintenance import actions, rules
from app.maintenance.actions import NewMessage
from app.maintenance.details import MaintenanceDetails
from app.maintenance.models import Maintenance
from app.maintenance.queries import list_maintenances
from app.maintenance.rules import MaintenanceStage
from app.maintenance.window_detail import get_maintenance
from app.services.models import Service
from tests.builders import Team, World
from tests.maintenance.seeing import again, audited, claims, events, kinds, messages
from tests.together import run_together

HOUR = timedelta(hours=1)
SCHEDULED, IN_PROGRESS, VERIFYING, COMPLETED, CANCELLED = MaintenanceStage


def details(*services: Service, in_hours: float = 24, hours: float = 2, **changes: object) -> MaintenanceDetails:
    starts_at = clock.now() + in_hours * HOUR
    made = MaintenanceDetails(
        title="Network upgrade",
        message="Short connection resets.",
        starts_at=starts_at,
        ends_at=starts_at + hours * HOUR,
        service_ids=[service.id for service in services],
    )
    return replace(made, **changes)


def details_of(window: Maintenance, *services: Service, **changes: object) -> MaintenanceDetails:
    """What the form of a window sends back when nothing was changed."""
    made = MaintenanceDetails(
        title=window.title,
        message=window.message,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        service_ids=[service.id for service in services],
    )
    return replace(made, **changes)


class TestScheduling:
    def test_it_is_kept_as_it_was_asked_for(self, team: Team):
        wanted = details(team.service("API"), auto_complete=False, reminders=[HOUR, 24 * HOUR, HOUR])

        window = again(team, actions.schedule_maintenance(wanted, by=team.actor()))

        assert (window.title, window.stage, window.auto_start, window.auto_complete) == (
            "Network upgrade", SCHEDULED, True, False,
        )  # fmt: skip
        assert window.lead_minutes == [1440, 60]
        assert window.created_by_name == "Mara Lind"

    def test_no_more_are_planned_than_anybody_looks_through(self, team: Team, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(rules, "MOST_OPEN", 2)
        first = team.maintenance("First", in_hours=1)
        team.move_on(first, "in_progress")
        team.maintenance("Second")

        with pytest.raises(Invalid) as refusal:
            team.maintenance("Third")
        with pytest.raises(Invalid):
            team.series()
        team.move_on(first, "completed")

        assert refusal.value.faults["windows"].startswith("There are 2 maintenances to come or running.")
        assert team.maintenance("In its place")

    def test_another_tenants_windows_take_no_room(self, team: Team, world: World, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(rules, "MOST_OPEN", 1)
        world.team("Contoso", "contoso").maintenance()

        assert team.maintenance()

    def test_two_who_plan_at_once_do_not_both_get_the_last_place(
        self, team: Team, app: Flask, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(rules, "MOST_OPEN", 1)
        plans = [lambda: actions.schedule_maintenance(details(), by=team.actor())] * 2

        with pytest.raises(Invalid):
            run_together(app, plans)

        assert len(list_maintenances(team.actor()).upcoming.rows) == 1

    def test_its_message_is_rendered_once_and_made_safe(self, team: Team):
        hostile = "**Soon** <script>alert(1)</script> <b hx-get='/x'>x</b> [go](javascript:alert(1))"

        window = actions.schedule_maintenance(details(message=hostile), by=team.actor())

        assert "<strong>Soon</strong>" in window.html
        assert not any(word in window.html for word in ("<script", "<b", 'href="javascript'))

    def test_subscribers_are_told_unless_it_is_not_wished(self, team: Team):
        api = team.service("API")
        loud = team.maintenance("Loud", api)
        quiet = team.maintenance("Quiet", api, announce=False)

        assert events(team) == [
            (
                "maintenance.scheduled",
                {
                    "maintenance_id": str(window.id),
                    "update_id": None,
                    "notify": notify,
                    "service_ids": [str(api.id)],
                },
            )
            for window, notify in ((loud, True), (quiet, False))
        ]

    def test_it_is_written_down_who_planned_it(self, team: Team):
        team.maintenance()

        assert audited(team) == [("maintenance.scheduled", "Mara Lind")]

    def test_its_services_stay_what_they_are_until_it_begins(self, team: Team):
        api = team.service("API")

        team.maintenance("Network upgrade", api)

        assert team.status_of(api) == "operational"

    def test_the_same_form_plans_once_however_often_it_is_sent(self, app: Flask, team: Team):
        wanted, form_id = details(), uuid4()

        run_together(
            app, [lambda: actions.schedule_maintenance(wanted, form_id=form_id, by=team.actor()) for _ in range(4)]
        )

        assert kinds(team) == ["scheduled"]

    def test_the_same_form_with_other_words_is_no_repetition(self, team: Team):
        form_id = uuid4()
        actions.schedule_maintenance(details(), form_id=form_id, by=team.actor())

        with pytest.raises(Conflict):
            actions.schedule_maintenance(details(title="Other"), form_id=form_id, by=team.actor())

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"title": ""}, "title"),
            ({"message": "x" * 10_001}, "message"),
            ({"in_hours": -2, "hours": 4}, "starts_at"),
            ({"hours": -1}, "ends_at"),
            ({"hours": 24 * 400}, "ends_at"),
            ({"reminders": [timedelta()]}, "reminders"),
            ({"service_ids": [uuid4() for _ in range(201)]}, "services"),
        ],
    )
    def test_what_is_refused_is_told_beside_its_field(self, team: Team, changes: dict[str, object], field: str):
        with pytest.raises(Invalid) as refused:
            actions.schedule_maintenance(details(**changes), by=team.actor())

        assert list(refused.value.faults) == [field]
        assert events(team) == []

    def test_two_hundred_services_are_taken_down_and_come_back(self, team: Team):
        now = clock.now()
        with organization_scope(team.actor()) as scope:
            many = [
                Service(
                    organization_id=team.id, name=f"Host {number}", position=number, status_since=now, created_at=now
                )
                for number in range(200)
            ]
            scope.session.add_all(many)
        window = team.maintenance("All of them", *many)

        team.move_on(window, "in_progress")
        during = {row.shown for row in get_maintenance(team.actor(), window.id).row.affected}
        team.move_on(window, "completed")

        assert during == {"under_maintenance"}
        assert [row.shown for row in get_maintenance(team.actor(), window.id).row.affected] == ["operational"] * 200

    def test_a_foreign_service_is_as_unknown_as_a_missing_one(self, team: Team, world: World):
        theirs = world.team("Contoso", "contoso").service("Theirs")

        for service_id in (theirs.id, uuid4()):
            with pytest.raises(NotFound):
                actions.schedule_maintenance(details(service_ids=[service_id]), by=team.actor())

    def test_a_viewer_cannot(self, team: Team):
        with pytest.raises(Exception, match="row-level security"):
            actions.schedule_maintenance(details(), by=team.actor(ActorRole.VIEWER))


class TestMovingOn:
    def test_starting_takes_its_services_down_and_finishing_brings_them_back(self, team: Team):
        api, web = team.service("API"), team.service("Web")
        window = team.maintenance("Network upgrade", api)

        team.move_on(window, "in_progress")
        during = (team.status_of(api), team.status_of(web))
        team.move_on(window, "completed")

        assert during == ("under_maintenance", "operational")
        assert team.status_of(api) == "operational"

    def test_verifying_is_still_maintenance(self, team: Team):
        api = team.service("API")
        window = team.maintenance("Network upgrade", api)
        team.move_on(window, "in_progress")

        team.move_on(window, "verifying")

        assert team.status_of(api) == "under_maintenance"
        assert again(team, window).completed_at is None

    def test_it_may_begin_and_end_early(self, traveller: time_machine.Traveller, team: Team):
        window = team.maintenance(in_hours=72)

        team.move_on(window, "in_progress")
        traveller.shift(HOUR)
        team.move_on(window, "completed")

        found = again(team, window)
        assert found.completed_at - found.started_at == HOUR
        assert found.started_at < found.starts_at
        assert found.due_at is None

    def test_each_step_is_told_by_its_own_event(self, team: Team):
        window = team.maintenance()
        for stage in ("scheduled", "in_progress", "in_progress", "verifying", "completed"):
            team.move_on(window, stage, "News.")

        assert kinds(team) == ["scheduled", "updated", "started", "updated", "verifying", "completed"]
        assert [payload["update_id"] for _, payload in events(team)[1:]] == [
            str(said.id) for said in messages(team, window)
        ]

    def test_a_step_without_words_says_what_it_is(self, team: Team):
        window = team.maintenance()

        team.move_on(window, "in_progress")

        assert [said.message for said in messages(team, window)] == ["The work has begun."]

    def test_a_message_without_a_step_needs_words(self, team: Team):
        window = team.maintenance()

        with pytest.raises(Invalid) as refused:
            team.move_on(window, "scheduled")

        assert list(refused.value.faults) == ["message"]

    def test_it_does_not_begin_after_its_end(self, traveller: time_machine.Traveller, team: Team):
        window = team.maintenance(in_hours=1, auto_start=False)
        traveller.shift(4 * HOUR)

        with pytest.raises(InvalidTransition, match="new end first"):
            team.move_on(window, "in_progress")

    def test_it_takes_only_so_many_messages_and_can_always_go_on(self, team: Team, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(rules, "MOST_UPDATES", 1)
        window = team.maintenance(in_hours=1)
        team.move_on(window, "in_progress")

        with pytest.raises(Invalid) as refusal:
            team.move_on(window, "in_progress", "One more thing.")
        team.move_on(window, "completed")

        assert refusal.value.faults["message"] == "This maintenance has 1 message already. Say the rest when it ends."

    def test_what_is_over_takes_no_message(self, team: Team):
        window = team.maintenance()
        team.move_on(window, "in_progress")
        team.move_on(window, "completed")

        with pytest.raises(InvalidTransition, match="final"):
            team.move_on(window, "completed", "One more thing.")

    def test_two_who_write_at_once_are_told(self, team: Team):
        window = team.maintenance()
        seen = again(team, window).version
        team.move_on(window, "scheduled", "First.")

        with pytest.raises(Conflict, match="changed while you were writing"):
            actions.post_message(window.id, NewMessage(SCHEDULED, "Second.", seen_version=seen), by=team.actor())

    def test_a_form_that_is_sent_twice_posts_once(self, app: Flask, team: Team):
        window, new = team.maintenance(), NewMessage(SCHEDULED, "Once.", form_id=uuid4())

        run_together(app, [lambda: actions.post_message(window.id, new, by=team.actor()) for _ in range(4)])

        assert [said.message for said in messages(team, window)] == ["Once."]

    def test_a_step_without_words_that_is_sent_twice_is_taken_once(self, team: Team):
        window, new = team.maintenance(), NewMessage(IN_PROGRESS, form_id=uuid4())

        for _ in range(2):
            actions.post_message(window.id, new, by=team.actor())

        assert kinds(team) == ["scheduled", "started"]

    def test_a_message_of_another_tenant_is_missing(self, team: Team, world: World):
        window = team.maintenance()

        with pytest.raises(NotFound):
            world.team("Contoso", "contoso").move_on(window, "in_progress")


class TestCancelling:
    def test_it_is_called_off_for_good(self, team: Team):
        window = team.maintenance()

        actions.cancel_maintenance(window.id, by=team.actor())

        found = again(team, window)
        assert (found.stage, found.due_at, found.cancelled_at is not None) == (CANCELLED, None, True)
        assert kinds(team) == ["scheduled", "cancelled"]
        assert [said.message for said in messages(team, window)] == ["This maintenance is cancelled."]

    def test_what_runs_is_finished_instead(self, team: Team):
        window = team.maintenance()
        team.move_on(window, "in_progress")

        with pytest.raises(InvalidTransition, match="Finish it early"):
            actions.cancel_maintenance(window.id, by=team.actor())


class TestExtending:
    def test_it_goes_on_longer(self, traveller: time_machine.Traveller, team: Team):
        window = team.maintenance(in_hours=1)
        team.move_on(window, "in_progress")
        traveller.shift(HOUR)

        actions.extend_maintenance(window.id, window.ends_at + HOUR, by=team.actor())

        found = again(team, window)
        assert found.ends_at == found.due_at == window.ends_at + HOUR
        assert kinds(team)[-1] == "extended"
        assert messages(team, window)[-1].message == "The work takes longer than planned."

    @pytest.mark.parametrize(("by_hours", "words"), [(-0.5, "present end"), (24 * 40, "30 days"), (-30, "past")])
    def test_an_end_that_is_no_extension_is_refused(self, team: Team, by_hours: float, words: str):
        window = team.maintenance(in_hours=1)
        team.move_on(window, "in_progress")

        with pytest.raises(Invalid) as refused:
            actions.extend_maintenance(window.id, window.ends_at + by_hours * HOUR, by=team.actor())

        assert words in refused.value.faults["ends_at"] or "after the start" in refused.value.faults["ends_at"]

    def test_what_has_not_begun_is_edited_instead(self, team: Team):
        window = team.maintenance()

        with pytest.raises(InvalidTransition, match="Edit its times"):
            actions.extend_maintenance(window.id, window.ends_at + HOUR, by=team.actor())


class TestEditing:
    def test_what_stays_the_same_is_no_edit(self, team: Team):
        api = team.service("API")
        window = team.maintenance("Network upgrade", api)

        actions.edit_maintenance(window.id, details_of(window, api), by=team.actor())

        assert kinds(team) == ["scheduled"]
        assert again(team, window).version == 1

    def test_services_follow_a_window_that_is_edited_while_it_runs(self, team: Team):
        api, web = team.service("API"), team.service("Web")
        window = team.maintenance("Network upgrade", api)
        team.move_on(window, "in_progress")

        actions.edit_maintenance(window.id, details_of(window, web), by=team.actor())

        assert (team.status_of(api), team.status_of(web)) == ("operational", "under_maintenance")
        assert events(team)[-1][1]["service_ids"] == sorted([str(api.id), str(web.id)])

    def test_a_service_that_stays_keeps_the_time_since_which_it_is_claimed(
        self, traveller: time_machine.Traveller, team: Team
    ):
        api, web = team.service("API"), team.service("Web")
        window = team.maintenance("Network upgrade", api)
        team.move_on(window, "in_progress")
        began = clock.now()
        traveller.shift(HOUR / 2)

        actions.edit_maintenance(window.id, details_of(window, api, web), by=team.actor())

        assert {claim.service_id: claim.since for claim in claims(team)} == {api.id: began, web.id: clock.now()}

    def test_reminders_go_again_for_another_start(self, traveller: time_machine.Traveller, team: Team):
        window = team.maintenance(in_hours=12)

        moved = actions.edit_maintenance(
            window.id,
            details_of(window, starts_at=window.starts_at + 48 * HOUR, ends_at=window.ends_at + 48 * HOUR),
            by=team.actor(),
        )

        assert moved.due_at == moved.starts_at - 24 * HOUR

    def test_a_start_that_has_been_is_not_changed(self, team: Team):
        window = team.maintenance()
        team.move_on(window, "in_progress")

        with pytest.raises(InvalidTransition, match="has begun"):
            actions.edit_maintenance(window.id, details_of(window, starts_at=window.starts_at + HOUR), by=team.actor())

    def test_of_what_is_over_only_texts_are_mended(self, team: Team):
        window = team.maintenance()
        actions.cancel_maintenance(window.id, by=team.actor())

        actions.edit_maintenance(window.id, details_of(window, title="Network update"), by=team.actor())

        assert again(team, window).title == "Network update"
        with pytest.raises(InvalidTransition, match="only its texts"):
            actions.edit_maintenance(window.id, details_of(window, ends_at=window.ends_at + HOUR), by=team.actor())

    def test_what_it_said_before_is_kept(self, team: Team):
        window = team.maintenance("Netwrok upgrade")
        team.move_on(window, "scheduled", "Sonn.")
        (said,) = messages(team, window)

        actions.edit_maintenance(window.id, details_of(window, title="Network upgrade"), by=team.actor())
        actions.edit_message(window.id, said.id, "Soon.", by=team.actor())

        found = get_maintenance(team.actor(), window.id)
        assert [(edit.before, edit.after) for edit in found.edits] == [
            ("Sonn.", "Soon."), ("Netwrok upgrade", "Network upgrade"),
        ]  # fmt: skip
        assert found.edited_at is not None
        assert found.updates[0].edited_at is not None
        assert kinds(team) == ["scheduled", "updated", "edited", "edited"]
        assert [payload["notify"] for _, payload in events(team)[2:]] == [False, False]

    def test_two_who_edit_at_once_are_told(self, team: Team):
        window = team.maintenance()
        seen = again(team, window).version
        actions.edit_maintenance(window.id, details_of(window, title="Mine"), seen_version=seen, by=team.actor())

        with pytest.raises(Conflict):
            actions.edit_maintenance(window.id, details_of(window, title="Yours"), seen_version=seen, by=team.actor())

    def test_messages_that_come_at_once_are_all_kept(self, app: Flask, team: Team):
        window = team.maintenance()

        run_together(
            app, [lambda number=number: team.move_on(window, "scheduled", f"News {number}") for number in range(12)]
        )

        assert {said.message for said in messages(team, window)} == {f"News {number}" for number in range(12)}
        assert again(team, window).version == 13
