"""The audit log as admins read it."""

import csv
from io import StringIO

import pytest

from app.accounts.profile import Profile, edit_profile
from app.accounts.queries import find_signed_in
from app.text.languages import Language
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team


def log_of(browser: HttpBrowser, address: str) -> Element:
    return read(browser.get(address).text).one("section", id="log")


def sentences(log: Element) -> list[str]:
    return [row.one("div", class_="what").all("p")[0].text for row in log.all("li")]


def test_it_says_who_did_what_with_before_and_after(team: Team, admin: HttpBrowser, home: str):
    service = team.service("API")
    admin.submit(f"{home}/services/{service.id}/edit", {"name": "Public API", "description": "", "group": ""})

    row = log_of(admin, f"{home}/audit").all("li")[0]

    assert sentences(log_of(admin, f"{home}/audit"))[0] == "Mara Lind edited the service Public API"
    assert row.one("dl").text == "name API became → Public API"
    assert "from 127.0.0.1" in row.one("p", class_="when").text


def test_what_an_entry_points_at_is_told_by_name(team: Team, admin: HttpBrowser, home: str):
    api = team.service("API", team.group("Platform"))
    team.incident(affects={api: "partial_outage"})

    reported, created = (row.one("dl").text for row in log_of(admin, f"{home}/audit").all("li")[:2])

    assert "services API: partial outage" in reported
    assert "group Platform" in created


def test_a_sign_in_names_its_person_once(team: Team, admin: HttpBrowser, home: str):
    team.world.another_session(team.founder)

    assert sentences(log_of(admin, f"{home}/audit"))[0] == "Mara Lind signed in"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("thing=service", ["Mara Lind created the service API"]),
        ("subject=plat", ["Mara Lind created the group Platform"]),
        ("person=worker", []),
        ("action=service_group.created", ["Mara Lind created the group Platform"]),
        ("from=2999-01-01", []),
        ("to=2001-01-01", []),
    ],
)
def test_filters_stand_in_the_address(team: Team, admin: HttpBrowser, home: str, query: str, found: list[str]):
    team.group("Platform")
    team.service("API")

    log = log_of(admin, f"{home}/audit?{query}")

    assert sentences(log) == found
    assert ("Nothing matches" in log.text) is (not found)


def test_all_about_one_thing_is_a_link_away(team: Team, admin: HttpBrowser, home: str):
    service = team.service("API")
    team.set_status(service, "major_outage")
    team.service("Web")
    link = next(one for one in log_of(admin, f"{home}/audit").all("a") if one.text == "API")

    log = log_of(admin, link.attributes["href"])

    assert sentences(log) == [
        "Mara Lind set the status of the service API",
        "Mara Lind created the service API",
    ]


@pytest.mark.parametrize(
    ("query", "field", "fault"),
    [
        ("from=yesterday", "from", "Write a day as 2026-11-21."),
        ("to=0001-01-01", "to", "Write a day as 2026-11-21."),
        ("from=2026-11-21&to=2026-11-20", "to", "This is before the first day. Choose a later one."),
    ],
)
def test_a_day_that_makes_no_sense_is_said_beside_it(admin: HttpBrowser, home: str, query: str, field: str, fault: str):
    page = read(admin.get(f"{home}/audit?{query}").text).one("main")

    assert page.one(id=f"{field}-error").text == fault
    assert page.one("input", id=field).attributes["aria-invalid"] == "true"


@pytest.mark.parametrize("query", ["person=%00&thing=%27&after=x", "person=0&subject=" + "x" * 5000, "thing=%ff"])
def test_nonsense_in_the_address_asks_for_nothing(admin: HttpBrowser, home: str, query: str):
    assert admin.get(f"{home}/audit?{query}").status_code == 200


def test_names_from_outside_are_text(team: Team, admin: HttpBrowser, home: str):
    team.service("<b hx-get=/x>API</b>")

    html = admin.get(f"{home}/audit").text

    assert "<b hx-get" not in html
    assert "&lt;b hx-get=/x&gt;API&lt;/b&gt;" in html


def test_times_are_told_in_the_readers_own_zone_and_language(team: Team, admin: HttpBrowser, home: str):
    team.service("API")
    edit_profile(team.founder.user_id, Profile("Mara Lind", "Asia/Tokyo", Language.JAPANESE))

    person = find_signed_in(team.founder.token)
    when = log_of(admin, f"{home}/audit").all("p", class_="when")[0].text

    assert person is not None
    assert "年" in when


def test_it_is_downloaded_as_filtered_and_that_is_written_down(team: Team, admin: HttpBrowser, home: str):
    team.group("Platform")
    team.service("=1+1")

    answer = admin.submit(f"{home}/audit/export", {"thing": "service"})

    lines = list(csv.reader(StringIO(answer.text, newline="")))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="audit-log-northwind-')
    assert [line[5] for line in lines[1:]] == ["'=1+1"]
    assert sentences(log_of(admin, f"{home}/audit"))[0] == "Mara Lind downloaded the audit log"


def test_older_entries_are_a_page_away_with_the_same_filters(
    team: Team, admin: HttpBrowser, home: str, monkeypatch: pytest.MonkeyPatch
):
    for number in range(53):
        team.group(f"Group {number}")

    first = log_of(admin, f"{home}/audit?thing=service_group")
    older = next(one for one in first.all("a") if one.text == "Older")
    second = log_of(admin, older.attributes["href"])

    assert len(first.all("li")) == 50
    assert sentences(second) == [f"Mara Lind created the group Group {number}" for number in (2, 1, 0)]


def test_only_admins_read_it(editor: HttpBrowser, viewer: HttpBrowser, home: str):
    for browser in (editor, viewer):
        assert browser.get(f"{home}/audit").status_code == 403
        assert browser.submit(f"{home}/audit/export").status_code == 403
        assert "Audit log" not in read(browser.get(f"{home}/").text).one("nav").text
