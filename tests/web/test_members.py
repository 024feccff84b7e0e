"""Who is signed in, and as what: looked up anew for each request, so what an admin takes away is gone at once."""

from sqlalchemy import update

from app.database.scope import organization_scope
from app.organizations.models import Membership
from app.organizations.rules import Role
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
