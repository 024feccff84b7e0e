"""Maintenance that comes again, as members see it: the rule, and the windows that it made."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, and_, func, select

from app.database.actor import Actor
from app.database.cursors import Cursor
from app.database.scope import Scope, organization_scope
from app.maintenance.models import (
    Maintenance,
    MaintenanceSeries,
    MaintenanceSeriesService,
)
from app.maintenance.queries import (
    AffectedRow,
    MaintenancePage,
    MaintenanceRow,
    page_of,
    read_page,
    read_rows,
    read_windows,
)
from app.maintenance.rules import OPEN, MaintenanceStage
from app.services.models import Service
from app.services.rules import ServiceStatus


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
        coming = read_windows(scope, [of_it, Maintenance.stage.in_(OPEN)])
        past = read_page(scope, [of_it, Maintenance.stage.not_in(OPEN)], after, latest_first=True)
        rows = read_rows(scope, [*coming, *past])
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
        past=page_of(rows[len(coming) :]),
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
