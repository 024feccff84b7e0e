"""Maintenance as members see it. What visitors see is made in `app.pages.timelines`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_

from app.database.actor import Actor
from app.database.cursors import Cursor
from app.database.scope import Scope, organization_scope
from app.edits.queries import EditRow, read_edits
from app.maintenance.models import (
    Maintenance,
    MaintenanceSeries,
    MaintenanceSeriesService,
    MaintenanceService,
    MaintenanceUpdate,
)
from app.maintenance.rules import OPEN, RUNNING, MaintenanceStage
from app.services.models import Service, StatusChange
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


@dataclass(frozen=True, slots=True)
class ReminderRow:
    """A reminder before the start. `is_past`: it was sent, or its time had passed when the window was planned."""

    lead: timedelta
    at: datetime
    is_past: bool


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """One public message with what only members see of it."""

    id: UUID
    stage: MaintenanceStage
    message: str
    html: str
    notify: bool
    posted_at: datetime
    author_name: str
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class EffectRow:
    """What a window made a service show, and when."""

    at: datetime
    service_name: str
    status: ServiceStatus
    actor_name: str


@dataclass(frozen=True, slots=True)
class MaintenanceDetail:
    """All of one window. `updates` and `effects` are newest first."""

    row: MaintenanceRow
    message: str
    html: str
    expects_failures: bool
    notify: bool
    reminders: tuple[ReminderRow, ...]
    version: int
    planned_by: str
    created_at: datetime
    edited_at: datetime | None
    overran_at: datetime | None
    updates: tuple[UpdateRow, ...]
    effects: tuple[EffectRow, ...]
    edits: tuple[EditRow, ...]
    """What its title and messages said before, latest first."""
    series_title: str | None
    series_rule: str | None


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series in a list."""

    id: UUID
    title: str
    rule: str
    time_zone: str
    first_start: datetime
    """What the clock on the wall shows: naive."""
    length: timedelta
    next_start: datetime | None
    """When the next occurrence begins, wherever it was moved; None when none is to come."""
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class SeriesDetail:
    """All of one series. `coming` are its open occurrences, soonest first; `past` the others, latest first."""

    row: SeriesRow
    message: str
    html: str
    leads: tuple[timedelta, ...]
    auto_start: bool
    auto_complete: bool
    expects_failures: bool
    notify: bool
    version: int
    planned_by: str
    created_at: datetime
    affected: tuple[AffectedRow, ...]
    coming: tuple[MaintenanceRow, ...]
    past: MaintenancePage


def list_maintenances(actor: Actor) -> MaintenanceList:
    """The first page of everything: four statements."""
    with organization_scope(actor, read_only=True) as scope:
        running = _read(scope, [Maintenance.stage.in_(RUNNING)])
        upcoming = _read_page(scope, [Maintenance.stage == MaintenanceStage.SCHEDULED], None)
        past = _read_page(scope, [Maintenance.stage.not_in(OPEN)], None, latest_first=True)
        rows = _rows(scope, [*running, *upcoming, *past])
    begun, ahead = rows[: len(running)], rows[len(running) : len(running) + len(upcoming)]
    return MaintenanceList(begun, _page(ahead), _page(rows[len(running) + len(upcoming) :]))


def list_upcoming(actor: Actor, *, after: Cursor) -> MaintenancePage:
    """More windows to come."""
    with organization_scope(actor, read_only=True) as scope:
        return _page(_rows(scope, _read_page(scope, [Maintenance.stage == MaintenanceStage.SCHEDULED], after)))


def list_past(actor: Actor, *, after: Cursor) -> MaintenancePage:
    """More windows that are over."""
    with organization_scope(actor, read_only=True) as scope:
        found = _read_page(scope, [Maintenance.stage.not_in(OPEN)], after, latest_first=True)
        return _page(_rows(scope, found))


def read_current(scope: Scope, now: datetime, *, ahead: timedelta = timedelta()) -> tuple[MaintenanceRow, ...]:
    """Windows that run, and those that nobody has begun though it is time, the first planned first: two statements.

    With `ahead`, those that begin within so long as well.
    """
    is_near = and_(Maintenance.stage == MaintenanceStage.SCHEDULED, Maintenance.starts_at <= now + ahead)
    return _rows(scope, _read(scope, [or_(Maintenance.stage.in_(RUNNING), is_near)]))


def get_maintenance(actor: Actor, maintenance_id: UUID) -> MaintenanceDetail:
    """One window, with what was said of it and what it did.

    Raises:
        NotFound: no such window.
    """
    with organization_scope(actor, read_only=True) as scope:
        window = scope.get(Maintenance, maintenance_id)
        series = scope.find(MaintenanceSeries, window.series_id) if window.series_id else None
        (row,) = _rows(scope, [window])
        updates = _read_updates(scope, maintenance_id)
        return MaintenanceDetail(
            row=row,
            message=window.message,
            html=window.html,
            expects_failures=window.expects_failures,
            notify=window.notify,
            reminders=tuple(_reminder(window, minutes) for minutes in window.lead_minutes),
            version=window.version,
            planned_by=window.created_by_name,
            created_at=window.created_at,
            edited_at=window.edited_at,
            overran_at=window.overran_at,
            updates=updates,
            effects=_read_effects(scope, maintenance_id),
            edits=_read_edits(scope, window, updates),
            series_title=series.title if series else None,
            series_rule=series.rule if series else None,
        )


def list_series(actor: Actor) -> tuple[SeriesRow, ...]:
    """Series that still go on, the latest first: two statements."""
    with organization_scope(actor, read_only=True) as scope:
        series = scope.session.scalars(
            select(MaintenanceSeries)
            .where(MaintenanceSeries.organization_id == scope.organization_id, MaintenanceSeries.ended_at.is_(None))
            .order_by(MaintenanceSeries.created_at.desc(), MaintenanceSeries.id)
        ).all()
        coming = scope.session.execute(
            select(Maintenance.series_id, func.min(Maintenance.starts_at))
            .where(
                Maintenance.organization_id == scope.organization_id,
                Maintenance.series_id.in_([one.id for one in series]),
                Maintenance.stage == MaintenanceStage.SCHEDULED,
            )
            .group_by(Maintenance.series_id)
        )
        next_starts = dict(coming.all())
    return tuple(_series_row(one, next_starts.get(one.id)) for one in series)


def get_series(actor: Actor, series_id: UUID, *, after: Cursor | None = None) -> SeriesDetail:
    """One series with its occurrences.

    Raises:
        NotFound: no such series.
    """
    with organization_scope(actor, read_only=True) as scope:
        series = scope.get(MaintenanceSeries, series_id)
        of_it = Maintenance.series_id == series_id
        coming = _read(scope, [of_it, Maintenance.stage.in_(OPEN)])
        past = _read_page(scope, [of_it, Maintenance.stage.not_in(OPEN)], after, latest_first=True)
        rows = _rows(scope, [*coming, *past])
        affected = tuple(AffectedRow(*row) for row in scope.session.execute(_affected_by_series(scope, series_id)))
    to_come = [window.starts_at for window in coming if window.stage is MaintenanceStage.SCHEDULED]
    return SeriesDetail(
        row=_series_row(series, min(to_come, default=None)),
        message=series.message,
        html=series.html,
        leads=tuple(timedelta(minutes=minutes) for minutes in series.lead_minutes),
        auto_start=series.auto_start,
        auto_complete=series.auto_complete,
        expects_failures=series.expects_failures,
        notify=series.notify,
        version=series.version,
        planned_by=series.created_by_name,
        created_at=series.created_at,
        affected=affected,
        coming=rows[: len(coming)],
        past=_page(rows[len(coming) :]),
    )


def _read(scope: Scope, conditions: Sequence[ColumnElement[bool]]) -> Sequence[Maintenance]:
    return scope.session.scalars(
        select(Maintenance)
        .where(Maintenance.organization_id == scope.organization_id, *conditions)
        .order_by(Maintenance.starts_at, Maintenance.id)
    ).all()


def _read_page(
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


def _page(rows: tuple[MaintenanceRow, ...]) -> MaintenancePage:
    shown = rows[:PAGE_SIZE]
    return MaintenancePage(shown, Cursor(shown[-1].starts_at, shown[-1].id) if len(rows) > PAGE_SIZE else None)


def _rows(scope: Scope, windows: Sequence[Maintenance]) -> tuple[MaintenanceRow, ...]:
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


def _read_updates(scope: Scope, maintenance_id: UUID) -> tuple[UpdateRow, ...]:
    rows = scope.session.scalars(
        select(MaintenanceUpdate)
        .where(
            MaintenanceUpdate.organization_id == scope.organization_id,
            MaintenanceUpdate.maintenance_id == maintenance_id,
        )
        .order_by(MaintenanceUpdate.posted_at.desc(), MaintenanceUpdate.id.desc())
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
        )
        for row in rows
    )


def _read_edits(scope: Scope, window: Maintenance, updates: Sequence[UpdateRow]) -> tuple[EditRow, ...]:
    texts = {(window.id, "title"): window.title, (window.id, "message"): window.message}
    return read_edits(scope, texts | {(update.id, "message"): update.message for update in updates})


def _read_effects(scope: Scope, maintenance_id: UUID) -> tuple[EffectRow, ...]:
    rows = scope.session.execute(
        select(StatusChange.at, Service.name, StatusChange.new_status, StatusChange.actor_name)
        .join(
            Service,
            and_(Service.organization_id == StatusChange.organization_id, Service.id == StatusChange.service_id),
        )
        .where(StatusChange.organization_id == scope.organization_id, StatusChange.maintenance_id == maintenance_id)
        .order_by(StatusChange.at.desc(), StatusChange.id.desc())
    )
    return tuple(EffectRow(*row) for row in rows)


def _reminder(window: Maintenance, minutes: int) -> ReminderRow:
    lead = timedelta(minutes=minutes)
    at = window.starts_at - lead
    return ReminderRow(
        lead, at, is_past=window.stage is not MaintenanceStage.SCHEDULED or at <= window.reminded_through
    )


def _series_row(series: MaintenanceSeries, next_start: datetime | None) -> SeriesRow:
    return SeriesRow(
        id=series.id,
        title=series.title,
        rule=series.rule,
        time_zone=series.time_zone,
        first_start=series.first_start,
        length=series.length,
        next_start=next_start,
        ended_at=series.ended_at,
    )


def _affected_by_series(scope: Scope, series_id: UUID) -> Select[UUID, str, ServiceStatus]:
    return (
        select(Service.id, Service.name, Service.status)
        .join(
            MaintenanceSeriesService,
            and_(
                MaintenanceSeriesService.organization_id == Service.organization_id,
                MaintenanceSeriesService.service_id == Service.id,
            ),
        )
        .where(
            MaintenanceSeriesService.organization_id == scope.organization_id,
            MaintenanceSeriesService.series_id == series_id,
        )
        .order_by(Service.position, Service.id)
    )
