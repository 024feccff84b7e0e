"""The services that a page shows, in its order: groups fold them, and groups in groups fold those."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, select
from sqlalchemy.orm import aliased

from app.database.outbox import Revision
from app.database.scope import Scope
from app.errors import NotFound
from app.pages.address import PageAddress
from app.pages.models import PageItem
from app.pages.selection import shows_service
from app.pages.views import GroupView, ServiceView
from app.services.history import Weights
from app.services.models import Service, ServiceGroup
from app.services.rollups.views import DaysOf
from app.services.rules import worst

STRIP_DAYS = 90


@dataclass(frozen=True, slots=True)
class ShownService:
    """A service with where it stands on the page."""

    service: Service
    groups: tuple[ServiceGroup, ...]
    """Those that fold it there, the outer one first; none, one or two."""
    position: int
    """Of what names it among the page's items; 0 for all on a page that shows everything."""


def read_services(scope: Scope, page: PageAddress) -> tuple[int, list[ShownService]]:
    """The revision and, in the page's order, its services. One statement: it also finds nothing.

    Raises:
        NotFound: the organization is gone.
    """
    mine = scope.organization_id
    parent = aliased(ServiceGroup)
    own, of_group, of_parent = aliased(PageItem), aliased(PageItem), aliased(PageItem)
    rows = scope.session.execute(
        select(
            Revision.number,
            Service,
            ServiceGroup,
            parent,
            func.coalesce(of_parent.position, of_group.position, own.position, 0),
            of_parent.id.is_not(None),
            of_group.id.is_not(None),
        )
        .select_from(Revision)
        .outerjoin(Service, and_(Service.organization_id == mine, Service.archived_at.is_(None), shows_service(page)))
        .outerjoin(ServiceGroup, and_(ServiceGroup.organization_id == mine, ServiceGroup.id == Service.group_id))
        .outerjoin(parent, and_(parent.organization_id == mine, parent.id == ServiceGroup.parent_id))
        .outerjoin(own, and_(*_items(own, page), own.service_id == Service.id))
        .outerjoin(of_group, and_(*_items(of_group, page), of_group.group_id == ServiceGroup.id))
        .outerjoin(of_parent, and_(*_items(of_parent, page), of_parent.group_id == parent.id))
        .where(Revision.organization_id == mine)
    ).all()
    if not rows:
        raise NotFound
    shown = []
    for _, service, group, outer, position, by_parent, by_group in rows:
        if service is not None:
            all_groups = tuple(one for one in (outer, group) if one is not None)
            if page.shows_all or by_parent:
                shown.append(ShownService(service, all_groups, position))
            else:
                shown.append(ShownService(service, all_groups[-1:] if by_group else (), position))
    return rows[0][0], sorted(shown, key=_place)


def fold(shown: Sequence[ShownService], days: Mapping[UUID, DaysOf], weights: Weights) -> tuple[GroupView, ...]:
    """Services that follow each other with the same group fold together; those without one are told one by one."""
    folded = []
    for _, services in groupby(shown, key=lambda one: (one.position, one.groups[0].id) if one.groups else None):
        members = list(services)
        inner = [list(of_inner) for _, of_inner in groupby(members, key=lambda one: [group.id for group in one.groups])]
        if not members[0].groups:
            folded.append(_group_view(None, members, (), days, weights))
            continue
        direct = [one for one in members if len(one.groups) == 1]
        nested = tuple(_group_view(some[0].groups[1], some, (), days, weights) for some in inner if some[0].groups[1:])
        folded.append(_group_view(members[0].groups[0], direct, nested, days, weights))
    return tuple(folded)


def make_service_view(service: Service, days: DaysOf, weights: Weights) -> ServiceView:
    """One service with its strip of days; `weights` are the page's."""
    return ServiceView(
        id=service.id,
        name=service.name,
        description=service.description,
        status=service.status,
        since=service.status_since,
        days=days.days,
        uptime=days.uptime(weights),
    )


def _items(item: type[PageItem], page: PageAddress) -> tuple[ColumnElement[bool], ...]:
    """What holds for each item of the page; on a page that shows everything they do not count."""
    return (item.organization_id == page.organization_id, item.page_id == page.page_id, literal(not page.shows_all))


def _place(one: ShownService) -> tuple[object, ...]:
    """What the page's order goes by: items, then groups, what is in none before them, then services."""
    groups = tuple((1, group.position, group.id) for group in one.groups)
    # In a group its own services come before the groups in it, like those without a group come before all groups.
    return (one.position, *groups, (0, one.service.position, one.service.id))


def _group_view(
    group: ServiceGroup | None,
    members: Sequence[ShownService],
    nested: tuple[GroupView, ...],
    days: Mapping[UUID, DaysOf],
    weights: Weights,
) -> GroupView:
    services = tuple(make_service_view(one.service, days[one.service.id], weights) for one in members)
    status = worst([*(service.status for service in services), *(inner.status for inner in nested)])
    return GroupView(group.id if group else None, group.name if group else None, status, services, nested)
