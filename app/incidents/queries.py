"""Incidents as members see them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.orm import aliased

from app.database.actor import Actor
from app.database.cursors import Cursor
from app.database.scope import Scope, organization_scope
from app.errors import NotFound
from app.incidents.models import Incident, IncidentService, IncidentUpdate
from app.incidents.neighbours import read_neighbours
from app.incidents.outlook import AfterResolving, read_after_resolving
from app.incidents.postmortems.queries import PostmortemRow, find_postmortem
from app.incidents.promises.rules import Reminder, latest_reminder
from app.incidents.relations import Handler, find_handler, find_target, read_duplicates
from app.incidents.rules import Impact, Stage, status_of
from app.incidents.search import (
    EVERYTHING,
    Filters,
    Found,
    State,
    conditions_of,
    count_matching,
    read_oldest_start,
)
from app.incidents.views import IncidentLink, Neighbours
from app.services.models import Service
from app.services.rules import ServiceStatus

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class AffectedRow:
    """A service that an incident touches, what the incident asks for it, and what it shows."""

    service_id: UUID
    name: str
    asked: ServiceStatus
    shown: ServiceStatus


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident in a list."""

    id: UUID
    title: str
    stage: Stage
    impact: Impact
    status: ServiceStatus
    """The worst status it asks for; without services, what its impact suggests."""
    started_at: datetime
    resolved_at: datetime | None
    affected: tuple[AffectedRow, ...]
    last_update_at: datetime
    last_author: str
    next_update_at: datetime | None = None
    """When its newest update promised the next one."""
    is_duplicate: bool = False
    """Whether it was merged into another one."""

    def reminder(self, now: datetime) -> Reminder | None:
        """What the team is to be reminded of at `now`: a promised update, or a long silence."""
        return None if self.resolved_at else latest_reminder(self.last_update_at, self.next_update_at, now)

    @property
    def duration(self) -> timedelta | None:
        """How long it lasted, once resolved."""
        return self.resolved_at - self.started_at if self.resolved_at else None


@dataclass(frozen=True, slots=True)
class IncidentList:
    """Open incidents, and a page of the resolved ones, latest first. A list of open ones alone is paged like those."""

    open: tuple[IncidentRow, ...]
    more_open: bool
    past: tuple[IncidentRow, ...]
    next_page: Cursor | None
    found: Found
    oldest_start: datetime | None
    """When the first incident of all began, whatever the list is narrowed to."""


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """One public message with what only members see of it."""

    id: UUID
    stage: Stage
    message: str
    html: str
    notify: bool
    posted_at: datetime
    author_name: str
    edited_at: datetime | None
    entered_at: datetime | None
    """When it was really written, if it was given an earlier time."""
    version: int


@dataclass(frozen=True, slots=True)
class IncidentDetail:
    """All of one incident. `updates` are newest first."""

    row: IncidentRow
    version: int
    updates: tuple[UpdateRow, ...]
    reported_by: str
    follows_id: UUID | None
    follows_title: str | None
    followed_by: tuple[tuple[UUID, str], ...]
    after_resolving: tuple[AfterResolving, ...]
    """Empty once it is resolved."""
    neighbours: Neighbours
    postmortem: PostmortemRow | None
    """Draft or published; members see both."""
    handler: Handler | None
    merged_into: IncidentLink | None
    """Where a duplicate goes on."""
    merged_from: tuple[IncidentLink, ...]
    title_edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class ResolveTimes:
    """How long the incidents that began in the last 90 days took, and those of the 90 days before."""

    count: int
    mean: timedelta | None
    mean_before: timedelta | None


def list_incidents(actor: Actor, filters: Filters = EVERYTHING, *, after: Cursor | None = None) -> IncidentList:
    """One page. The open ones come on the first only; going on from a cursor costs the same on every page."""
    with organization_scope(actor, read_only=True) as scope:
        opened: tuple[IncidentRow, ...] = ()
        if filters.state is None and after is None:
            opened = _read_page(scope, replace(filters, state=State.OPEN), None)
        past = _read_page(scope, replace(filters, state=filters.state or State.RESOLVED), after)
        found = count_matching(scope, filters)
        oldest_start = read_oldest_start(scope)
    shown = past[:PAGE_SIZE]
    next_page = Cursor(shown[-1].started_at, shown[-1].id) if len(past) > PAGE_SIZE else None
    return IncidentList(opened[:PAGE_SIZE], len(opened) > PAGE_SIZE, shown, next_page, found, oldest_start)


def get_incident(actor: Actor, incident_id: UUID) -> IncidentDetail:
    """One incident.

    Raises:
        NotFound: no such incident, or it was deleted.
    """
    with organization_scope(actor, read_only=True) as scope:
        incident = scope.get(Incident, incident_id)
        if incident.deleted_at is not None:
            raise NotFound
        updates = _read_updates(scope, incident_id)
        follows = scope.find(Incident, incident.follows_id) if incident.follows_id else None
        followers = scope.session.execute(
            select(Incident.id, Incident.title)
            .where(
                Incident.organization_id == scope.organization_id,
                Incident.follows_id == incident_id,
                Incident.deleted_at.is_(None),
            )
            .order_by(Incident.started_at)
        )
        return IncidentDetail(
            row=_rows(scope, [(incident, updates[0].posted_at, updates[0].author_name)])[0],
            version=incident.version,
            updates=updates,
            reported_by=incident.created_by_name,
            follows_id=follows.id if follows and follows.deleted_at is None else None,
            follows_title=follows.title if follows and follows.deleted_at is None else None,
            followed_by=tuple((follower_id, title) for follower_id, title in followers),
            after_resolving=() if incident.resolved_at else read_after_resolving(scope, incident),
            neighbours=read_neighbours(scope, incident.started_at, incident.id),
            postmortem=find_postmortem(scope, incident.id),
            handler=find_handler(scope, incident),
            merged_into=find_target(scope, incident),
            merged_from=read_duplicates(scope, incident.id),
            title_edited_at=incident.title_edited_at,
        )


def read_open(scope: Scope) -> tuple[IncidentRow, ...]:
    """Incidents that are not resolved, latest first."""
    return _rows(scope, _read(scope, conditions_of(Filters(State.OPEN))))


def read_resolve_times(scope: Scope, now: datetime) -> ResolveTimes:
    """Mean time to resolve, of the last 90 days and of the 90 days before."""
    border = now - timedelta(days=90)
    length = Incident.resolved_at - Incident.started_at
    recent = Incident.started_at >= border
    count, mean, mean_before = scope.session.execute(
        select(
            func.count().filter(recent),
            func.avg(length).filter(recent),
            func.avg(length).filter(~recent),
        ).where(
            Incident.organization_id == scope.organization_id,
            Incident.started_at >= now - timedelta(days=180),
            Incident.resolved_at.is_not(None),
            Incident.merged_into_id.is_(None),
            Incident.deleted_at.is_(None),
        )
    ).one()
    return ResolveTimes(count, mean, mean_before)


def _read(
    scope: Scope, conditions: Iterable[ColumnElement[bool]], *, limit: int | None = None
) -> Sequence[tuple[Incident, datetime, str]]:
    """Incidents with their newest message's time and author, latest first."""
    # Chosen first: the newest messages are looked up for those of one page only.
    chosen = aliased(
        Incident,
        select(Incident)
        .where(Incident.organization_id == scope.organization_id, *conditions)
        .order_by(Incident.started_at.desc(), Incident.id.desc())
        .limit(limit)
        .subquery(),
    )
    newest = (
        select(IncidentUpdate.posted_at, IncidentUpdate.author_name)
        .where(IncidentUpdate.organization_id == chosen.organization_id, IncidentUpdate.incident_id == chosen.id)
        .order_by(IncidentUpdate.posted_at.desc(), IncidentUpdate.id.desc())
        .limit(1)
        .correlate(chosen)
        .lateral()
    )
    query = (
        select(chosen, newest.c.posted_at, newest.c.author_name)
        .join(newest, newest.c.posted_at.is_not(None))
        .order_by(chosen.started_at.desc(), chosen.id.desc())
    )
    return [(incident, posted_at, author) for incident, posted_at, author in scope.session.execute(query)]


def _read_page(scope: Scope, filters: Filters, after: Cursor | None) -> tuple[IncidentRow, ...]:
    """A page, and one more if there is another."""
    conditions = conditions_of(filters)
    if after is not None:
        conditions.append(tuple_(Incident.started_at, Incident.id) < tuple_(after.at, after.id))
    return _rows(scope, _read(scope, conditions, limit=PAGE_SIZE + 1))


def _rows(scope: Scope, found: Sequence[tuple[Incident, datetime, str]]) -> tuple[IncidentRow, ...]:
    affected = _read_affected(scope, [incident.id for incident, _, _ in found])
    return tuple(
        IncidentRow(
            id=incident.id,
            title=incident.title,
            stage=incident.stage,
            impact=incident.impact,
            status=status_of([service.asked for service in affected[incident.id]], incident.impact, incident.stage),
            started_at=incident.started_at,
            resolved_at=incident.resolved_at,
            affected=tuple(affected[incident.id]),
            last_update_at=last_update_at,
            last_author=last_author,
            next_update_at=incident.next_update_at,
            is_duplicate=incident.merged_into_id is not None,
        )
        for incident, last_update_at, last_author in found
    )


def _read_affected(scope: Scope, incident_ids: Sequence[UUID]) -> defaultdict[UUID, list[AffectedRow]]:
    affected: defaultdict[UUID, list[AffectedRow]] = defaultdict(list)
    if not incident_ids:
        return affected
    rows = scope.session.execute(
        select(IncidentService.incident_id, Service.id, Service.name, IncidentService.status, Service.status)
        .join(
            Service,
            and_(Service.organization_id == IncidentService.organization_id, Service.id == IncidentService.service_id),
        )
        .where(IncidentService.organization_id == scope.organization_id, IncidentService.incident_id.in_(incident_ids))
        .order_by(Service.position, Service.id)
    )
    for incident_id, service_id, name, asked, shown in rows:
        affected[incident_id].append(AffectedRow(service_id, name, asked, shown))
    return affected


def _read_updates(scope: Scope, incident_id: UUID) -> tuple[UpdateRow, ...]:
    rows = scope.session.scalars(
        select(IncidentUpdate)
        .where(IncidentUpdate.organization_id == scope.organization_id, IncidentUpdate.incident_id == incident_id)
        .order_by(IncidentUpdate.posted_at.desc(), IncidentUpdate.id.desc())
    )
    return tuple(
        UpdateRow(
            id=row.id,
            stage=row.stage,
            message=row.message,
            html=row.html,
            notify=row.notify,
            posted_at=row.posted_at,
            author_name=row.author_name,
            edited_at=row.edited_at,
            entered_at=row.entered_at,
            version=row.version,
        )
        for row in rows
    )
