"""Who is signed in, and as what: looked up anew for each request, so what an admin takes away is gone at once."""

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import update

from app.database.scope import organization_scope
from app.organizations.models import Membership
from app.organizations.rules import Role
from app.teams.actions import note_use
from app.teams.rules import USE_GRANULARITY
from app.web import members
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Person, Team, World


def change_role(team: Team, person: Person, role: Role) -> None:
    with organization_scope(team.actor()) as scope:
        scope.session.execute(update(Membership).where(Membership.user_id == person.user_id).values(role=role))


def remove(team: Team, person: Person) -> None:
    with organization_scope(team.actor()) as scope:
        scope.session.delete(scope.session.get_one(Membership, (team.id, person.user_id)))


def add_group(browser: HttpBrowser, team: Team) -> int:
    return browser.submit(f"/dashboard/{team.slug}/groups", {"name": "Products"}).status_code


def test_a_role_counts_from_the_next_request_on(team: Team):
    person = team.member(Role.EDITOR)
    browser = person.browser()

    before = add_group(browser, team)
    change_role(team, person, Role.VIEWER)
    demoted = add_group(browser, team)
    change_role(team, person, Role.ADMIN)

    assert (before, demoted, add_group(browser, team)) == (303, 403, 303)


def test_a_removed_member_is_a_stranger_on_the_next_request(team: Team):
    person = team.member(Role.EDITOR)
    browser = person.browser()
    before = browser.get(f"/dashboard/{team.slug}/").status_code

    remove(team, person)

    after = browser.get(f"/dashboard/{team.slug}/")
    assert (before, after.status_code) == (200, 404)
    assert after.data == browser.get("/dashboard/no-such-organization/").data


def test_somebody_who_is_refused_learns_whom_to_ask(team: Team):
    answer = team.member(Role.VIEWER).browser().get(f"/dashboard/{team.slug}/services/new")

    assert "You are a viewer at Northwind Cloud. Ask an admin (Mara Lind) if you need to do this." in answer.text


def test_a_role_in_one_organization_is_none_in_another(world: World, team: Team):
    theirs = world.team("Contoso", "contoso")
    browser = team.founder.browser()

    assert add_group(browser, team) == 303
    assert add_group(browser, theirs) == 404


def test_the_address_of_an_organization_is_taken_as_it_is_written(team: Team):
    browser = team.founder.browser()

    assert browser.get(f"/dashboard/{team.slug.upper()}/").status_code == 404
    assert browser.get(f"/dashboard/{team.slug}").location.endswith(f"/dashboard/{team.slug}/")


def test_coming_back_leads_to_the_organization_that_was_used_last(world: World, team: Team):
    contoso, adatum = world.team("Contoso", "contoso"), world.team("Adatum", "adatum")
    for other in (contoso, adatum):
        other.join(team.founder, Role.VIEWER)
    browser = team.founder.browser()

    first = browser.get("/").location
    browser.get("/dashboard/contoso/services")
    second = browser.get("/").location
    browser.get("/dashboard/northwind/")
    third = browser.get("/dashboard").location

    assert first == "/dashboard/adatum/"
    assert (second, third) == ("/dashboard/contoso/", "/dashboard/northwind/")


def test_where_somebody_was_last_is_remembered_in_every_browser(world: World, team: Team):
    world.team("Contoso", "contoso").join(team.founder, Role.VIEWER)
    team.founder.browser().get("/dashboard/northwind/")

    assert world.another_session(team.founder).browser().get("/account").location == "/dashboard/northwind/account"


def test_an_organization_that_somebody_left_is_not_where_they_begin(world: World, team: Team):
    contoso = world.team("Contoso", "contoso")
    contoso.join(team.founder, Role.VIEWER)
    browser = team.founder.browser()
    browser.get("/dashboard/contoso/")

    browser.submit("/dashboard/contoso/members/leave")

    assert browser.get("/").location == "/dashboard/northwind/"


def test_using_an_organization_is_noted_only_now_and_then(world: World, team: Team, monkeypatch: pytest.MonkeyPatch):
    world.team("Contoso", "contoso").join(team.founder, Role.VIEWER)
    noted: list[object] = []
    monkeypatch.setattr(members, "note_use", lambda *use: (noted.append(use), note_use(*use)))
    browser = team.founder.browser()

    for _ in range(3):
        browser.get("/dashboard/northwind/services")
    with time_machine.travel(datetime.now(UTC) + USE_GRANULARITY):
        browser.get("/dashboard/northwind/services")

    assert len(noted) == 2


def test_the_switcher_offers_every_organization_with_the_role_there(world: World, team: Team):
    contoso = world.team("Contoso", "contoso")
    contoso.join(team.founder, Role.VIEWER)

    rail = read(team.founder.browser().get("/dashboard/northwind/").text).one("nav", id="rail")

    offered = [(link.attributes["href"], link.text) for link in rail.one("details", class_="switcher").all("a")]
    assert offered == [("/dashboard/contoso/", "Contoso Viewer"), ("/dashboard/northwind/", "Northwind Cloud Admin")]


def test_who_has_one_organization_needs_no_switcher(team: Team):
    rail = read(team.founder.browser().get("/dashboard/northwind/").text).one("nav", id="rail")

    assert not rail.all("details", class_="switcher")
