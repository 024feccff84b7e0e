"""Groups in groups on the page: their status is the worst of all that is below, and their order the page's."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import text

from app.blueprints.api.documents import status_document
from app.blueprints.public.live import render_fragments
from app.database.scope import organization_scope
from app.pages.actions import choose_services
from app.pages.address import PageAddress
from app.pages.arrangement import Item, ItemKind
from app.pages.finding import get_page
from app.pages.queries import build_page
from app.pages.views import GroupView, PageView
from app.services.models import Service, ServiceGroup
from tests.blueprints.reading import read
from tests.builders import Team, World
from tests.counting import counted

Things = dict[str, ServiceGroup | Service]


@pytest.fixture(scope="module")
def made(emptied: Callable[[], AbstractContextManager[Flask]]) -> Iterator[tuple[Team, Things]]:
    """Regions with Europe (Berlin) and Asia (Tokyo) in it and a service of its own; Products; a service alone."""
    with emptied() as app:
        team = World(app).team("Northwind Cloud", "northwind")
        regions = team.group("Regions")
        things: Things = {"products": team.group("Products"), "regions": regions}
        things |= {name: team.group(name.title(), inside=regions) for name in ("europe", "asia")}
        for name, group in (("Berlin", "europe"), ("Tokyo", "asia"), ("Anycast", "regions"), ("Shop", "products")):
            held = things[group]
            assert isinstance(held, ServiceGroup)
            things[name] = team.service(name, held)
        alone = things["Alone"] = team.service("Alone")
        berlin = things["Berlin"]
        assert isinstance(berlin, Service)
        team.set_status(berlin, "partial_outage")
        team.set_status(alone, "degraded_performance")
        yield team, things


def outline(groups: tuple[GroupView, ...]) -> list[object]:
    """Names as they are nested."""
    return [
        (group.name, [service.name for service in group.services], outline(group.groups))
        if group.groups
        else (group.name, [service.name for service in group.services])
        for group in groups
    ]


def test_groups_fold_their_own_services_and_then_their_groups(made: tuple[Team, Things]):
    page = build_page(get_page("northwind"))

    assert outline(page.groups) == [
        (None, ["Alone"]),
        ("Regions", ["Anycast"], [("Europe", ["Berlin"]), ("Asia", ["Tokyo"])]),
        ("Products", ["Shop"]),
    ]
    assert [service.name for service in page.services] == ["Alone", "Anycast", "Berlin", "Tokyo", "Shop"]


def test_a_group_is_as_bad_as_the_worst_of_all_that_is_below(made: tuple[Team, Things]):
    page = build_page(get_page("northwind"))

    assert {group.name: group.status.value for group in page.headings} == {
        None: "degraded_performance",
        "Products": "operational",
        "Regions": "partial_outage",
        "Europe": "partial_outage",
        "Asia": "operational",
    }


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        (
            ["Alone", "regions"],
            [(None, ["Alone"]), ("Regions", ["Anycast"], [("Europe", ["Berlin"]), ("Asia", ["Tokyo"])])],
        ),
        (
            ["asia", "Berlin", "Alone", "products"],
            [("Asia", ["Tokyo"]), (None, ["Berlin", "Alone"]), ("Products", ["Shop"])],
        ),
        (["Berlin", "asia", "Anycast"], [(None, ["Berlin"]), ("Asia", ["Tokyo"]), (None, ["Anycast"])]),
    ],
)
def test_a_page_has_the_order_of_what_it_names(made: tuple[Team, Things], named: list[str], shown: list[object]):
    team, things = made
    items = [
        Item(ItemKind.GROUP if isinstance(things[name], ServiceGroup) else ItemKind.SERVICE, things[name].id)
        for name in named
    ]

    choose_services(team.page.page_id, items, by=team.actor())
    page = build_page(get_page("northwind"))
    choose_services(team.page.page_id, None, by=team.actor())

    assert outline(page.groups) == shown


def test_programs_are_told_both_headings(made: tuple[Team, Things]):
    services = status_document(build_page(get_page("northwind")))["services"]

    assert [(one["name"], one["group"], one["parent_group"]) for one in services] == [
        ("Alone", None, None),
        ("Anycast", "Regions", None),
        ("Berlin", "Europe", "Regions"),
        ("Tokyo", "Asia", "Regions"),
        ("Shop", "Products", None),
    ]


def test_an_open_page_hears_of_every_heading(made: tuple[Team, Things]):
    _, things = made

    fragments = render_fragments(get_page("northwind"))

    pieces = fragments.pieces["services"].parts
    assert {f"group-{things[name].id}-status" for name in ("regions", "europe", "asia", "products")} <= set(pieces)
    drawn = read(fragments.parts["services"])
    inner = drawn.one(id=f"group-{things['regions'].id}").one(id=f"group-{things['europe'].id}")
    assert [name.text for name in inner.all("a", class_="name")] == ["Berlin"]


def test_a_thousand_services_take_no_more_statements(made: tuple[Team, Things]):
    team, things = made
    address = get_page("northwind")
    few, _ = build_counted(address)
    with organization_scope(team.actor()) as scope:
        scope.session.execute(
            text(
                "INSERT INTO services (organization_id, id, group_id, name, description, position, status,"
                " status_since, created_at)"
                " SELECT :organization, gen_random_uuid(), :group, 'S' || n, '', 100 + n, 'operational',"
                " now(), now() FROM generate_series(1, 1000) AS n"
            ),
            {"organization": team.id, "group": things["asia"].id},
        )

    many, page = build_counted(address)
    with organization_scope(team.actor()) as scope:
        scope.session.execute(text("UPDATE services SET archived_at = now() WHERE name ~ '^S[0-9]'"))

    assert len(list(page.services)) == 1_005
    assert many == few


def build_counted(address: PageAddress) -> tuple[int, PageView]:
    """How many statements it took to build the page, and the page."""
    with counted() as statements:
        page = build_page(address)
    return len(statements), page
