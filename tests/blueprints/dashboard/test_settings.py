"""What admins settle for everybody."""

import json

import pytest
import time_machine
from flask import current_app

from app import clock
from app.accounts.queries import find_signed_in, is_session_open
from app.blueprints.public.live import render_fragments
from app.closing import jobs
from app.closing.emptying import GRACE
from app.errors import NotFound
from app.live.stream import SESSIONS_CHANNEL
from app.organizations.rules import Role
from app.pages.finding import find_page
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team, World

DETAILS = {"name": "Northwind Ltd", "time_zone": "Asia/Tokyo", "audit_days": "90"}


def main_of(browser: HttpBrowser, path: str) -> Element:
    return read(browser.get(path).text).one("main")


def test_name_zone_and_retention_are_saved(admin: HttpBrowser, home: str):
    answer = admin.submit(f"{home}/settings", DETAILS)

    page = main_of(admin, f"{home}/settings")
    assert (answer.status_code, answer.location) == (303, f"{home}/settings")
    assert page.one("input", id="name").value == "Northwind Ltd"
    assert page.one("select", id="time_zone").value == "Asia/Tokyo"
    assert page.one("input", id="audit_days").value == "90"
    assert "The settings are saved." in page.text


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(admin: HttpBrowser, home: str):
    answer = admin.submit(f"{home}/settings", {"name": "N", "time_zone": "Mars/Olympus", "audit_days": "９０"})

    page = read(answer.text).one("main")
    assert answer.status_code == 422
    assert page.one("div", class_="notice").text.startswith("3 things need your attention.")
    assert page.one(id="name-error").text == "Use at least 2 characters."
    assert page.one(id="time_zone-error").text == "Choose a time zone from the list."
    assert page.one(id="audit_days-error").text == "Write a number of days from 30 to 3,650."
    assert page.one("input", id="name").value == "N"
    assert page.one("input", id="audit_days").value == "９０"


@pytest.mark.parametrize("days", ["", "-1", "29", "3651", "9" * 5000, "1e3", "thirty"])
def test_a_retention_that_is_no_number_of_days_is_refused(admin: HttpBrowser, home: str, days: str):
    answer = admin.submit(f"{home}/settings", {**DETAILS, "audit_days": days})

    assert read(answer.text).one(id="audit_days-error").text == "Write a number of days from 30 to 3,650."


def test_the_address_changes_and_the_old_one_leads_there(admin: HttpBrowser, client: HttpBrowser, home: str):
    answer = admin.submit(f"{home}/settings/address", {"slug": " North ", "with_page": "y"})

    page = main_of(admin, answer.location)
    assert answer.location == "/dashboard/north/settings"
    assert "Your organization is at “north” now." in page.text
    assert "northwind" in page.text
    assert admin.get(f"{home}/incidents").location == "/dashboard/north/incidents"
    assert client.get("/northwind").location == "/north"


def test_the_page_stays_where_it_is_if_that_is_wished(admin: HttpBrowser, client: HttpBrowser, home: str):
    admin.submit(f"{home}/settings/address", {"slug": "north"})

    assert client.get("/northwind").status_code == 200
    assert not main_of(admin, "/dashboard/north/settings").all("input", id="with_page")


def test_an_address_that_somebody_has_is_refused(admin: HttpBrowser, world: World, home: str):
    world.team("Contoso", "contoso")

    answer = admin.submit(f"{home}/settings/address", {"slug": "contoso"})

    page = read(answer.text).one("main")
    assert answer.status_code == 422
    assert "Someone has this address already" in page.one(id="slug-error").text
    assert page.one("input", id="slug").value == "contoso"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("north", "“north” can be yours."),
        ("northwind", "Letters a to z, digits and hyphens."),
        ("contoso", "Someone has this address already. Choose another."),
        ("login", "“login” is a word that Upfront needs itself."),
        ("", "Letters a to z, digits and hyphens."),
    ],
)
def test_while_somebody_types_it_says_whether_the_address_can_be_had(
    admin: HttpBrowser, world: World, home: str, typed: str, says: str
):
    world.team("Contoso", "contoso")

    part = read(admin.get(f"{home}/settings/address", query_string={"slug": typed}).text)

    assert says in part.one("div", id="address").text


def test_only_admins_see_the_settings(editor: HttpBrowser, viewer: HttpBrowser, home: str):
    for browser in (editor, viewer):
        for path in ("/settings", "/settings/delete", "/settings/address?slug=north"):
            assert browser.get(home + path).status_code == 403
        assert "Settings" not in read(browser.get(f"{home}/").text).one("nav").text


def test_deleting_asks_for_the_name_and_says_what_goes(team: Team, admin: HttpBrowser, home: str):
    team.service("API")

    page = main_of(admin, f"{home}/settings/delete")
    answer = admin.submit(f"{home}/settings/delete", {"confirmation": "northwind"})

    assert "1 page, 1 service, 0 incidents and 0 subscribers are deleted for good" in page.text
    assert "and 1 member loses access" in page.text
    assert answer.status_code == 422
    assert "Type “Northwind Cloud”" in read(answer.text).one(id="confirmation-error").text
    assert find_page("northwind") is not None


def test_a_deleted_organization_is_gone_for_visitors_and_members_watch_it_go(
    team: Team, admin: HttpBrowser, editor: HttpBrowser, client: HttpBrowser, home: str
):
    answer = admin.submit(f"{home}/settings/delete", {"confirmation": "Northwind Cloud"})
    begun = read(admin.get(answer.location).text).one("main")

    assert client.get("/northwind").status_code == 404
    assert client.get("/api/northwind/status").status_code == 404
    assert editor.get(f"{home}/incidents").location == answer.location
    assert editor.submit(f"{home}/groups", {"name": "Platform"}).location == answer.location
    assert editor.get(f"{home}/fragments?revision=1").status_code == 404
    assert "Deleting Northwind Cloud" in begun.text
    assert begun.one("div", id="progress").attributes["hx-trigger"] == "every 2s"
    with time_machine.travel(clock.now() + GRACE, tick=False):
        jobs.go_on(str(team.id))
    done = read(editor.get(answer.location).text).one("main")
    assert "It is gone" in done.text
    assert "hx-trigger" not in done.one("div", id="progress").attributes
    assert editor.get(f"{home}/incidents").status_code == 404
    assert client.get(answer.location).status_code == 302


def test_every_socket_of_it_is_told_to_end(team: Team, admin: HttpBrowser, editor: HttpBrowser, home: str):
    people = (team.founder, team.member(Role.EDITOR))
    sessions = [find_signed_in(one.token) for one in people]
    roles = (Role.ADMIN, Role.EDITOR)
    address = find_page("northwind")
    assert address is not None
    heard = current_app.extensions["upfront.redis"].pubsub()
    heard.subscribe(SESSIONS_CHANNEL)

    admin.submit(f"{home}/settings/delete", {"confirmation": "Northwind Cloud"})

    told = [heard.get_message(timeout=1) for _ in range(3)]
    heard.close()
    ended = {json.loads(one["data"])["user_id"] for one in told if one and one["type"] == "message"}
    assert ended == {str(one.user_id) for one in sessions if one}
    for one, role in zip(sessions, roles, strict=True):
        assert one is not None
        assert not is_session_open(one.session_id, team.id, role)
    with pytest.raises(NotFound):
        render_fragments(address)


def test_a_page_that_is_open_follows_to_a_new_name_and_address(team: Team, admin: HttpBrowser, home: str):
    address = find_page("northwind")
    assert address is not None
    incident = team.incident()
    admin.submit(f"{home}/settings/address", {"slug": "north", "with_page": "y"})

    parts = render_fragments(address).parts

    assert f"/north/incidents/{incident.id}" in parts["active-incidents"]


def test_a_stranger_sees_nothing_of_it(team: Team, world: World, admin: HttpBrowser, home: str):
    progress = admin.submit(f"{home}/settings/delete", {"confirmation": "Northwind Cloud"}).location
    stranger = world.team("Contoso", "contoso").founder.browser()

    assert stranger.get(progress).status_code == 404


def test_whoever_has_nothing_but_it_begins_anew(team: Team, admin: HttpBrowser, home: str):
    admin.submit(f"{home}/settings/delete", {"confirmation": "Northwind Cloud"})

    assert admin.get("/dashboard").location == "/onboarding"


def test_everything_can_be_taken_along(team: Team, admin: HttpBrowser, home: str):
    team.fill()

    answer = admin.submit(f"{home}/settings/export")

    exported = json.loads(answer.data)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="upfront-northwind.json"'
    assert exported["organization"]["name"] == "Northwind Cloud"
    assert exported["tables"]["subscribers"][0]["email"].endswith("@customer.example")


def test_nobody_but_an_admin_takes_anything_along(editor: HttpBrowser, home: str):
    assert editor.submit(f"{home}/settings/export").status_code == 403
