"""Which of an organization's services a page names, and in which order. Pure functions over plain values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.services.queries import Catalogue


class ItemKind(StrEnum):
    """What a page names."""

    SERVICE = "service"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Item:
    """A service, or a group with whatever is in it, now or later."""

    kind: ItemKind
    id: UUID

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id}"


def find_item(text: str) -> Item | None:
    """The item that a form's field names, if it is one."""
    kind, _, written = text.partition(":")
    try:
        return Item(ItemKind(kind), UUID(written))
    except ValueError:
        return None


def without_doubles(items: Sequence[Item], catalogue: Catalogue) -> tuple[Item, ...]:
    """Each item once, and only where nothing else of them brings it: what is in a group comes with the group.

    What the organization does not have, or has archived, is left out.
    """
    named = set(items)
    parents = {group.id: group.parent_id for group in catalogue.named_groups}
    homes = {service.id: service.group_id for service in catalogue.services}

    def is_known(item: Item) -> bool:
        return item.id in (homes if item.kind is ItemKind.SERVICE else parents)

    def comes_with_a_group(item: Item) -> bool:
        group = homes[item.id] if item.kind is ItemKind.SERVICE else parents[item.id]
        outer = parents[group] if group else None
        return any(one is not None and Item(ItemKind.GROUP, one) in named for one in (group, outer))

    return tuple(item for item in dict.fromkeys(items) if is_known(item) and not comes_with_a_group(item))


def shown_services(items: Iterable[Item], catalogue: Catalogue) -> frozenset[UUID]:
    """The services that these items show at present."""
    named = set(items)
    shown = set()
    for group in catalogue.groups:
        holders = (one for one in (group.id, group.parent_id) if one is not None)
        whole = any(Item(ItemKind.GROUP, one) in named for one in holders)
        shown |= {one.id for one in group.services if whole or Item(ItemKind.SERVICE, one.id) in named}
    return frozenset(shown)


def moved(items: Sequence[Item], item: Item, up: bool) -> tuple[Item, ...]:
    """The items with one of them a place further up or down; at the edge it stays where it is."""
    order = list(items)
    if item not in order:
        return tuple(order)
    here = order.index(item)
    there = here - 1 if up else here + 1
    if 0 <= there < len(order):
        order[here], order[there] = order[there], order[here]
    return tuple(order)
