"""Maintenance as members see it. What visitors see is made in `app.pages.windows`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, tuple_

from app.database.actor import Actor
from app.database.cursors import Cursor
from app.database.scope import Scope, organization_scope
from app.maintenance.models import (
    Maintenance,
    MaintenanceService,
)
from app.maintenance.rules import OPEN, RUNNING, MaintenanceStage
from app.services.models import Service
from app.services.rules import ServiceStatus

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class AffectedRow:
    """A service that a window touches, and what it shows now."""

    service_id: UUID
    name: str
    shown: ServiceStatus


@dataclass(frozen=True, slots=True)
class MaintenanceRow:
    """A window in a list."""

    id: UUID
    title: str
    stage: MaintenanceStage
    starts_at: datetime
    """As planned, like `ends_at`."""
    ends_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    auto_start: bool
    auto_complete: bool
    series_id: UUID | None
    original_start: datetime | None
    follows_series: bool
    """Of an occurrence: nobody has moved, edited or skipped it."""
    affected: tuple[AffectedRow, ...]

    @property
    def running(self) -> bool:
        return self.stage in RUNNING

    @property
    def moved(self) -> bool:
        """Whether it is an occurrence that begins at another time than its series lets it."""
        return self.original_start is not None and self.original_start != self.starts_at

    def overruns(self, now: datetime) -> bool:
        """Whether its end has passed and nobody, nor the clock, has ended it."""
        return self.stage in OPEN and self.ends_at <= now


@dataclass(frozen=True, slots=True)
class MaintenancePage:
    """Some windows of a list, and where it goes on."""

    rows: tuple[MaintenanceRow, ...]
    next_page: Cursor | None


@dataclass(frozen=True, slots=True)
class MaintenanceList:
    """What runs, what is to come (soonest first) and what is over (latest first)."""

    running: tuple[MaintenanceRow, ...]
    upcoming: MaintenancePage
    past: MaintenancePage


def list_maintenances(actor: Actor) -> MaintenanceList:
    """The first page of everything: four statements."""
    with organization_scope(actor, read_only=True) as scope:
        running = read_windows(scope, [Maintenance.stage.in_(RUNNING)])
        upcoming = read_page(scope, [Maintenance.stage == MaintenanceStage.SCHEDULED], None)
        past = read_page(scope, [Maintenance.stage.not_in(OPEN)], None, latest_first=True)
        rows = read_rows(scope, [*running, *upcoming, *past])
    begun, ahead = rows[: len(running)], rows[len(running) : len(running) + len(upcoming)]
    return MaintenanceList(begun, page_of(ahead), page_of(rows[len(running) + len(upcoming) :]))


def list_upcoming(actor: Actor, *, after: Cursor) -> MaintenancePage:
    """More windows to come."""
    with organization_scope(actor, read_only=True) as scope:
        return page_of(read_rows(scope, read_page(scope, [Maintenance.stage == MaintenanceStage.SCHEDULED], after)))


def list_past(actor: Actor, *, after: Cursor) -> MaintenancePage:
    """More windows that are over."""
    with organization_scope(actor, read_only=True) as scope:
        found = read_page(scope, [Maintenance.stage.not_in(OPEN)], after, latest_first=True)
        return page_of(read_rows(scope, found))


def read_current(scope: Scope, now: datetime, *, ahead: timedelta = timedelta()) -> tuple[MaintenanceRow, ...]:
    """Windows that run, and those that nobody has begun though it is time, the first planned first: two statements.

    With `ahead`, those that begin within so long as well.
    """
    is_near = and_(Maintenance.stage == MaintenanceStage.SCHEDULED, Maintenance.starts_at <= now + ahead)
    return read_rows(scope, read_windows(scope, [or_(Maintenance.stage.in_(RUNNING), is_near)]))


def read_windows(scope: Scope, conditions: Sequence[ColumnElement[bool]]) -> Sequence[Maintenance]:
    """The windows for which all of this is true, soonest first."""
    return scope.session.scalars(
        select(Maintenance)
        .where(Maintenance.organization_id == scope.organization_id, *conditions)
        .order_by(Maintenance.starts_at, Maintenance.id)
    ).all()


def read_page(
    scope: Scope,
    conditions: Sequence[ColumnElement[bool]],
    after: Cursor | None,
    *,
    latest_first: bool = False,
) -> Sequence[Maintenance]:
    """A page and one more, which shows that the list goes on."""
    place = tuple_(Maintenance.starts_at, Maintenance.id)
    query = select(Maintenance).where(Maintenance.organization_id == scope.organization_id, *conditions)
    if after is not None:
        border = tuple_(after.at, after.id)
        query = query.where(place < border if latest_first else place > border)
    if latest_first:
        query = query.order_by(Maintenance.starts_at.desc(), Maintenance.id.desc())
    else:
        query = query.order_by(Maintenance.starts_at, Maintenance.id)
    return scope.session.scalars(query.limit(PAGE_SIZE + 1)).all()


def page_of(rows: tuple[MaintenanceRow, ...]) -> MaintenancePage:
    """The first of these rows as a page, with what asks for the next one."""
    shown = rows[:PAGE_SIZE]
    return MaintenancePage(shown, Cursor(shown[-1].starts_at, shown[-1].id) if len(rows) > PAGE_SIZE else None)


def read_rows(scope: Scope, windows: Sequence[Maintenance]) -> tuple[MaintenanceRow, ...]:
    """Windows with the services that they touch: one statement more."""
    affected = _read_affected(scope, [window.id for window in windows])
    return tuple(
        MaintenanceRow(
            id=window.id,
            title=window.title,
            stage=window.stage,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            started_at=window.started_at,
            completed_at=window.completed_at,
            cancelled_at=window.cancelled_at,
            auto_start=window.auto_start,
            auto_complete=window.auto_complete,
            series_id=window.series_id,
            original_start=window.original_start,
            follows_series=window.follows_series,
            affected=tuple(affected[window.id]),
        )
        for window in windows
    )


def _read_affected(scope: Scope, maintenance_ids: Sequence[UUID]) -> defaultdict[UUID, list[AffectedRow]]:
    rows = scope.session.execute(
        select(MaintenanceService.maintenance_id, Service.id, Service.name, Service.status)
        .join(
            Service,
            and_(
                Service.organization_id == MaintenanceService.organization_id,
                Service.id == MaintenanceService.service_id,
            ),
        )
        .where(
            MaintenanceService.organization_id == scope.organization_id,
            MaintenanceService.maintenance_id.in_(maintenance_ids),
        )
        .order_by(Service.position, Service.id)
    )
    affected: defaultdict[UUID, list[AffectedRow]] = defaultdict(list)
    for maintenance_id, service_id, name, shown in rows:
        affected[maintenance_id].append(AffectedRow(service_id, name, shown))
    return affected
