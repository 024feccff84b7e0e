"""The page of figures and its table to take along."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from time_machine import travel

from app import clock
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team


@pytest.fixture
def history(team: Team) -> None:
    """A service with a name that a spreadsheet would calculate, down for an hour three days ago."""
    with travel(clock.now() - timedelta(days=10), tick=False):
        service = team.service("=SUM(A1)")
    with travel(clock.now() - timedelta(days=3), tick=False) as time:
        incident = team.incident("<b>Errors</b>", affects={service: "major_outage"}, impact="critical")
        time.shift(timedelta(hours=1))
        team.resolve(incident)


@pytest.mark.usefixtures("history")
def test_every_member_sees_figures_with_a_table_behind_each_drawing(viewer: HttpBrowser, home: str):
    page = read(viewer.get(f"{home}/analytics").text)

    assert "Downtime 1 h" in page.text or "Downtime 60 minutes" in page.text
    drawings = page.all("svg", role="img")
    assert [drawing.attributes["aria-label"].partition(".")[0] for drawing in drawings] == [
        "Downtime by day, all services added up",
        "Incidents by month and impact",
    ]
    assert len(page.all("details", class_="behind")) == 2
    assert len(page.all("figure")[0].one("tbody").all("tr")) == 30
    assert [link.text for link in page.all("a", class_="name")] == ["=SUM(A1)", "<b>Errors</b>"]


@pytest.mark.usefixtures("history")
def test_each_share_tells_its_window_its_weights_and_its_formula(viewer: HttpBrowser, home: str):
    page = read(viewer.get(f"{home}/analytics?days=7").text)

    shares = [*page.all("button", class_="explained"), *(cell for cell in page.all("td") if cell.text.endswith(" %"))]
    terms = [share.attributes["title"] for share in shares if "title" in share.attributes]
    assert len(terms) == 6 + 7, "six that open the formula, and those of the service's row"
    assert all("1 − down time ÷ (known time − maintenance)" in one for one in terms)
    assert {one.partition(",")[0] for one in terms} >= {
        "Over the last 24 hours",
        "Over the last 90 days",
        "Over a year",
    }
    assert page.one(id="uptime-meaning").one("p", class_="formula")


def test_before_there_is_a_service_the_page_says_how_it_begins(admin: HttpBrowser, viewer: HttpBrowser, home: str):
    assert read(admin.get(f"{home}/analytics").text).one("a", href=f"{home}/services/new", class_="button")
    assert not read(viewer.get(f"{home}/analytics").text).all("a", href=f"{home}/services/new")


@pytest.mark.usefixtures("history")
def test_what_is_wrong_with_a_period_stands_beside_its_field_which_keeps_what_was_typed(admin: HttpBrowser, home: str):
    answer = admin.get(f"{home}/analytics?from=2026-11-10&to=2026-11-01")

    page = read(answer.text)
    field = page.one(id="to")
    assert answer.status_code == 422
    assert field.value == "2026-11-01"
    assert field.attributes["aria-invalid"] == "true"
    assert page.one(id="to-error").text == "This is before the first day. Choose a later one."
    (download,) = (link for link in page.all("a", class_="button") if link.text == "Download as CSV")
    assert download.attributes["href"] == f"{home}/analytics.csv"


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("from=2026-11-10&to=2026-11-01", "This is before the first day. Choose a later one."),
        ("from=nonsense", "Write a day as 2026-11-21."),
        ("days=31", "Choose 7, 30, 90 or 365 days."),
    ],
)
def test_no_table_is_made_of_other_days_than_those_asked_for(admin: HttpBrowser, home: str, query: str, fault: str):
    answer = admin.get(f"{home}/analytics.csv?{query}")

    assert answer.status_code == 422
    assert fault in read(answer.text).text


@pytest.mark.parametrize("query", ["service=nonsense", "service=0192f0c4-0000-7000-8000-0000003a1b2c"])
def test_a_service_that_is_not_there_is_not_found(team: Team, admin: HttpBrowser, home: str, query: str):
    team.service("API")

    assert admin.get(f"{home}/analytics?{query}").status_code == 404
    assert admin.get(f"{home}/analytics.csv?{query}").status_code == 404


@pytest.mark.parametrize("query", ["days=nonsense", "days=31", "sort=nonsense", "page=-5", "page=9999999999999999999"])
def test_what_makes_no_sense_in_an_address_asks_for_nothing(team: Team, admin: HttpBrowser, home: str, query: str):
    team.service("API")

    assert admin.get(f"{home}/analytics?{query}").status_code == 200


@pytest.mark.usefixtures("history")
def test_the_table_to_take_along_has_the_same_figures_and_calculates_nothing(viewer: HttpBrowser, home: str):
    answer = viewer.get(f"{home}/analytics.csv?days=7")

    overall, service = csv.DictReader(StringIO(answer.text))
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert (overall["service"], service["service"]) == ("All services", "'=SUM(A1)")
    assert service["downtime_minutes"] == overall["downtime_minutes"] == "60.0"
    assert service["mttr_minutes"] == "60.0"
    assert service["critical"] == "1"
    assert float(service["uptime"]) == pytest.approx(1 - 1 / (6 * 24 + 12), abs=0.01)
