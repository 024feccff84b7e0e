"""Services: the list, their history, and what editors do to them."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from time_machine import travel

from app import clock
from app.services.actions import GROUP_GONE
from app.services.queries import get_catalogue, get_changes
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team, World
from tests.together import run_together


def names(team: Team) -> list[str]:
    return [service.name for service in get_catalogue(team.actor()).services]


def test_an_added_service_is_in_the_list_and_operational(team: Team, editor: HttpBrowser, home: str):
    group = team.group("Products")

    answer = editor.submit(f"{home}/services", {"name": " API ", "description": "Public", "group": str(group.id)})

    assert (answer.status_code, answer.location) == (303, f"{home}/services")
    page = read(editor.get(answer.location).text)
    assert page.one("div", id="said").text == "API is on your page."
    row = page.one(id=f"group-{group.id}").one("tbody")
    assert "API Public Operational" in row.text


def test_a_refused_service_keeps_what_was_typed_and_says_what_is_wrong_beside_it(editor: HttpBrowser, home: str):
    answer = editor.submit(f"{home}/services", {"name": "", "description": "x" * 201})

    page = read(answer.text)
    assert answer.status_code == 422
    assert page.one("div", class_="notice").text == "2 things need your attention. Name , Description"
    assert [link.attributes["href"] for link in page.one("div", class_="notice").all("a")] == ["#name", "#description"]
    name = page.one("input", id="name")
    assert name.attributes["aria-invalid"] == "true"
    assert "name-error" in name.attributes["aria-describedby"].split()
    assert page.one(id="name-error").text == "Give it a name that your users know it by."
    assert page.one("input", id="description").value == "x" * 201


def test_a_service_is_renamed_described_and_regrouped(team: Team, editor: HttpBrowser, home: str):
    group = team.group("Products")
    service = team.service("API")

    editor.submit(
        f"{home}/services/{service.id}/edit", {"name": "REST API", "description": "v2", "group": str(group.id)}
    )

    page = read(editor.get(f"{home}/services").text)
    assert "REST API v2" in page.one(id=f"group-{group.id}").text


def test_another_organizations_group_is_as_good_as_one_that_is_gone(
    team: Team, world: World, editor: HttpBrowser, home: str
):
    groups = (world.team("Contoso", "contoso").group("Theirs").id, "01a1fdaa-1a4b-76db-93a1-dcf748a1f489")

    answers = [editor.submit(f"{home}/services", {"name": "API", "group": str(group)}) for group in groups]

    assert [read(answer.text).one(id="group-error").text for answer in answers] == [GROUP_GONE] * 2
    assert names(team) == []


@pytest.mark.parametrize(
    "status", ["operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"]
)
def test_a_status_is_set_by_hand_with_a_comment(team: Team, editor: HttpBrowser, home: str, status: str):
    service = team.service("API")

    answer = editor.submit(f"{home}/services/{service.id}/status", {"status": status, "comment": "Disk is full"})

    assert (answer.status_code, answer.location) == (303, f"{home}/services")
    assert team.status_of(service) == status
    latest = get_changes(team.actor(), service.id).changes[0]
    assert (latest.actor_name, latest.comment, latest.source) == ("Jonas Berg", "Disk is full", "manual")


def test_a_status_changed_on_the_overview_leads_back_there(team: Team, editor: HttpBrowser, home: str):
    service = team.service("API")

    answer = editor.submit(f"{home}/services/{service.id}/status?view=overview", {"status": "major_outage"})

    assert answer.location == f"{home}/"


@pytest.mark.parametrize("fields", [{"status": "on fire"}, {}, {"status": "operational", "comment": "x" * 501}])
def test_a_refused_status_changes_nothing(team: Team, editor: HttpBrowser, home: str, fields: dict[str, str]):
    service = team.service("API")

    answer = editor.submit(f"{home}/services/{service.id}/status", fields)

    assert answer.status_code == 422
    assert read(answer.text).all("div", data_faults="")
    assert len(get_changes(team.actor(), service.id).changes) == 1


def test_the_form_in_place_of_a_row_renews_the_list_it_stands_in(team: Team, editor: HttpBrowser, home: str):
    service = team.service("API")

    form = read(editor.get(f"{home}/services/{service.id}/status?view=overview").text).one("form", id="status-form")

    assert form.attributes["hx-target"] == form.attributes["hx-select"] == "#services-now"
    assert "#tiles" in form.attributes["hx-select-oob"]
    assert form.attributes["hx-status:422"].startswith(f"target:#change-{service.id} ")


def test_the_history_tells_who_did_what_when_and_through_what(team: Team, viewer: HttpBrowser, home: str):
    service = team.service("API")
    team.set_status(service, "degraded_performance", "Disk is full")
    incident = team.incident("Errors", affects={service: "major_outage"})

    rows = read(viewer.get(f"{home}/services/{service.id}").text).one("tbody").all("tr")

    assert len(rows) == 3
    assert "Major outage Mara Lind through an incident Errors" in rows[0].text
    assert rows[0].all("a", href=f"{home}/incidents/{incident.id}")
    assert "Degraded performance Mara Lind by hand Disk is full" in rows[1].text
    assert "Operational Mara Lind by hand Added" in rows[2].text


def test_a_long_history_goes_on_without_gap_or_repetition(team: Team, viewer: HttpBrowser, home: str):
    service = team.service("API")
    with travel(clock.now(), tick=False):  # all at one instant, so that only the number tells them apart
        for number in range(60):
            team.set_status(service, "operational", f"note {number}")

    first = viewer.get(f"{home}/services/{service.id}").text
    second = viewer.get(read(first).one("main").all("a", class_="button")[-1].attributes["href"]).text

    notes = re.findall(r"note (\d+)", first + second)
    assert notes == [str(number) for number in reversed(range(60))]


@pytest.mark.parametrize("before", ["x", "-1", "0", str(2**63), "9" * 3_000])
def test_a_history_asked_from_nowhere_begins_with_the_latest(team: Team, viewer: HttpBrowser, home: str, before: str):
    service = team.service("API")
    team.set_status(service, "major_outage", "the latest")

    page = viewer.get(f"{home}/services/{service.id}?before={before}")

    assert page.status_code == 200
    assert "the latest" in page.text


def test_an_archived_service_leaves_the_list_and_comes_back(team: Team, editor: HttpBrowser, home: str):
    service = team.service("API")

    editor.submit(f"{home}/services/{service.id}/archive")
    archived = read(editor.get(f"{home}/services").text)
    editor.submit(f"{home}/services/{service.id}/restore")

    assert "API" in archived.one("section", aria_labelledby="archived").text
    assert archived.all("tbody") == []
    assert names(team) == ["API"]


def test_services_move_up_and_down_and_stay_at_the_edges(team: Team, editor: HttpBrowser, home: str):
    first, _, last = team.service("A"), team.service("B"), team.service("C")

    for service, direction in ((last, "up"), (first, "up"), (last, "up"), (first, "down")):
        answer = editor.submit(f"{home}/services/{service.id}/move", {"direction": direction})
        assert (answer.status_code, answer.location) == (303, f"{home}/services#service-{service.id}")

    assert names(team) == ["C", "B", "A"]


def test_a_direction_that_is_none_is_refused(team: Team, editor: HttpBrowser, home: str):
    service = team.service("A")

    assert editor.submit(f"{home}/services/{service.id}/move", {"direction": "sideways"}).status_code == 422


def test_the_buttons_that_move_have_ids_and_names_of_their_own(team: Team, editor: HttpBrowser, home: str):
    service = team.service("API")

    page = read(editor.get(f"{home}/services").text)

    assert page.one("button", id=f"up-{service.id}").attributes["aria-label"] == "Move API up"
    assert page.one("button", id=f"down-{service.id}").attributes["aria-label"] == "Move API down"


def test_a_viewer_sees_no_button_that_changes_a_service(team: Team, viewer: HttpBrowser, home: str):
    service = team.service("API", team.group("Products"))

    for path in (f"{home}/services", f"{home}/services/{service.id}"):
        main = read(viewer.get(path).text).one("main")

        assert [button.text for button in main.all("button")] == ["Menu"]
        assert main.all("form") == []
        assert [link for link in main.all("a") if "edit" in link.attributes["href"]] == []


def test_the_form_pages_are_refused_to_a_viewer_with_a_way_back(team: Team, viewer: HttpBrowser, home: str):
    answer = viewer.get(f"{home}/services/new")

    assert answer.status_code == 403
    assert read(answer.text).all("a", href=f"{home}/")


def test_a_day_is_opened_with_links_that_stay_in_the_dashboard(team: Team, viewer: HttpBrowser, home: str):
    service = team.service("API")
    incident = team.incident("Errors", affects={service: "major_outage"})
    today = datetime.now(ZoneInfo(team.organization.time_zone)).date()

    answer = viewer.get(f"{home}/services/{service.id}/days/{today}")

    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert read(answer.text).all("a", href=f"{home}/incidents/{incident.id}")


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", str(date.today() - timedelta(days=200))])  # noqa: DTZ011
def test_a_day_that_is_none_is_not_there(team: Team, viewer: HttpBrowser, home: str, day: str):
    service = team.service("API")

    assert viewer.get(f"{home}/services/{service.id}/days/{day}").status_code == 404


def test_two_editors_who_change_a_service_at_once_lose_no_change(app: Flask, team: Team, home: str):
    service = team.service("API")
    path = f"{home}/services/{service.id}/status"
    browsers = [team.founder.browser() for _ in range(4)]
    tokens = [browser.csrf_token() for browser in browsers]
    statuses = ["major_outage", "partial_outage", "degraded_performance", "operational"]
    answers = []

    def change(number: int) -> Callable[[], None]:
        fields = {"csrf_token": tokens[number], "status": statuses[number], "comment": f"by {number}"}
        return lambda: answers.append(browsers[number].post(path, data=fields).status_code)

    run_together(app, [change(number) for number in range(4)])

    changes = get_changes(team.actor(), service.id).changes
    assert answers == [303] * 4
    assert sorted(change.comment for change in changes) == ["", "by 0", "by 1", "by 2", "by 3"]
    # One unbroken chain: each begins with what the one before it left.
    assert [change.old_status for change in changes[:-1]] == [change.new_status for change in changes[1:]]
    assert team.status_of(service) == changes[0].new_status


def test_now_is_utc_in_the_machine_readable_times(team: Team, viewer: HttpBrowser, home: str):
    with travel(datetime(2026, 7, 1, 10, 0, tzinfo=UTC), tick=False):
        service = team.service("API")

    page = viewer.get(f"{home}/services/{service.id}").text

    assert '<time datetime="2026-07-01T10:00:00Z" data-form="year">1 Jul 2026, 12:00</time>' in page


def test_what_a_service_needs_is_chosen_and_kept(team: Team, editor: HttpBrowser, home: str):
    api, database, mail = team.service("API"), team.service("Database"), team.service("Mail")

    answer = editor.submit(f"{home}/services/{api.id}/needs", {"needs": [str(database.id)]})

    assert answer.status_code == 303
    page = read(editor.get(f"{home}/services/{api.id}/needs").text)
    boxes = {box.value: "checked" in box.attributes for box in page.all("input", name="needs")}
    assert boxes == {str(database.id): True, str(mail.id): False}


def test_a_circle_of_needs_is_refused_beside_the_boxes_and_the_choice_is_kept(
    team: Team, editor: HttpBrowser, home: str
):
    api, database = team.service("API"), team.service("Database")
    editor.submit(f"{home}/services/{api.id}/needs", {"needs": [str(database.id)]})

    answer = editor.submit(f"{home}/services/{database.id}/needs", {"needs": [str(api.id)]})

    assert answer.status_code == 422
    page = read(answer.text)
    assert page.one(id="needs-error").text == "That would be a circle: Database needs API needs Database."
    assert "checked" in page.one("input", name="needs").attributes


@pytest.mark.parametrize("needed", ["x", "0197b2f0-0000-7000-8000-000000000000"])
def test_a_need_that_nobody_has_is_not_there(team: Team, editor: HttpBrowser, home: str, needed: str):
    assert editor.submit(f"{home}/services/{team.service().id}/needs", {"needs": [needed]}).status_code == 404
