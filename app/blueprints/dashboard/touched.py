"""The part of a form that says which services a window touches: boxes to tick, in the page's groups.

Fields are `services`, once for each service; `services-listed` says that the form had them at all.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from flask import request

from app.blueprints.dashboard.forms import find_uuid
from app.errors import NotFound
from app.services.queries import GroupRow, get_catalogue
from app.web.members import current_member

FIELD = "services"
MANY = 12
"""With more services than this, there is a field to find them by name."""


@dataclass(frozen=True, slots=True)
class TouchedServices:
    """All services that can be ticked, in their groups, and those that are."""

    groups: tuple[GroupRow, ...]
    chosen: frozenset[UUID]

    @property
    def names(self) -> tuple[str, ...]:
        """Those of the services that are ticked."""
        return tuple(service.name for group in self.groups for service in group.services if service.id in self.chosen)

    @property
    def are_many(self) -> bool:
        return sum(len(group.services) for group in self.groups) > MANY


def read_touched() -> TouchedServices:
    """What is ticked in the form of this request.

    Raises:
        NotFound: a field names a service that is missing or another organization's.
    """
    return touched(_service_id(text) for text in request.form.getlist(FIELD))


def touched(service_ids: Iterable[UUID] = ()) -> TouchedServices:
    """The form with these services ticked; one that is archived is offered only where it was chosen before.

    Raises:
        NotFound: one of them is missing or another organization's.
    """
    chosen = frozenset(service_ids)
    catalogue = get_catalogue(current_member.actor)
    groups = [group for group in catalogue.groups if group.services]
    archived = tuple(service for service in catalogue.archived if service.id in chosen)
    if archived:
        groups.append(GroupRow(None, "Archived", archived))
    _check_known(chosen, groups)
    return TouchedServices(tuple(_chosen_first(groups, chosen)), chosen)


def _chosen_first(groups: list[GroupRow], chosen: Collection[UUID]) -> Iterator[GroupRow]:
    """Of many services those that are ticked stand before the others, where nobody has to look for them."""
    services = [service for group in groups for service in group.services]
    if not chosen or len(services) <= MANY:
        yield from groups
        return
    yield GroupRow(None, "Chosen", tuple(service for service in services if service.id in chosen))
    for group in groups:
        if others := tuple(service for service in group.services if service.id not in chosen):
            yield replace(group, name=group.name or "Others", services=others)


def _check_known(chosen: Collection[UUID], groups: Iterable[GroupRow]) -> None:
    known = {service.id for group in groups for service in group.services}
    if not known.issuperset(chosen):
        raise NotFound


def _service_id(text: str) -> UUID:
    service_id = find_uuid(text)
    if service_id is None:
        raise NotFound
    return service_id
