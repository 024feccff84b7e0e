"""What one page shows of its organization: never a word of what only another page shows."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import time_machine
from flask import Flask

from app import clock
from app.database.scope import organization_scope
from app.errors import NotFound
from app.incidents.merging import merge_incident
from app.pages.address import PageAddress
from app.pages.days import get_day, get_service_history
from app.pages.details import get_incident, get_maintenance, list_maintenance
from app.pages.finding import get_page
from app.pages.models import Page, PageItem
from app.pages.postmortems import get_postmortem
from app.pages.queries import build_page
from app.services.models import Service, ServiceGroup
from app.subscribers.actions import request_subscription, unsubscribe
from app.subscribers.models import Subscriber
from app.subscribers.queries import get_by_manage_token
from app.subscribers.rules import PAUSE
from app.subscribers.tokens import manage_token
from tests.builders import Team, World


@pytest.fixture(scope="module")
def team(emptied: Callable[[], AbstractContextManager[Flask]]) -> Iterator[Team]:
    """A team with a group "Europe", in which "Berlin" holds an API, and a service of its own for partners."""
    with emptied() as app:
        team = World(app).team("Northwind Cloud", "northwind")
        europe = team.group("Europe")
        berlin = team.group("Berlin")
        with organization_scope(team.actor()) as scope:
            scope.get(ServiceGroup, berlin.id).parent_id = europe.id
        for name, group in (("API", berlin), ("Partners", None)):
            team.service(name, group)
        yield team


@pytest.fixture(scope="module")
def public(team: Team) -> PageAddress:
    """A page that shows the group "Europe", and so the API in the group inside of it."""
    return add_page(team, "europe", group=named_group(team, "Europe"))


@pytest.fixture(scope="module")
def partners(team: Team) -> PageAddress:
    """A page that shows only the service for partners."""
    return add_page(team, "partners", service=named(team, "Partners"))


def add_page(
    team: Team, slug: str, *, service: Service | None = None, group: ServiceGroup | None = None
) -> PageAddress:
    with organization_scope(team.actor()) as scope:
        page = Page(
            organization_id=team.id,
            slug=slug,
            name=slug.title(),
            time_zone="Europe/Berlin",
            shows_all=False,
            created_at=clock.now(),
        )
        scope.session.add(page)
        scope.session.flush()
        item = PageItem(
            organization_id=team.id,
            page_id=page.id,
            service_id=service.id if service else None,
            group_id=group.id if group else None,
            position=0,
        )
        scope.session.add(item)
    return get_page(slug)


def named(team: Team, name: str) -> Service:
    with organization_scope(team.actor(), read_only=True) as scope:
        return scope.session.query(Service).filter_by(organization_id=team.id, name=name).one()


def named_group(team: Team, name: str) -> ServiceGroup:
    with organization_scope(team.actor(), read_only=True) as scope:
        return scope.session.query(ServiceGroup).filter_by(organization_id=team.id, name=name).one()


def names_of(page: PageAddress) -> list[str]:
    return [service.name for service in build_page(page).services]


def test_a_page_shows_its_services_and_those_of_its_groups_at_any_depth(
    team: Team, public: PageAddress, partners: PageAddress
):
    assert names_of(public) == ["API"]
    assert names_of(partners) == ["Partners"]
    assert names_of(team.page) == ["Partners", "API"]


def test_an_incident_is_told_where_one_of_its_services_is(team: Team, public: PageAddress, partners: PageAddress):
    api, closed = named(team, "API"), named(team, "Partners")
    both = team.incident("Both", affects={api: "partial_outage", closed: "major_outage"})
    secret = team.incident("Secret", affects={closed: "major_outage"})
    general = team.incident("Phones", affects={})

    shown = build_page(public)

    assert {incident.title for incident in shown.active_incidents} == {"Both", "Phones"}
    assert [service.name for service in get_incident(public, both.id).affected] == ["API"]
    assert get_incident(partners, secret.id).title == "Secret"
    assert get_incident(partners, general.id).title == "Phones"
    with pytest.raises(NotFound):
        get_incident(public, secret.id)


def test_links_between_incidents_stay_on_the_page(team: Team, public: PageAddress):
    api, closed = named(team, "API"), named(team, "Partners")
    secret = team.incident("Secret before", affects={closed: "major_outage"})
    shown = team.incident("Shown", affects={api: "partial_outage"})
    duplicate = team.incident("Secret duplicate", affects={closed: "major_outage"})
    merge_incident(duplicate.id, shown.id, by=team.actor())

    found = get_incident(public, shown.id)

    assert found.merged_from == ()
    assert found.neighbours is not None
    assert secret.id not in {link.id for link in (found.neighbours.previous, found.neighbours.next) if link}


def test_a_postmortem_is_read_where_its_incident_is(team: Team, public: PageAddress, partners: PageAddress):
    secret = team.incident("Secret over", affects={named(team, "Partners"): "major_outage"}, stage="resolved")
    team.postmortem(secret)

    assert get_postmortem(partners, secret.id).title == "Secret over"
    with pytest.raises(NotFound):
        get_postmortem(public, secret.id)


def test_maintenance_is_planned_where_one_of_its_services_is(team: Team, public: PageAddress, partners: PageAddress):
    window = team.maintenance("Partner upgrade", named(team, "Partners"))

    assert [one.title for one in list_maintenance(partners)] == ["Partner upgrade"]
    assert list_maintenance(public) == ()
    assert build_page(public).maintenances == ()
    with pytest.raises(NotFound):
        get_maintenance(public, window.id)


def test_the_days_of_a_service_are_only_where_it_is(team: Team, public: PageAddress):
    closed = named(team, "Partners")

    with pytest.raises(NotFound):
        get_service_history(public, closed.id)
    with pytest.raises(NotFound):
        get_day(public, closed.id, clock.now().astimezone(public.time_zone).date())


def test_who_subscribes_to_one_page_is_unknown_on_another(team: Team, public: PageAddress, partners: PageAddress):
    request_subscription(public, "ada@customer.example")
    with time_machine.travel(clock.now() + PAUSE):
        request_subscription(partners, "ada@customer.example")
    with organization_scope(team.actor(), read_only=True) as scope:
        ada = scope.session.query(Subscriber).filter_by(page_id=public.page_id).one()
        assert scope.session.query(Subscriber).filter_by(email=ada.email).count() == 2
    token = manage_token(ada.id)

    assert get_by_manage_token(public, token).email == "ada@customer.example"
    with pytest.raises(NotFound):
        get_by_manage_token(partners, token)
    with pytest.raises(NotFound):
        unsubscribe(partners, token)
