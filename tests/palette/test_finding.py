"""Anything that has a name is found by parts of it, by whoever may see it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from flask import Flask

from app.database.actor import Actor, ActorRole
from app.organizations.rules import Role
from app.palette.queries import Results, find_anything
from app.palette.searches import AT_MOST
from tests.builders import Team, World
from tests.counting import counted


@pytest.fixture(scope="module")
def team(emptied: Callable[[], AbstractContextManager[Flask]]) -> Iterator[Team]:
    with emptied() as app:
        world = World(app)
        team = world.team("Northwind Cloud", "northwind")
        api = team.service("Payments API")
        team.service("API gateway")
        team.service("100 % uptime_club")
        team.incident("Errors of the API", affects={api: "partial_outage"}, message="We report again at noon.")
        team.resolve(team.incident("Slow API", affects={api: "degraded_performance"}))
        team.maintenance("API upgrade", api)
        team.announcement("A new API is coming")
        team.template("API down")
        team.draft("API is odd")
        team.member(Role.EDITOR)
        world.team("Contoso", "contoso").service("API of others")
        yield team


def ask(team: Team, typed: str, role: Role = Role.ADMIN) -> Results:
    return find_anything(Actor(team.id, ActorRole(role.value)), role, typed)


def names(results: Results, heading: str) -> list[str]:
    return [hit.name for kind in results.kinds if kind.heading == heading for hit in kind.hits]


def test_all_kinds_of_things_are_found_at_once_and_only_ones_own(team: Team):
    found = ask(team, "api")

    assert names(found, "Services") == ["API gateway", "Payments API"]
    assert names(found, "Incidents") == ["Errors of the API", "Slow API"]
    assert names(found, "Drafts") == ["API is odd"]
    assert names(found, "Maintenance") == ["API upgrade"]
    assert names(found, "Announcements") == ["A new API is coming"]
    assert names(found, "Templates") == ["API down"]
    assert names(found, "More") == ["Search all incidents for “api”"]


@pytest.mark.parametrize(
    ("typed", "services"),
    [
        ("ments", ["Payments API"]),
        ("api pay", ["Payments API"]),
        ("%", ["100 % uptime_club"]),
        ("e_c", ["100 % uptime_club"]),
        ("\\", []),
        ("api nothing", []),
    ],
)
def test_each_word_is_found_anywhere_in_the_name_and_no_sign_stands_for_others(
    team: Team, typed: str, services: list[str]
):
    assert names(ask(team, typed), "Services") == services


def test_people_are_found_by_admins_alone(team: Team):
    found = {role: names(ask(team, "jonas", role), "People") for role in Role}

    assert found == {Role.VIEWER: [], Role.EDITOR: [], Role.ADMIN: ["Jonas Berg"]}


def test_a_viewer_is_led_to_nothing_that_would_be_refused(team: Team):
    found = ask(team, "api", Role.VIEWER)

    assert names(found, "Templates") == names(found, "Drafts") == []
    assert names(found, "Services") == ["API gateway", "Payments API"]


def test_a_page_leads_to_where_visitors_see_it(team: Team):
    (page,) = [hit for kind in ask(team, "northwind").kinds if kind.heading == "Pages" for hit in kind.hits]

    assert page.path == "http://localhost/northwind"
    assert page.leads_out


@pytest.mark.parametrize("typed", ["🔥", "-", "“”"])
def test_signs_alone_are_looked_for_in_names_and_not_in_texts(team: Team, typed: str):
    found = ask(team, typed)

    assert names(found, "Incidents") == names(found, "More") == []


def test_what_is_called_so_comes_before_what_is_only_written_somewhere(team: Team):
    found = ask(team, "report")

    assert [kind.heading for kind in found.kinds] == ["Actions", "Incidents", "More"]
    assert names(found, "Actions")[0] == "Report an incident"


def test_of_each_kind_there_are_a_few_by_one_statement(team: Team):
    with counted() as statements:
        ask(team, "api")

    assert len(statements) == 2, "who asks, and what for"


def test_a_kind_never_takes_all_the_room(team: Team):
    everything = ask(team, "a")

    assert all(len(kind.hits) <= AT_MOST for kind in everything.kinds)
