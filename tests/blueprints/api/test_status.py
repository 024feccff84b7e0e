"""`GET /api/<slug>/status`, and docs/api.md about it."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.incidents import actions as incidents
from app.live.revisions import Revisions
from app.pages.cache import PageCache
from app.pages.finding import get_page
from app.pages.queries import build_page
from app.web.caching import shared_reads
from tests.builders import Team, World

DESCRIPTION = Path(__file__).parents[3] / "docs" / "api.md"
PATH = "/api/northwind/status"


def document(client: FlaskClient, path: str = PATH) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    return answer.json


def shape(value: Any) -> Any:
    """Names and types, without what they hold; lists by their first element."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_it_looks_as_its_description_says(client: FlaskClient, team: Team):
    api = team.service("API", team.group("Platform"), "api.northwind.example")
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        team.update(team.incident("Errors", affects={api: "partial_outage"}), "identified")
        team.maintenance("Network upgrade", api)
        team.announcement(lasts=timedelta(days=1))
        described = json.loads(re.findall("```json\n(.*?)```", DESCRIPTION.read_text(encoding="utf-8"), re.DOTALL)[0])

        found = document(client)

    assert shape(found) == shape(described)
    assert list(found) == list(described)


def test_it_has_all_that_readers_of_heystatus_look_for(client: FlaskClient, team: Team):
    team.incident("Errors", affects={team.service("API"): "partial_outage"})
    team.maintenance("Network upgrade")

    found = document(client)

    assert found["organization"].keys() >= {"name", "url"}
    assert found["status"].keys() >= {"indicator", "description"}
    assert found["services"][0].keys() >= {"name", "status"}
    assert found["incidents"][0].keys() >= {"id", "title", "impact", "created_at", "status", "last_updated_at"}
    assert found["scheduled_maintenances"][0].keys() >= {"id", "title", "start_time", "end_time"}


def test_it_says_what_the_page_says(client: FlaskClient, team: Team):
    api = team.service("API", team.group("Platform"))
    team.service("Website")
    incident = team.incident("Errors", affects={api: "major_outage"}, impact="critical", message="We *see* it.")
    window = team.maintenance("Network upgrade", api)
    page = build_page(get_page("northwind"))

    found = document(client)

    assert found["organization"] == {"name": "Northwind Cloud", "url": "http://localhost/northwind"}
    assert found["status"] == {"indicator": "error", "description": page.overall.headline}
    assert found["revision"] == page.revision
    assert [(one["name"], one["group"], one["status"]) for one in found["services"]] == [
        ("Website", None, "operational"),
        ("API", "Platform", "major_outage"),
    ]
    (open_incident,) = found["incidents"]
    assert (open_incident["status"], open_incident["impact"]) == ("investigating", "critical")
    assert open_incident["url"] == f"http://localhost/northwind/incidents/{incident.id}"
    assert [one["message"] for one in open_incident["updates"]] == ["We see it."]
    assert open_incident["services"] == [{"id": str(api.id), "name": "API", "status": "major_outage"}]
    assert [UUID(one["id"]) for one in found["scheduled_maintenances"]] == [window.id]


@pytest.mark.parametrize(
    ("status", "indicator"),
    [
        ("operational", "ok"),
        ("under_maintenance", "maintenance"),
        ("degraded_performance", "degraded"),
        ("partial_outage", "error"),
        ("major_outage", "error"),
    ],
)
def test_the_indicator_is_one_word(client: FlaskClient, team: Team, status: str, indicator: str):
    team.set_status(team.service("API"), status)

    assert document(client)["status"]["indicator"] == indicator


def test_uptime_is_the_number_that_the_page_shows(client: FlaskClient, team: Team):
    with time_machine.travel(clock.now() - timedelta(days=30), tick=False) as traveller:
        api = team.service("API")
        traveller.shift(timedelta(days=10))
        team.set_status(api, "partial_outage")
        traveller.shift(timedelta(minutes=31))
        team.set_status(api, "operational")

    (service,) = document(client)["services"]

    assert service["uptime_90_days"] == 99.92
    assert "99.92 % uptime" in client.get("/northwind").text


def test_without_data_the_uptime_is_null(client: FlaskClient, team: Team):
    with time_machine.travel(clock.now(), tick=False):
        team.service("API")

        assert document(client)["services"][0]["uptime_90_days"] is None


def test_a_resolved_incident_and_a_past_window_are_left_out(client: FlaskClient, team: Team):
    team.resolve(team.incident())
    with time_machine.travel(clock.now() - timedelta(hours=4), tick=False):
        team.maintenance(in_hours=1)

    found = document(client)

    assert (found["incidents"], found["scheduled_maintenances"]) == ([], [])


def test_a_window_is_told_with_its_messages_and_its_address(client: FlaskClient, team: Team):
    with time_machine.travel(clock.now(), tick=False) as traveller:
        planned_at = clock.now()
        window = team.maintenance("Upgrade", team.service("API"), in_hours=1, message="Short **resets**.")
        traveller.shift(timedelta(minutes=30))
        team.move_on(window, "in_progress")
        traveller.shift(timedelta(minutes=30))
        team.move_on(window, "verifying", "Looks *good*.")
        (found,) = document(client)["scheduled_maintenances"]

    def said(minutes: int) -> str:
        return (planned_at + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert (found["status"], found["message"], found["repeats"]) == ("verifying", "Short resets.", False)
    assert (found["created_at"], found["started_at"], found["last_updated_at"]) == (said(0), said(30), said(60))
    assert (found["start_time"], found["end_time"]) == (said(60), said(180))
    assert found["url"] == f"http://localhost/northwind/maintenance/{window.id}"
    assert [(update["status"], update["message"]) for update in found["updates"]] == [
        ("verifying", "Looks good."),
        ("in_progress", "The work has begun."),
    ]


def test_at_most_five_windows_are_told_the_running_ones_first(client: FlaskClient, team: Team):
    for number in range(6):
        team.maintenance(f"Coming {number}", in_hours=24 + number)
    team.move_on(team.maintenance("Running", in_hours=200), "in_progress")

    found = document(client)["scheduled_maintenances"]

    assert [one["title"] for one in found] == ["Running", "Coming 0", "Coming 1", "Coming 2", "Coming 3"]


def test_the_last_update_is_the_newest_message(client: FlaskClient, team: Team):
    with time_machine.travel(clock.now() - timedelta(hours=3), tick=False) as traveller:
        incident = team.incident()
        traveller.shift(timedelta(hours=1))
        team.update(incident)
        expected = clock.now()

    (found,) = document(client)["incidents"]

    assert found["last_updated_at"] == expected.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found["created_at"] < found["last_updated_at"]


def test_there_are_no_days_in_it(client: FlaskClient, team: Team):
    team.service("API")

    assert "days" not in document(client)["services"][0]


def test_another_organizations_rows_are_not_in_it(client: FlaskClient, team: Team, world: World):
    other = world.team("Contoso", "contoso")
    other.incident(affects={other.service("Theirs"): "major_outage"})

    found = document(client)

    assert (found["services"], found["incidents"], found["status"]["indicator"]) == ([], [], "ok")


def test_an_unknown_page_is_a_problem(client: FlaskClient, team: Team):
    unknown = client.get("/api/nobody/status")

    assert (unknown.status_code, unknown.content_type) == (404, "application/problem+json")
    assert json.loads(unknown.data) == {"type": "about:blank", "title": "There is nothing here", "status": 404}


@pytest.mark.parametrize("path", ["/api/northwind", "/api/northwind/other", "/api/"])
def test_whatever_else_is_asked_for_is_a_problem_too(client: FlaskClient, team: Team, path: str):
    answer = client.get(path)

    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_a_problem_that_names_those_allowed(client: FlaskClient, team: Team, method: str):
    answer = client.open(PATH, method=method)

    assert (answer.status_code, answer.content_type) == (405, "application/problem+json")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_capitals_lead_to_the_small_letters(client: FlaskClient, team: Team):
    answer = client.get("/api/Northwind/status")

    assert (answer.status_code, answer.location) == (308, PATH)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", [PATH, "/api/nobody/status"])
def test_every_site_may_read_it(client: FlaskClient, team: Team, path: str):
    answer = client.get(path, headers={"Origin": "https://elsewhere.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_browser_that_asks_beforehand_is_let_through(client: FlaskClient, team: Team):
    answer = client.options(
        PATH,
        headers={
            "Origin": "https://elsewhere.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "If-None-Match"


class TestBehindTheCache:
    """With the layer that web processes put in front."""

    @pytest.fixture
    def cached(self, app: Flask) -> FlaskClient:
        revisions = Revisions()
        revisions.confirm()
        plain = app.wsgi_app
        app.wsgi_app = PageCache(plain, revisions, shared_reads(app))
        yield app.test_client()
        app.wsgi_app = plain

    def test_what_has_not_changed_is_not_sent_again(self, cached: FlaskClient, team: Team):
        first = cached.get(PATH)

        again = cached.get(PATH, headers={"If-None-Match": first.headers["ETag"]})

        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Access-Control-Allow-Origin"] == "*"
        assert again.headers["ETag"] == first.headers["ETag"]

    def test_head_has_the_headers_without_the_body(self, cached: FlaskClient, team: Team):
        answer = cached.head(PATH)

        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["ETag"]

    def test_visitors_get_the_same_bytes_whatever_they_send(self, cached: FlaskClient, team: Team):
        plain = cached.get(PATH)

        dressed = cached.get(PATH + "?_=1", headers={"Cookie": "session=x", "Authorization": "Bearer y"})

        assert dressed.data == plain.data
        assert dressed.headers["Vary"] == "Accept-Encoding"


def test_a_promised_update_is_told(client: FlaskClient, team: Team):
    promised = clock.now() + timedelta(minutes=30)
    incidents.report_incident(incidents.NewIncident("Errors", "Hm.", next_update_at=promised), by=team.actor())

    assert document(client)["incidents"][0]["next_update_at"] == promised.strftime("%Y-%m-%dT%H:%M:%SZ")
