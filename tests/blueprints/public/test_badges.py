"""Badges: drawings for other sites, which say what the page says."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import time_machine
from flask.testing import FlaskClient

from app import clock
from app.pages.queries import build_page
from app.text.wording import percent
from tests.builders import Team, World

SVG = "{http://www.w3.org/2000/svg}"


def badge(client: FlaskClient, path: str = "/northwind/badge.svg") -> ET.Element:
    answer = client.get(path)
    assert answer.content_type == "image/svg+xml; charset=utf-8"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    return ET.fromstring(answer.data)


def words(drawn: ET.Element) -> list[str]:
    return [text.text for text in drawn.iter(f"{SVG}text")]


def test_a_page_says_its_sentence(client: FlaskClient, team: Team):
    team.set_status(team.service("API"), "major_outage")

    drawn = badge(client)

    assert words(drawn) == ["Northwind Cloud", "Major outage"]
    assert drawn.attrib["aria-label"] == "Northwind Cloud: Major outage"


def test_a_service_says_its_status_and_the_same_uptime_as_the_page_and_the_json(client: FlaskClient, team: Team):
    now = clock.now()
    with time_machine.travel(now - timedelta(days=2)):
        api = team.service("<API> & more")
    with time_machine.travel(now - timedelta(hours=3)):
        team.set_status(api, "partial_outage")

    with time_machine.travel(now, tick=False):  # the uptime of today rises with each moment
        team.set_status(api, "operational")
        shown = next(one for one in build_page(team.page).services if one.id == api.id)
        drawn = badge(client, f"/northwind/services/{api.id}/badge.svg")
        told = next(one for one in client.get("/api/northwind/status").json["services"] if one["id"] == str(api.id))

    assert words(drawn) == ["<API> & more", f"Operational · {percent(shown.uptime)}"]
    assert percent(shown.uptime) == f"{told['uptime_90_days']:.2f} %"
    assert drawn.findtext(f"{SVG}title").startswith(
        "Over the last 90 days, 1 − down time ÷ (known time − maintenance)."
    )


def test_a_service_of_another_page_has_no_badge_here(client: FlaskClient, team: Team, world: World):
    other = world.team("Other", "other").service("Theirs")

    assert client.get(f"/northwind/services/{other.id}/badge.svg").status_code == 404
