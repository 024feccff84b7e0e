"""Services as members see them: in the page's order, with all that was ever said of each."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, DateTime, Uuid, and_, cast, func, literal, select, tuple_, union_all
from sqlalchemy.orm import aliased

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.services.history import Change
from app.services.models import Service, ServiceGroup, StatusChange
from app.services.rules import WITHIN, ServiceStatus, Source, group_path

HISTORY_PAGE = 50


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service and what it shows now."""

    id: UUID
    name: str
    description: str
    group_id: UUID | None
    status: ServiceStatus
    since: datetime
    created_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group with its services; those without a group come in one whose `id` and `name` are None."""

    id: UUID | None
    name: str | None
    services: tuple[ServiceRow, ...]
    """Its own; those of groups in it are theirs."""
    parent_id: UUID | None = None
    """The group that it stands in."""
    parent_name: str | None = None

    @property
    def path(self) -> str | None:
        """Its name, behind that of the group that it stands in (`group_path`)."""
        return None if self.name is None else group_path(self.name, self.parent_name)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All services of an organization in the page's order, empty groups and archived services too.

    Groups that stand in another one come right after it.
    """

    groups: tuple[GroupRow, ...]
    archived: tuple[ServiceRow, ...]

    @property
    def services(self) -> Iterator[ServiceRow]:
        """Those on the page, groups unfolded."""
        for group in self.groups:
            yield from group.services

    @property
    def named_groups(self) -> tuple[GroupRow, ...]:
        return tuple(group for group in self.groups if group.id is not None)


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One status change: who said it, when, through what and why."""

    id: int
    at: datetime
    old_status: ServiceStatus | None
    new_status: ServiceStatus
    source: Source
    actor_name: str
    comment: str
    incident_id: UUID | None
    entered_at: datetime | None
    """When it was written, if that was only learnt later."""


@dataclass(frozen=True, slots=True)
class ServiceChanges:
    """A service with a page of its changes, latest first; `next_page` asks for the earlier ones."""

    service: ServiceRow
    group_name: str | None
    changes: tuple[ChangeView, ...]
    next_page: int | None


def path_column() -> ColumnElement[str]:
    """The `GroupRow.path` of a `ServiceGroup`, worked out by the database."""
    parent = aliased(ServiceGroup)
    within = (
        select(parent.name + WITHIN)
        .where(parent.organization_id == ServiceGroup.organization_id, parent.id == ServiceGroup.parent_id)
        .correlate(ServiceGroup)
        .scalar_subquery()
    )
    return func.coalesce(within, "") + ServiceGroup.name


def get_catalogue(actor: Actor) -> Catalogue:
    """All services, in one consistent picture."""
    with organization_scope(actor, read_only=True) as scope:
        return read_catalogue(scope)


def read_catalogue(scope: Scope) -> Catalogue:
    """All services: two statements, however many there are."""
    mine = scope.organization_id
    groups = scope.session.execute(
        select(ServiceGroup.id, ServiceGroup.name, ServiceGroup.parent_id)
        .where(ServiceGroup.organization_id == mine)
        .order_by(ServiceGroup.position, ServiceGroup.id)
    ).all()
    services = scope.session.scalars(
        select(Service).where(Service.organization_id == mine).order_by(Service.position, Service.id)
    )
    members: dict[UUID | None, list[ServiceRow]] = defaultdict(list)
    archived = []
    for service in services:
        row = _row(service)
        if row.archived_at is None:
            members[row.group_id].append(row)
        else:
            archived.append(row)
    ungrouped = [GroupRow(None, None, tuple(members[None]))] if members[None] else []
    nested: dict[UUID, list[GroupRow]] = defaultdict(list)
    names = {group_id: name for group_id, name, _ in groups}
    for group_id, name, parent_id in groups:
        if parent_id is not None:
            inner = GroupRow(group_id, name, tuple(members[group_id]), parent_id, names[parent_id])
            nested[parent_id].append(inner)
    named = []
    for group_id, name, parent_id in groups:
        if parent_id is None:
            named += [GroupRow(group_id, name, tuple(members[group_id])), *nested[group_id]]
    return Catalogue((*ungrouped, *named), tuple(archived))


def get_service(actor: Actor, service_id: UUID) -> ServiceRow:
    """One service, archived or not.

    Raises:
        NotFound: no such service.
    """
    with organization_scope(actor, read_only=True) as scope:
        return _row(scope.get(Service, service_id))


def get_changes(actor: Actor, service_id: UUID, *, before: int | None = None) -> ServiceChanges:
    """A service with its changes, latest first; `before` is the `next_page` of the page above.

    Raises:
        NotFound: no such service.
    """
    with organization_scope(actor, read_only=True) as scope:
        service = scope.get(Service, service_id)
        group = scope.find(ServiceGroup, service.group_id) if service.group_id else None
        mine = StatusChange.organization_id == scope.organization_id
        query = select(StatusChange).where(mine, StatusChange.service_id == service_id)
        if before is not None:
            at = select(StatusChange.at).where(mine, StatusChange.id == before).scalar_subquery()
            query = query.where(tuple_(StatusChange.at, StatusChange.id) < tuple_(at, literal(before)))
        rows = scope.session.scalars(
            query.order_by(StatusChange.at.desc(), StatusChange.id.desc()).limit(HISTORY_PAGE + 1)
        ).all()
    shown = rows[:HISTORY_PAGE]
    return ServiceChanges(
        service=_row(service),
        group_name=group.name if group else None,
        changes=tuple(
            ChangeView(
                id=row.id,
                at=row.at,
                old_status=row.old_status,
                new_status=row.new_status,
                source=row.source,
                actor_name=row.actor_name,
                comment=row.comment,
                incident_id=row.incident_id,
                entered_at=row.entered_at,
            )
            for row in shown
        ),
        next_page=shown[-1].id if len(rows) > HISTORY_PAGE else None,
    )


def read_changes(scope: Scope, start: datetime, service_id: UUID | None = None) -> Mapping[UUID, list[Change]]:
    """Each service's changes from `start` on, after the one in force then: what its days are made from.

    Of one service, or of all that are not archived.

    Both halves walk the index once per service, so old history costs nothing.
    """
    mine = and_(
        Service.organization_id == scope.organization_id,
        Service.id == service_id if service_id else Service.archived_at.is_(None),
    )
    of_service = and_(StatusChange.organization_id == Service.organization_id, StatusChange.service_id == Service.id)
    before = (
        select(StatusChange.id, StatusChange.at, StatusChange.new_status)
        .where(of_service, StatusChange.at < start)
        .order_by(StatusChange.at.desc(), StatusChange.id.desc())
        .limit(1)
        .correlate(Service)
        .lateral()
    )
    within = select(Service.id.label("service"), StatusChange.id, StatusChange.at, StatusChange.new_status).where(
        mine, of_service, StatusChange.at >= start
    )
    in_force = select(Service.id.label("service"), before.c.id, before.c.at, before.c.new_status).where(mine)
    both = union_all(within, in_force.select_from(Service).join(before, literal(True))).subquery()
    changes: dict[UUID, list[Change]] = defaultdict(list)
    rows = scope.session.execute(
        select(both.c.service, both.c.at, both.c.new_status).order_by(both.c.service, both.c.at, both.c.id)
    )
    for service, at, status in rows:
        changes[service].append(Change(at, status))
    return changes


def read_changes_of(scope: Scope, since: Mapping[UUID, datetime]) -> Mapping[UUID, list[Change]]:
    """The changes of each of these services from a moment of its own on, after the one in force then: one statement."""
    wanted = select(
        func.unnest(cast(list(since), ARRAY(Uuid))).label("service"),
        func.unnest(cast(list(since.values()), ARRAY(DateTime(timezone=True)))).label("since"),
    ).subquery()
    mine = and_(StatusChange.organization_id == scope.organization_id, StatusChange.service_id == wanted.c.service)
    in_force = (
        select(StatusChange.id, StatusChange.at, StatusChange.new_status)
        .where(mine, StatusChange.at < wanted.c.since)
        .order_by(StatusChange.at.desc(), StatusChange.id.desc())
        .limit(1)
        .correlate(wanted)
        .lateral()
    )
    within = select(wanted.c.service, StatusChange.id, StatusChange.at, StatusChange.new_status).where(
        mine, StatusChange.at >= wanted.c.since
    )
    before = select(wanted.c.service, in_force.c.id, in_force.c.at, in_force.c.new_status)
    both = union_all(within, before.select_from(wanted).join(in_force, literal(True))).subquery()
    changes: dict[UUID, list[Change]] = {service_id: [] for service_id in since}
    rows = scope.session.execute(
        select(both.c.service, both.c.at, both.c.new_status).order_by(both.c.service, both.c.at, both.c.id)
    )
    for service, at, status in rows:
        changes[service].append(Change(at, status))
    return changes


def _row(service: Service) -> ServiceRow:
    return ServiceRow(
        id=service.id,
        name=service.name,
        description=service.description,
        group_id=service.group_id,
        status=service.status,
        since=service.status_since,
        created_at=service.created_at,
        archived_at=service.archived_at,
    )
