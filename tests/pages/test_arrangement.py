"""What a page names, and in which order."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from app.pages.arrangement import Item, ItemKind, find_item, moved, shown_services, without_doubles
from app.services.queries import Catalogue, GroupRow, ServiceRow
from app.services.rules import ServiceStatus

NOW = datetime(2026, 11, 21, tzinfo=UTC)
API, EUROPE, MAIL, ALONE = (uuid4() for _ in range(4))
OUTER, INNER, EMPTY = (uuid4() for _ in range(3))


def row(service_id: UUID, group_id: UUID | None = None) -> ServiceRow:
    return ServiceRow(service_id, "A service", "", group_id, ServiceStatus.OPERATIONAL, NOW, NOW, None)


CATALOGUE = Catalogue(
    (
        GroupRow(None, None, (row(ALONE),)),
        GroupRow(OUTER, "Regions", (row(API, OUTER), row(MAIL, OUTER))),
        GroupRow(INNER, "Europe", (row(EUROPE, INNER),), OUTER, "Regions"),
        GroupRow(EMPTY, "Empty", ()),
    ),
    (),
)


def service(service_id: UUID) -> Item:
    return Item(ItemKind.SERVICE, service_id)


def group(group_id: UUID) -> Item:
    return Item(ItemKind.GROUP, group_id)


def test_a_group_brings_whatever_is_in_it_and_in_its_groups():
    assert shown_services([group(OUTER)], CATALOGUE) == {API, MAIL, EUROPE}
    assert shown_services([group(INNER), service(ALONE)], CATALOGUE) == {EUROPE, ALONE}
    assert shown_services([group(EMPTY)], CATALOGUE) == frozenset()


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        ([service(API), group(OUTER)], [group(OUTER)]),
        ([service(EUROPE), group(OUTER), group(INNER)], [group(OUTER)]),
        ([service(EUROPE), group(INNER), service(API)], [group(INNER), service(API)]),
        ([service(API), service(API)], [service(API)]),
        ([service(uuid4()), group(uuid4()), service(OUTER)], []),
    ],
)
def test_each_thing_is_named_once_and_only_where_nothing_else_brings_it(named: list[Item], kept: list[Item]):
    assert list(without_doubles(named, CATALOGUE)) == kept


def test_an_item_moves_by_one_place_and_stays_at_the_edge():
    items = (service(API), group(INNER), service(ALONE))

    assert moved(items, group(INNER), up=True) == (group(INNER), service(API), service(ALONE))
    assert moved(items, group(INNER), up=False) == (service(API), service(ALONE), group(INNER))
    assert moved(items, service(API), up=True) == items
    assert moved(items, service(MAIL), up=True) == items


@pytest.mark.parametrize(
    "text", ["", "service:", "group:x", "page:5f0c1b0e-6f0f-4a52-9a3e-0a5a5f3f7c11", "service:" + "0" * 5_000, ":"]
)
def test_what_is_no_item_is_none(text: str):
    assert find_item(text) is None


def test_an_item_is_found_by_what_a_form_writes():
    assert find_item(str(group(OUTER))) == group(OUTER)
