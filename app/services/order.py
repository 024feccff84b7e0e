"""The page's order: where services stand within their group, and groups on the page."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.services.models import Service, ServiceGroup

Placed = TypeVar("Placed", Service, ServiceGroup)


class Direction(StrEnum):
    """Where a service or a group moves in the page's order."""

    UP = "up"
    DOWN = "down"


def move_service(service_id: UUID, direction: Direction, *, by: Actor) -> None:
    """Swap a service with its neighbour in the same group; at the edge it stays where it is.

    Raises:
        NotFound: no such service.
    """
    with organization_scope(by) as scope:
        lock_order(scope)
        service = scope.get(Service, service_id)
        _move(scope, service, _siblings(scope, service), direction)
        scope.record("service.moved", service, name=service.name)
        scope.emit("service.moved", {"service_id": str(service_id)})


def move_group(group_id: UUID, direction: Direction, *, by: Actor) -> None:
    """Swap a group with its neighbour in the same group, or on the page; at the edge it stays where it is.

    Raises:
        NotFound: no such group.
    """
    with organization_scope(by) as scope:
        lock_order(scope)
        group = scope.get(ServiceGroup, group_id)
        groups = scope.session.scalars(
            select(ServiceGroup)
            .where(
                ServiceGroup.organization_id == scope.organization_id,
                ServiceGroup.parent_id.is_not_distinct_from(group.parent_id),
            )
            .order_by(ServiceGroup.position, ServiceGroup.id)
        )
        _move(scope, group, groups.all(), direction)
        scope.record("service_group.moved", group, name=group.name)
        scope.emit("service_group.moved", {"group_id": str(group_id)})


def lock_order(scope: Scope) -> None:
    """The page's order changes one at a time: positions are read, then written."""
    scope.take_turns("service order")


def next_position(scope: Scope, table: type[Service] | type[ServiceGroup]) -> int:
    """Where the next service or group comes: after all others. Call `lock_order` before."""
    last = scope.session.scalar(select(func.max(table.position)).where(table.organization_id == scope.organization_id))
    return (last or 0) + 1


def _siblings(scope: Scope, service: Service) -> Sequence[Service]:
    return scope.session.scalars(
        select(Service)
        .where(
            Service.organization_id == scope.organization_id,
            Service.group_id.is_not_distinct_from(service.group_id),
            Service.archived_at.is_(None),
        )
        .order_by(Service.position, Service.id)
        .with_for_update()
    ).all()


def _move(scope: Scope, moved: Placed, row: Sequence[Placed], direction: Direction) -> None:
    order = list(row)
    if moved not in order:
        return
    here = order.index(moved)
    there = here + (1 if direction is Direction.DOWN else -1)
    if 0 <= there < len(order):
        order[here], order[there] = order[there], order[here]
    # Numbered anew as a whole: positions may have gaps or ties.
    for position, placed in enumerate(order, start=1):
        placed.position = position
