"""Which services need which others: a graph without circles."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, insert, select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import Invalid, NotFound
from app.services.models import Service, ServiceDependency

MOST_NEEDED = 50

Needs = Mapping[UUID, frozenset[UUID]]
"""Each service that needs others, and which."""


def set_needs(service_id: UUID, needs_ids: Collection[UUID], *, by: Actor) -> None:
    """Say which services this one needs, in place of all that it needed before.

    Raises:
        NotFound: the service, or one that it shall need, is missing or another organization's.
        Invalid: too many, or one of them needs this service itself, straight or through others.
    """
    wanted = set(needs_ids)
    if len(wanted) > MOST_NEEDED:
        raise Invalid({"needs": f"Choose at most {MOST_NEEDED} services."})
    with organization_scope(by) as scope:
        _lock_graph(scope)
        service = scope.get(Service, service_id)
        names = _read_names(scope, wanted)
        graph = dict(read_needs(scope))
        before = graph.get(service_id, frozenset())
        if wanted == before:
            return
        graph[service_id] = frozenset(wanted)
        if circle := find_circle(graph, service_id):
            raise Invalid({"needs": _describe_circle([_read_name(scope, one) for one in circle])})
        mine = (ServiceDependency.organization_id == scope.organization_id, ServiceDependency.service_id == service_id)
        scope.session.execute(delete(ServiceDependency).where(*mine))
        if wanted:
            rows = [
                {"organization_id": scope.organization_id, "service_id": service_id, "needs_id": needs_id}
                for needs_id in sorted(wanted)
            ]
            scope.session.execute(insert(ServiceDependency), rows)
        gone = _read_names(scope, before)
        changes = {"needs": (sorted(gone.values()), sorted(names.values()))}
        scope.record("service.needs_changed", service, name=service.name, changes=changes)
        scope.emit("service.needs_changed", {"service_id": str(service_id)}, visible=False)


def read_needs(scope: Scope) -> Needs:
    """The organization's whole graph, in one statement."""
    rows = scope.session.execute(
        select(ServiceDependency.service_id, ServiceDependency.needs_id).where(
            ServiceDependency.organization_id == scope.organization_id
        )
    )
    needs: dict[UUID, set[UUID]] = defaultdict(set)
    for service_id, needs_id in rows:
        needs[service_id].add(needs_id)
    return {service_id: frozenset(found) for service_id, found in needs.items()}


def get_needs(actor: Actor, service_id: UUID) -> frozenset[UUID]:
    """The services that this one needs."""
    with organization_scope(actor, read_only=True) as scope:
        return read_needs(scope).get(service_id, frozenset())


def find_circle(needs: Needs, start: UUID) -> Sequence[UUID]:
    """The way from a service through what it needs back to itself, or nothing."""
    came_from: dict[UUID, UUID] = {}
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for there in sorted(needs.get(here, ())):
            if there == start:
                return [start, *_way(came_from, here, start), start]
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    return ()


def _way(came_from: Mapping[UUID, UUID], end: UUID, start: UUID) -> list[UUID]:
    way: list[UUID] = []
    while end != start:
        way.append(end)
        end = came_from[end]
    return way[::-1]


def _describe_circle(names: Iterable[str]) -> str:
    return f"That would be a circle: {' needs '.join(names)}."


def _lock_graph(scope: Scope) -> None:
    """One at a time: two changes that are fine by themselves may make a circle together."""
    scope.take_turns("service dependencies")


def _read_names(scope: Scope, service_ids: Collection[UUID]) -> dict[UUID, str]:
    """Their names.

    Raises:
        NotFound: one is missing or another organization's.
    """
    rows = scope.session.execute(
        select(Service.id, Service.name).where(
            Service.organization_id == scope.organization_id, Service.id.in_(service_ids)
        )
    )
    names = dict(rows.all())
    if names.keys() != set(service_ids):
        raise NotFound
    return names


def _read_name(scope: Scope, service_id: UUID) -> str:
    return scope.get(Service, service_id).name
