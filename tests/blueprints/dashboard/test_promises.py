"""Promising the next update: the form, the page, the dashboard."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from time_machine import travel

from app.incidents import actions
from app.incidents.models import Incident
from app.incidents.promises.actions import remind_due
from app.incidents.rules import Impact
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime.combine(datetime.now(BERLIN).date() + timedelta(days=1), time(12), BERLIN)
"""Of tomorrow, where the team is: those who are signed in today are so still."""
DAY = f"{NOON:%a} {NOON.day} {NOON:%b}"
UPDATE = {"stage": "identified", "impact": "minor", "message": "Found it.", "notify": "y"}


def promise(team: Team, minutes: int) -> Incident:
    new = actions.NewIncident(
        "Errors", "We look.", impact=Impact.MINOR, next_update_at=NOON + timedelta(minutes=minutes)
    )
    return actions.report_incident(new, by=team.actor())


def post(editor: HttpBrowser, home: str, incident: Incident, **fields: str):
    return editor.submit(f"{home}/incidents/{incident.id}/updates", {**UPDATE, **fields})


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"next_update": "30"}, f"Next update by {DAY}, 12:30"),
        ({"next_update_at": f"{NOON:%Y-%m-%d}T15:15"}, f"Next update by {DAY}, 15:15"),
        ({"next_update": "30", "next_update_at": f"{NOON:%Y-%m-%d}T15:15"}, f"Next update by {DAY}, 15:15"),
    ],
)
def test_what_is_promised_stands_on_the_page(
    team: Team, editor: HttpBrowser, client: HttpBrowser, home: str, fields: dict[str, str], shown: str
):
    with travel(NOON, tick=False):
        incident = team.incident()

        answer = post(editor, home, incident, **fields)

        assert answer.status_code == 303
        for address in (f"/{team.slug}", f"/{team.slug}/incidents/{incident.id}"):
            assert shown in read(client.get(address).text).text


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        (f"{NOON:%Y-%m-%d}T11:59", "Choose a time that is still to come."),
        ("half past", "Give a date and a time, as in 2026-11-21 14:30."),
        ("2027-03-28T02:30", "there is no such time"),
    ],
)
def test_a_time_that_cannot_be_is_refused_beside_the_field_and_kept(
    team: Team, editor: HttpBrowser, home: str, typed: str, fault: str
):
    with travel(NOON, tick=False):
        answer = post(editor, home, team.incident(), next_update_at=typed)

    form = read(answer.text).one("form", id="update")
    assert answer.status_code == 422
    assert fault in form.one(id="next_update_at-error").text
    assert form.one(id="next_update_at").value == typed
    assert form.one(id="message").text == "Found it."


@pytest.mark.parametrize("path", ["incidents", "incidents/{id}/updates"])
def test_with_a_time_that_cannot_be_the_rest_that_is_wrong_is_said_at_once(
    team: Team, editor: HttpBrowser, home: str, path: str
):
    typed = {**UPDATE, "title": "Errors", "message": "", "next_update_at": "half past"}

    answer = editor.submit(f"{home}/{path.format(id=team.incident().id)}", typed)

    page = read(answer.text)
    assert answer.status_code == 422
    assert page.one(id="message-error").text == "Say what users see and what you are doing."
    assert "Give a date and a time" in page.one(id="next_update_at-error").text


def test_a_broken_promise_is_told_to_visitors_and_to_the_team(
    team: Team, editor: HttpBrowser, client: HttpBrowser, home: str
):
    with travel(NOON, tick=False) as clock:
        promise(team, 30)
        clock.move_to(NOON + timedelta(minutes=36))
        remind_due()

        page, overview = read(client.get(f"/{team.slug}").text), read(editor.get(f"{home}/").text)

    assert f"The next update was promised for {DAY}, 12:30 and is late." in page.one(id="active-incidents").text
    assert "The update promised for 12:30 is late." in overview.one(id="attention").text


def test_an_incident_that_nobody_speaks_of_is_raised_on_the_overview(team: Team, editor: HttpBrowser, home: str):
    with travel(NOON, tick=False) as clock:
        team.incident()
        clock.move_to(NOON + timedelta(hours=7))
        remind_due()

        overview = read(editor.get(f"{home}/").text)

    assert "Nothing has been said for 6 hours." in overview.one(id="attention").text


def test_resolving_promises_nothing(team: Team, editor: HttpBrowser, client: HttpBrowser, home: str):
    incident = team.incident()

    answer = post(editor, home, incident, stage="resolved", next_update="30")

    assert answer.status_code == 303
    assert "Next update" not in client.get(f"/{team.slug}/incidents/{incident.id}").text
