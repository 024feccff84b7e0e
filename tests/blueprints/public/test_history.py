"""The history of a page over HTTP, and the same figures wherever they are read."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect

from app.pages.actions import edit_page
from app.pages.answers import Cacheable
from app.pages.cache import CACHEABLE
from app.pages.parts import Basics
from app.pages.queries import build_page
from app.pages.weights import FAULTS, Weighing, read_weight
from app.pages.zones import keep_zones
from app.services.models import Service
from app.services.rollups.actions import roll_up
from tests.accessibility import check_accessibility
from tests.blueprints.conftest import Open
from tests.blueprints.reading import read
from tests.builders import Team

BEGAN = datetime(2026, 10, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def traveller() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEGAN, tick=False) as moved:
        yield moved


@pytest.fixture
def api(traveller: time_machine.Traveller, team: Team) -> Service:
    """Fifty days old. It was slow for a day, failed in part for six hours, and is failing again for an hour."""
    api = team.service("API")
    traveller.shift(30 * DAY)
    slow = team.incident("Slow answers", affects={api: "degraded_performance"})
    traveller.shift(DAY)
    team.resolve(slow)
    errors = team.incident("Errors", affects={api: "partial_outage"})
    traveller.shift(DAY / 4)
    team.resolve(errors)
    traveller.shift(18.75 * DAY - DAY / 24)
    team.incident("Errors again", affects={api: "partial_outage"})
    traveller.shift(DAY / 24)
    return api


def shares(text: str) -> list[str]:
    """The percentages that a page says, in their order."""
    return [re.sub(" uptime$", "", one.text) for one in read(text).all("button", popovertarget="uptime-meaning")]


@pytest.mark.parametrize("is_rolled_up", [False, True])
@pytest.mark.parametrize("weights", [(1, 1, 1), (0, 0.5, 1)])
def test_page_json_service_page_history_and_heatmap_say_the_same(
    client: FlaskClient, team: Team, api: Service, is_rolled_up: bool, weights: tuple[float, ...]
):
    edit_page(team.page.page_id, Weighing(dict(zip(FAULTS, weights, strict=True))), by=team.actor())
    if is_rolled_up:
        keep_zones()
        roll_up(team.id, team.page.time_zone)
    slow, errors = weights[0] * 24, weights[1] * 7
    expected = 1 - (slow + errors) / (50 * 24)

    (on_page,) = shares(client.get("/northwind").text)
    document = client.get("/api/northwind/status").get_json()
    own = client.get(f"/northwind/services/{api.id}").text
    months = shares(client.get("/northwind/history").text)

    (built,) = build_page(team.page).services
    assert built.uptime == pytest.approx(expected, abs=1e-12)
    assert on_page == f"{int(expected * 10_000) / 100:.2f} %"
    assert document["services"][0]["uptime_90_days"] == float(on_page.removesuffix(" %"))
    assert shares(own)[2:4] == [on_page, on_page]  # 90 days, and a year
    assert months == shares(own)[4:] == shares(client.get(f"/northwind/services/{api.id}/history").text)
    if weights == (1, 1, 1):
        heatmap = team.founder.browser().get("/dashboard/northwind/heatmap").text
        assert shares(heatmap) == [shares(own)[1]]  # 30 days


def test_each_percentage_says_its_window_its_weights_and_its_formula(client: FlaskClient, team: Team, api: Service):
    edit_page(team.page.page_id, Weighing(dict(zip(FAULTS, (0, 0.5, 1), strict=True))), by=team.actor())

    page = read(client.get("/northwind").text)
    document = client.get("/api/northwind/status").get_json()

    (share,) = page.all("button", popovertarget="uptime-meaning")
    assert share.attributes["title"] == (
        "Over the last 90 days, 1 − down time ÷ (known time − maintenance)."
        " Degraded performance × 0, Partial outage × 0.5, Major outage × 1"
    )
    assert "Partial outage 0.5" in page.one(id="uptime-meaning").text
    assert document["uptime"] == {
        "days": 90,
        "first_day": "2026-08-23",
        "last_day": "2026-11-20",
        "time_zone": "Europe/Berlin",
        "weights": {"operational": 0, "degraded_performance": 0, "partial_outage": 0.5, "major_outage": 1},
        "formula": "1 - sum(weight of status * time in status) / (known time - time under maintenance)",
    }


def test_a_month_has_an_address_of_its_own_and_leads_to_its_neighbours(client: FlaskClient, team: Team, api: Service):
    october, november = (client.get(f"/northwind/history/2026-{month}") for month in (10, 11))

    assert "Slow answers" in october.text
    assert 'rel="next" href="/northwind/history/2026-11"' in october.text
    assert 'rel="prev" href="/northwind/history/2026-10"' in november.text
    assert [one in november.text for one in ("Slow answers", "Errors again")] == [False, True]


def test_other_months_are_not_found(client: FlaskClient, team: Team, api: Service):
    for month in ("2026-12", "2026-09", "2026-13", "2026-1", "10000-01", "0000-01", "now"):
        assert client.get(f"/northwind/history/{month}").status_code == 404, month


def test_what_was_found_is_told_and_what_was_typed_stays(client: FlaskClient, team: Team, api: Service):
    found = client.get("/northwind/history/search?q=errors")
    nothing = client.get("/northwind/history/search", query_string={"q": '"><b>no such thing'})
    empty = client.get("/northwind/history/search?q=%00%20")

    assert re.findall("Errors(?: again)?(?=</a>)", found.text) == ["Errors again", "Errors"]
    assert "No incident has these words." in nothing.text
    assert read(nothing.text).one(id="find").value == '"><b>no such thing'
    assert "What are you looking for?" in empty.text
    assert {one.status_code for one in (found, nothing, empty)} == {200}


def test_months_are_kept_for_everybody_and_what_was_found_for_nobody_else(app: Flask, team: Team, api: Service):
    def kept(path: str) -> bool:
        with app.test_request_context(path) as request:
            answer = app.full_dispatch_request()
            assert answer.status_code == 200
            return isinstance(request.request.environ.get(CACHEABLE), Cacheable)

    service = f"/northwind/services/{api.id}"
    shared = ("/northwind/history", "/northwind/history/2026-10", f"{service}/history", f"{service}/history/2026-10")
    assert [kept(path) for path in shared] == [True] * 4
    assert not kept("/northwind/history/search?q=errors")


def test_a_page_that_hides_its_uptime_says_it_nowhere(client: FlaskClient, team: Team, api: Service):
    page = team.page
    basics = Basics(page.name, "Europe/Berlin", False, 14, shows_uptime=False, noindex=False)
    edit_page(page.page_id, basics, by=team.actor())

    for path in ("", "/history", "/history/2026-10", f"/services/{api.id}", f"/services/{api.id}/badge.svg"):
        assert re.findall(r"\d %", client.get(f"/northwind{path}").text) == [], path
    assert client.get("/api/northwind/status").get_json()["uptime"] is None


class TestWeights:
    @pytest.mark.parametrize(("typed", "weight"), [("0", 0), ("1", 1), ("0,25", 0.25), (" .5 ", 0.5), ("1.0", 1)])
    def test_a_number_may_have_a_point_or_a_comma(self, typed: str, weight: float):
        assert read_weight(typed) == weight

    @pytest.mark.parametrize("typed", ["", "half", "-0.1", "1.1", "nan", "inf", "1e9", "0,5,0"])
    def test_what_is_no_number_from_0_to_1_is_none(self, typed: str):
        assert read_weight(typed) is None

    def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(self, team: Team):
        address = f"/dashboard/northwind/pages/{team.page.page_id}/uptime"
        typed = {"degraded_performance": "0.8", "partial_outage": "0.5", "major_outage": "two"}

        answer = team.founder.browser().submit(address, typed)

        page = read(answer.text)
        assert answer.status_code == 422
        assert page.one(id="partial_outage-error").text == "A worse fault cannot count less than a milder one."
        assert page.one(id="major_outage-error").text.startswith("Write a number from 0")
        assert page.one(id="major_outage").value == "two"
        assert team.page.settings.weights == {**dict.fromkeys(FAULTS, 1), "operational": 0}


def test_somebody_reads_the_past_by_keyboard(team: Team, open_as: Open):
    api = team.service("API")
    team.incident("Errors", affects={api: "partial_outage"})
    page = open_as(None, "/northwind")

    share = page.get_by_role("button", name=re.compile("uptime$|No data"))
    share.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#uptime-meaning")).to_be_visible()
    check_accessibility(page)
    page.keyboard.press("Escape")
    expect(page.locator("#uptime-meaning")).to_be_hidden()
    page.get_by_role("link", name="Full history").click()
    page.get_by_label("Find incidents").fill("errors")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Errors").click()
    expect(page.get_by_role("heading", name="Errors")).to_be_visible()

    inside = open_as(team.founder, "/dashboard/northwind/heatmap")
    row = inside.get_by_role("slider", name="API, day by day")
    row.focus()
    inside.keyboard.press("Home")
    expect(row).to_have_attribute("aria-valuetext", re.compile(": no data$"))
    inside.keyboard.press("End")
    inside.keyboard.press("Enter")
    expect(inside.locator("#day-detail")).to_contain_text("Errors")
