"""The clock reminds of open incidents: of promised updates, and of long silence."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from time_machine import travel

from app import clock
from app.closing.actions import close_organization
from app.database.outbox import Event
from app.database.scope import Scope, organization_scope
from app.errors import Invalid
from app.incidents import actions
from app.incidents.models import Incident
from app.incidents.promises.actions import remind, remind_due
from app.incidents.rules import Impact, Stage
from tests.builders import Team
from tests.together import run_together

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def told(team: Team) -> list[tuple[str, int]]:
    """The reminders so far: why, and after how many hours of silence."""
    with organization_scope(team.actor(), read_only=True) as scope:
        events = scope.session.scalars(
            select(Event).where(Event.organization_id == team.id).order_by(Event.created_at, Event.id)
        )
        return [(event.kind, event.payload["hours"]) for event in events if "hours" in event.payload]


def report(team: Team, promised: timedelta | None = None) -> Incident:
    new = actions.NewIncident(
        "Errors", "We look into it.", impact=Impact.MINOR, next_update_at=clock.now() + promised if promised else None
    )
    return actions.report_incident(new, by=team.actor())


def test_a_promise_is_reminded_of_when_it_is_due_and_when_it_is_broken(team: Team):
    with travel(NOON, tick=False) as time:
        report(team, timedelta(minutes=30))
        steps = []
        for minute in (24, 25, 26, 34, 35, 60):
            time.move_to(NOON + timedelta(minutes=minute))
            remind_due()
            steps.append([kind for kind, _ in told(team)])

    due, overdue = "incident.update_due", "incident.update_overdue"
    assert steps == [[], [due], [due], [due], [due, overdue], [due, overdue]]


def test_a_kept_promise_is_not_reminded_of(team: Team):
    with travel(NOON, tick=False) as time:
        incident = report(team, timedelta(minutes=30))
        time.move_to(NOON + timedelta(minutes=20))
        team.update(incident)
        time.move_to(NOON + timedelta(hours=2))
        remind_due()

    assert told(team) == []


def test_silence_is_raised_and_a_clock_that_stood_still_tells_the_last_only(team: Team):
    with travel(NOON, tick=False) as time:
        report(team)
        for hours in (2, 3, 13, 48):
            time.move_to(NOON + timedelta(hours=hours))
            remind_due()

    assert told(team) == [("incident.forgotten", 3), ("incident.forgotten", 12), ("incident.forgotten", 48)]


@pytest.mark.parametrize("end", ["resolve", "delete"])
def test_what_is_over_is_never_reminded_of(team: Team, end: str):
    with travel(NOON, tick=False) as time:
        incident = report(team, timedelta(minutes=30))
        getattr(team, end)(incident)
        time.move_to(NOON + timedelta(days=2))
        remind_due()

    assert told(team) == []


def test_one_incident_that_cannot_be_reminded_of_does_not_hold_up_the_others(
    team: Team, monkeypatch: pytest.MonkeyPatch
):
    with travel(NOON, tick=False) as time:
        broken = report(team, timedelta(minutes=30))
        report(team, timedelta(minutes=31))
        find = Scope.find

        def fail(scope: Scope, table, row_id, **options):
            if row_id == broken.id:
                raise RuntimeError("this one cannot")
            return find(scope, table, row_id, **options)

        monkeypatch.setattr(Scope, "find", fail)
        time.move_to(NOON + timedelta(minutes=27))

        with pytest.raises(RuntimeError, match="this one cannot"):
            remind_due()

    assert told(team) == [("incident.update_due", 0)]


def test_an_organization_that_is_being_deleted_is_reminded_of_nothing(team: Team):
    with travel(NOON, tick=False) as time:
        report(team, timedelta(minutes=30))
        close_organization(team.organization.name, by=team.actor())
        time.move_to(NOON + timedelta(minutes=27))
        remind_due()

    assert told(team) == []


def test_two_clocks_remind_once(team: Team):
    with travel(NOON, tick=False) as time:
        incident = report(team, timedelta(minutes=30))
        time.move_to(NOON + timedelta(minutes=27))

        run_together(team.world.app, [lambda: remind(team.id, incident.id)] * 4)

    assert told(team) == [("incident.update_due", 0)]


def test_a_promise_in_the_past_is_refused_for_reports_and_updates(team: Team):
    late = clock.now() - timedelta(minutes=1)
    incident = team.incident()

    for act in (
        lambda: actions.report_incident(actions.NewIncident("Errors", "Hm.", next_update_at=late), by=team.actor()),
        lambda: actions.post_update(
            incident.id, actions.NewUpdate(Stage.IDENTIFIED, "Hm.", next_update_at=late), by=team.actor()
        ),
    ):
        with pytest.raises(Invalid) as refusal:
            act()
        assert refusal.value.faults == {"next_update": "Choose a time that is still to come."}
