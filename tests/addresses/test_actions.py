"""Moving to another address, and what becomes of the old one."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.addresses.actions import (
    OrganizationDetails,
    edit_organization,
    forget_retired_slugs,
    move_organization,
    move_page,
)
from app.addresses.queries import TAKEN, check_free_slug, find_moved_organization, find_moved_page, is_slug_taken
from app.database.actor import ActorRole
from app.database.scope import organization_scope
from app.errors import Denied, Invalid
from app.onboarding.actions import NewOrganization, create_organization
from app.organizations.models import Organization
from app.pages.finding import find_page
from tests.builders import Team, World


def test_the_old_address_leads_to_the_new_one_and_the_page_stays(team: Team):
    move_organization("north", by=team.actor())

    page = find_page("northwind")
    assert read(team).slug == "north"
    assert find_moved_organization("northwind") == "north"
    assert page is not None
    assert find_moved_page("northwind") is None


def test_the_page_of_the_same_address_moves_along_if_asked_to(team: Team):
    move_organization("north", with_page=True, by=team.actor())

    assert find_page("northwind") is None
    assert find_page("north") is not None
    assert find_moved_page("northwind") == "north"


def test_a_page_of_another_address_stays_where_it_is(team: Team):
    page = find_page("northwind")
    assert page is not None
    move_page(page.page_id, "north-status", by=team.actor())

    move_organization("north", with_page=True, by=team.actor())

    assert find_page("north-status") is not None


def test_whoever_moves_twice_is_found_under_both_earlier_addresses(team: Team):
    move_organization("north", with_page=True, by=team.actor())
    move_organization("nw-cloud", with_page=True, by=team.actor())

    assert find_moved_organization("northwind") == find_moved_organization("north") == "nw-cloud"
    assert find_moved_page("northwind") == find_moved_page("north") == "nw-cloud"


def test_the_organization_may_take_its_address_back(team: Team):
    move_organization("north", with_page=True, by=team.actor())

    move_organization("northwind", with_page=True, by=team.actor())

    assert read(team).slug == "northwind"
    assert find_moved_organization("northwind") is None
    assert find_moved_organization("north") == "northwind"


def test_nobody_else_gets_the_old_address_for_a_year(team: Team, world: World):
    other = world.team("Contoso", "contoso")
    move_organization("north", with_page=True, by=team.actor())

    with pytest.raises(Invalid, match=TAKEN):
        move_organization("northwind", by=other.actor())
    with pytest.raises(Invalid, match=TAKEN):
        create_organization(
            NewOrganization("Northwind", "northwind", "UTC"), user_id=other.founder.user_id, user_name="Eve"
        )
    with time_machine.travel(clock.now() + timedelta(days=364), tick=False):
        assert is_slug_taken("northwind")
    with time_machine.travel(clock.now() + timedelta(days=366), tick=False):
        assert not is_slug_taken("northwind")
        assert find_moved_organization("northwind") is None


def test_an_address_of_which_somebody_elses_page_or_organization_is_found_cannot_be_had(team: Team, world: World):
    page = find_page(world.team("Contoso", "contoso").slug)
    assert page is not None

    assert check_free_slug("contoso", organization_id=team.id) == TAKEN
    with pytest.raises(Invalid, match=TAKEN):
        move_page(find_page("northwind").page_id, "contoso", by=team.actor())  # type: ignore[union-attr]


def test_a_reserved_or_malformed_address_is_refused(team: Team):
    for slug in ("login", "a", "two words", "dashboard"):
        with pytest.raises(Invalid):
            move_organization(slug, by=team.actor())
    assert read(team).slug == "northwind"


def test_an_editor_moves_nothing(team: Team):
    with pytest.raises(Denied):
        move_organization("north", by=team.actor(ActorRole.EDITOR))

    assert read(team).slug == "northwind"


def test_what_is_over_is_forgotten(team: Team):
    move_organization("north", by=team.actor())

    with time_machine.travel(clock.now() + timedelta(days=366), tick=False):
        forget_retired_slugs()

    assert find_moved_organization("northwind") is None


def test_a_page_of_the_same_name_and_days_follows_the_organization(team: Team):
    edit_organization(OrganizationDetails("Northwind Ltd", "Asia/Tokyo", 90), by=team.actor())

    page = find_page("northwind")
    organization = read(team)
    assert page is not None
    assert (page.name, page.time_zone.key) == ("Northwind Ltd", "Asia/Tokyo")
    assert (organization.name, organization.time_zone, organization.audit_days) == ("Northwind Ltd", "Asia/Tokyo", 90)


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (OrganizationDetails("N", "UTC", 90), "name"),
        (OrganizationDetails("Northwind", "Mars/Olympus", 90), "time_zone"),
        (OrganizationDetails("Northwind", "UTC", 29), "audit_days"),
        (OrganizationDetails("Northwind", "UTC", 3651), "audit_days"),
        (OrganizationDetails("Northwind", "UTC", None), "audit_days"),
    ],
)
def test_details_that_make_no_sense_are_refused(team: Team, details: OrganizationDetails, field: str):
    with pytest.raises(Invalid) as refusal:
        edit_organization(details, by=team.actor())

    assert list(refusal.value.faults) == [field]
    assert read(team).name == "Northwind Cloud"


def read(team: Team) -> Organization:
    with organization_scope(team.actor()) as scope:
        return scope.session.get_one(Organization, team.id)
