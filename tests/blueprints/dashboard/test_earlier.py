"""What is entered later, on the dashboard: times are the organization's (Berlin)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app import clock
from app.incidents.models import Incident
from app.incidents.queries import IncidentDetail, get_incident, list_incidents
from app.web.local_times import write_local_time
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team

ZONE = ZoneInfo("Europe/Berlin")


def typed(ago: timedelta) -> str:
    return write_local_time(clock.now() - ago, ZONE)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def detail(team: Team, incident: Incident) -> IncidentDetail:
    return get_incident(team.actor(), incident.id)


def enter(editor: HttpBrowser, home: str, **fields: str):
    story = {
        "title": "Errors", "impact": "major", "affected": "yes",
        "investigating_at": typed(timedelta(hours=3)), "investigating_message": "It was slow.",
        "resolved_at": typed(timedelta(hours=2)), "resolved_message": "It works.",
    }  # fmt: skip
    return editor.submit(f"{home}/incidents/past", story | fields)


def test_a_past_incident_is_entered_in_one_go_and_nobody_is_told(team: Team, editor: HttpBrowser, home: str):
    api = team.service("API")

    answer = enter(editor, home, **{f"affected-{api.id}": "suggested", "identified_at": "", "identified_message": ""})

    row = list_incidents(team.actor()).past[0]
    assert answer.location == f"{home}/incidents/{row.id}"
    assert row.duration == timedelta(hours=1)
    updates = get_incident(team.actor(), row.id).updates
    assert [(one.message, one.notify) for one in updates] == [("It works.", False), ("It was slow.", False)]
    assert "entered" in read(editor.get(answer.location).text).one("ol", class_="timeline").text
    assert [service.asked for service in row.affected] == ["partial_outage"]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"investigating_at": ""}, "investigating_at"),
        ({"investigating_at": "yesterday"}, "investigating_at"),
        ({"investigating_message": ""}, "investigating_message"),
        ({"resolved_at": typed(timedelta(hours=-1))}, "resolved_at"),
        ({"resolved_at": typed(timedelta(hours=4))}, "resolved_at"),
        ({"resolved_at": ""}, "resolved_at"),
        ({"identified_message": "A disk."}, "identified_at"),
        ({"investigating_at": "2026-03-29T02:30"}, "investigating_at"),
        ({"investigating_at": "1999-01-01T00:00"}, "investigating_at"),
        ({"title": "x"}, "title"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(
    team: Team, editor: HttpBrowser, home: str, fields: dict[str, str], fault: str
):
    answer = enter(editor, home, **fields)

    page = read(answer.text)
    assert answer.status_code == 422
    assert page.one(id=f"{fault}-error").text
    kept = page.one("form", class_="columns").fields()
    assert {name: kept[name] for name in fields} == fields
    assert list_incidents(team.actor()).past == ()


def test_all_that_is_wrong_is_said_at_once(editor: HttpBrowser, home: str):
    answer = enter(editor, home, title="", investigating_at="yesterday", resolved_message="")

    page = read(answer.text)
    assert all(page.one(id=f"{name}-error").text for name in ("title", "investigating_at", "resolved_message"))


def test_of_a_time_that_the_clocks_show_twice_the_first_is_taken_and_said_so(
    team: Team, editor: HttpBrowser, home: str
):
    answer = enter(editor, home, investigating_at="2025-10-26T02:30", resolved_at="2025-10-26T06:00")

    row = list_incidents(team.actor()).past[0]
    assert row.started_at == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert "The first is taken" in editor.get(answer.location).text


def test_a_report_may_say_that_it_began_earlier(team: Team, editor: HttpBrowser, home: str):
    began = typed(timedelta(minutes=30))
    fields = {"title": "Errors", "message": "We look.", "stage": "investigating", "impact": "minor", "notify": "y"}

    answer = editor.submit(f"{home}/incidents", fields | {"started_at": began})

    incident = list_incidents(team.actor()).open[0]
    assert answer.status_code == 303
    assert incident.started_at == instant(began)


def test_a_beginning_is_corrected(team: Team, editor: HttpBrowser, home: str):
    incident, began = team.incident(), typed(timedelta(hours=1))
    path = f"{home}/incidents/{incident.id}/start"

    fields = read(editor.get(path).text).one("form", class_="card").fields()
    answer = editor.submit(path, fields | {"started_at": began})

    assert fields["started_at"] == write_local_time(incident.started_at, ZONE)
    assert answer.location == f"{home}/incidents/{incident.id}"
    assert detail(team, incident).row.started_at == instant(began)


def test_a_beginning_that_cannot_be_is_refused_beside_its_field(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident()
    path = f"{home}/incidents/{incident.id}/start"

    for wrong in (typed(timedelta(hours=-2)), "soon"):
        answer = editor.submit(path, {"started_at": wrong})

        assert answer.status_code == 422
        assert read(answer.text).one(id="started_at-error").text
        assert read(answer.text).one("input", id="started_at").value == wrong


@pytest.fixture
def over(team: Team, editor: HttpBrowser, home: str) -> IncidentDetail:
    enter(editor, home)
    return get_incident(team.actor(), list_incidents(team.actor()).past[0].id)


def test_a_forgotten_message_is_added_to_what_is_over(team: Team, editor: HttpBrowser, home: str, over: IncidentDetail):
    path = f"{home}/incidents/{over.row.id}/earlier"

    fields = read(editor.get(path).text).one("form", class_="columns").fields()
    half_past = typed(timedelta(hours=2, minutes=30))
    answer = editor.submit(path, fields | {"posted_at": half_past, "stage": "identified", "message": "A disk."})

    assert answer.location == f"{home}/incidents/{over.row.id}"
    assert [one.message for one in get_incident(team.actor(), over.row.id).updates] == [
        "It works.", "A disk.", "It was slow.",
    ]  # fmt: skip


def test_a_message_that_does_not_fit_says_why_and_keeps_the_text(editor: HttpBrowser, home: str, over: IncidentDetail):
    path = f"{home}/incidents/{over.row.id}/earlier"
    fields = read(editor.get(path).text).one("form", class_="columns").fields()

    answer = editor.submit(path, fields | {"posted_at": typed(timedelta(hours=1)), "message": "A disk."})

    page = read(answer.text)
    assert answer.status_code == 422
    assert "was resolved by then" in page.one(id="posted_at-error").text
    assert page.one("textarea").value == "A disk."


def test_who_was_overtaken_while_adding_one_is_told(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident()
    path = f"{home}/incidents/{incident.id}/earlier"
    fields = read(editor.get(path).text).one("form", class_="columns").fields() | {"message": "Mine."}
    team.update(incident)

    answer = editor.submit(path, fields)

    page = read(answer.text)
    assert answer.status_code == 409
    assert "Mara Lind posted an update while you were writing" in page.text
    assert page.one("textarea").value == "Mine."


def test_both_forms_are_drawn_anew_without_entering_anything(team: Team, editor: HttpBrowser, home: str):
    api, incident = team.service("API"), team.incident()

    past = read(editor.submit(f"{home}/incidents/past/draft", {"impact": "critical", "add": str(api.id)}).text)
    earlier = editor.submit(f"{home}/incidents/{incident.id}/earlier/draft", {"message": "*New*"})

    assert "Major outage (suggested)" in past.one("select", id=f"affected-{api.id}").text
    assert read(earlier.text).one(id="preview").one("em").text == "New"
    assert len(list_incidents(team.actor()).open) == 1


def test_a_message_is_moved_to_another_time(team: Team, editor: HttpBrowser, home: str, over: IncidentDetail):
    end = over.updates[0]
    path = f"{home}/incidents/{over.row.id}/updates/{end.id}/time"
    earlier = typed(timedelta(hours=2, minutes=30))

    fields = read(editor.get(path).text).one("form", class_="card").fields()
    answer = editor.submit(path, fields | {"posted_at": earlier})

    assert answer.location == f"{home}/incidents/{over.row.id}"
    assert get_incident(team.actor(), over.row.id).row.resolved_at == instant(earlier)


@pytest.mark.parametrize("wrong", ["soon", typed(timedelta(hours=4)), typed(timedelta(hours=-1))])
def test_a_message_that_does_not_fit_at_another_time_stays_where_it_is(
    team: Team, editor: HttpBrowser, home: str, over: IncidentDetail, wrong: str
):
    end = over.updates[0]
    path = f"{home}/incidents/{over.row.id}/updates/{end.id}/time"

    answer = editor.submit(path, {"posted_at": wrong})

    assert answer.status_code == 422
    assert read(answer.text).one(id="posted_at-error").text
    assert read(answer.text).one("input", id="posted_at").value == wrong


def test_who_was_overtaken_while_moving_one_is_told(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident()
    path = f"{home}/incidents/{incident.id}/updates/{detail(team, incident).updates[0].id}/time"
    fields = read(editor.get(path).text).one("form", class_="card").fields()
    team.update(incident)

    answer = editor.submit(path, fields | {"posted_at": typed(timedelta(minutes=-1))})

    assert answer.status_code == 409
    assert "Mara Lind posted an update while you were writing" in answer.text
