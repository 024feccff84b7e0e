"""The public page from outside, over HTTP."""

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.database.scope import organization_scope
from app.organizations.rules import check_slug
from app.pages.answers import Cacheable
from app.pages.cache import CACHEABLE
from tests.blueprints.reading import read
from tests.builders import Team, World

TODAY = clock.now().date()


def test_the_page_shows_what_is_going_on(client: FlaskClient, team: Team):
    api = team.service("API", team.group("Platform"))
    team.incident("Elevated error rates", affects={api: "partial_outage"}, impact="major", message="We *see* it.")
    team.maintenance("Network upgrade", api)

    answer = client.get("/northwind")

    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    for said in ("Partial outage", "Elevated error rates", "We <em>see</em> it.", "Network upgrade", "Platform"):
        assert said in answer.text


def test_a_page_without_services_says_so(client: FlaskClient, team: Team):
    assert "Nothing is listed here yet" in client.get("/northwind").text


def test_a_resolved_incident_is_in_the_past(client: FlaskClient, team: Team):
    api = team.service("API")
    team.resolve(team.incident("Slow answers", affects={api: "degraded_performance"}))

    text = client.get("/northwind").text

    assert "All systems operational" in text
    assert text.index("Past incidents") < text.index("Slow answers")


def test_an_incident_has_a_page_of_its_own(client: FlaskClient, team: Team):
    incident = team.incident("Slow answers", message="Pages take **eight** seconds.")
    team.resolve(incident, "A node was replaced.")

    answer = client.get(f"/northwind/incidents/{incident.id}")

    assert answer.status_code == 200
    assert f'<link rel="canonical" href="http://localhost/northwind/incidents/{incident.id}">' in answer.text
    assert "<strong>eight</strong>" in answer.text
    assert "A node was replaced." in answer.text


def test_a_service_has_its_days_as_rows(client: FlaskClient, team: Team):
    api = team.service("API", description="api.northwind.example")
    team.set_status(api, "major_outage")

    text = client.get(f"/northwind/services/{api.id}").text

    assert text.partition('id="days"')[2].count('<th scope="row">') == 90
    assert "Major outage" in text


def test_a_day_opens_as_a_fragment(client: FlaskClient, team: Team):
    api = team.service("API")
    incident = team.incident("Errors", affects={api: "major_outage"})

    answer = client.get(f"/northwind/services/{api.id}/days/{TODAY}")

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div class="day">')
    assert f"/northwind/incidents/{incident.id}" in answer.text


@pytest.mark.parametrize("day", ["2020-01-01", "2999-01-01", "20261121", "2026-W47-6", "yesterday", "2026-02-30"])
def test_a_day_that_no_strip_has_is_not_found(client: FlaskClient, team: Team, day: str):
    api = team.service("API")

    assert client.get(f"/northwind/services/{api.id}/days/{day}").status_code == 404


@pytest.mark.parametrize("tail", ["", "/incidents/{incident}", "/services/{service}", "/services/{service}/days/{day}"])
def test_an_address_in_capitals_leads_to_the_one_in_small_letters(client: FlaskClient, team: Team, tail: str):
    service = team.service()
    path = tail.format(incident=team.incident().id, service=service.id, day=TODAY)

    answer = client.get(f"/NorthWind{path}")

    assert answer.status_code == 308
    assert answer.location == f"/northwind{path}"


def test_a_slash_too_many_leads_to_the_page(client: FlaskClient, team: Team):
    answer = client.get("/northwind/")

    assert (answer.status_code, answer.location) == (308, "/northwind")


def test_every_404_is_the_same(client: FlaskClient, team: Team, world: World):
    other = world.team("Contoso", "contoso")
    foreign_incident, foreign_service = other.incident(), other.service()
    deleted, archived = team.incident(), team.service("Old")
    team.delete(deleted)
    with organization_scope(team.actor()) as scope:
        scope.get(type(archived), archived.id).archived_at = clock.now()
    paths = [
        "/nobody",
        "/NOBODY",
        "/no body",
        "/nobody/",
        "/n%00body",
        "/nobody/incidents/not-an-id",
        f"/nobody/incidents/{uuid4()}",
        f"/northwind/incidents/{uuid4()}",
        f"/northwind/incidents/{foreign_incident.id}",
        f"/northwind/incidents/{deleted.id}",
        f"/northwind/services/{uuid4()}",
        f"/northwind/services/{foreign_service.id}",
        f"/northwind/services/{archived.id}",
        f"/northwind/services/{foreign_service.id}/days/{TODAY}",
        "/northwind/no/such/thing",
    ]

    answers = {path: client.get(path) for path in paths}

    assert {answer.status_code for answer in answers.values()} == {404}
    assert len({answer.data for path, answer in answers.items() if not path.startswith("/northwind")}) == 1
    assert len({answer.data for path, answer in answers.items() if path.startswith("/northwind")}) == 1
    assert all("There is no page here" in answer.text for answer in answers.values())


def test_what_is_missing_below_a_page_is_said_in_its_frame(client: FlaskClient, team: Team):
    page = read(client.get(f"/northwind/incidents/{uuid4()}").text)

    assert page.one("a", **{"class": "brand"}).text.endswith("Northwind Cloud")
    assert page.one("main").one("a").attributes["href"] == "/northwind"
    assert page.one("meta", name="robots").attributes["content"] == "noindex"


def public_reads(team: Team) -> list[str]:
    service, incident = team.service(), team.incident()
    return [
        "/northwind",
        f"/northwind/incidents/{incident.id}",
        f"/northwind/services/{service.id}",
        f"/northwind/services/{service.id}/days/{TODAY}",
        "/api/northwind/status",
    ]


def test_public_reads_know_no_visitor(team: Team):
    member = team.founder.browser()

    for path in public_reads(team):
        answer = member.get(path)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.headers["Cache-Control"] == "public, max-age=0, s-maxage=10, stale-if-error=86400"


def test_public_reads_can_be_kept_until_something_changes(app: Flask, team: Team):
    for path in public_reads(team):
        meaning = cacheable(app, path)
        assert meaning.organization_id == team.id
        assert clock.now() < meaning.fresh_until <= clock.now() + timedelta(hours=25)


def test_a_change_gives_a_newer_revision(app: Flask, team: Team):
    before = cacheable(app, "/northwind").revision

    team.service("API")

    assert cacheable(app, "/northwind").revision == before + 1


def test_a_falling_uptime_is_not_kept_all_day(app: Flask, team: Team):
    team.set_status(team.service("API"), "major_outage")

    assert cacheable(app, "/northwind").fresh_until <= clock.now() + timedelta(minutes=5)


def test_a_planned_window_that_never_began_leaves_the_page_with_its_end(app: Flask, team: Team):
    window = team.maintenance("Short work", in_hours=-0.5, hours=0.51)

    assert cacheable(app, "/northwind").fresh_until == window.ends_at


def test_every_first_segment_of_our_addresses_is_reserved(app: Flask):
    first = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()} - {"", "<slug>"}

    assert {word for word in first if check_slug(word) is None} == set()


def test_a_page_cannot_be_written_to(client: FlaskClient, team: Team):
    assert client.post("/northwind").status_code == 405


def cacheable(app: Flask, path: str) -> Cacheable:
    """What the view told the cache in front of it."""
    with app.test_request_context(path) as context:
        assert app.full_dispatch_request().status_code == 200
        found = context.request.environ[CACHEABLE]
    assert isinstance(found, Cacheable)
    return found


def test_a_long_story_does_not_make_the_page_long(client: FlaskClient, team: Team):
    incident = team.incident("Errors", message="Message number 0.")
    for number in range(1, 13):
        team.update(incident, "investigating", f"Message number {number}.")

    page = client.get("/northwind").text
    story = client.get(f"/northwind/incidents/{incident.id}").text

    assert "Message number 12." in page
    assert "Message number 2." not in page
    assert "3 earlier updates" in page
    assert "Message number 0." in story
