"""The windows of a series: those that are near are planned, and change with it until they begin.

One that somebody moved, edited or skipped no longer does (decision 0016).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from app.database.scope import Scope
from app.edits.rules import Subject
from app.maintenance.details import MaintenanceDetails, apply_details, differs, new_window
from app.maintenance.models import Maintenance, MaintenanceSeries, MaintenanceSeriesService
from app.maintenance.recurrences import Recurrence, starts, upcoming
from app.maintenance.rules import MaintenanceStage
from app.maintenance.windows import change_stage, read_service_ids, touch, write_service_ids
from app.translated.actions import copy_translations, keep_translations


def recurrence_of(series: MaintenanceSeries) -> Recurrence:
    """By which rule it comes again."""
    return Recurrence(series.rule, series.first_start, ZoneInfo(series.time_zone))


def plan_occurrences(
    scope: Scope,
    series: MaintenanceSeries,
    recurrence: Recurrence,
    service_ids: Collection[UUID],
    now: datetime,
) -> list[Maintenance]:
    """Plan the near occurrences that are not there yet, or that an earlier edit had dropped; says which."""
    near, series.due_at = upcoming(recurrence, now)
    there = {window.original_start: window for window in _read_at(scope, series, near)}
    planned, new = [], []
    for at in near:
        window = there.get(at)
        details = _details_of(series, at, service_ids)
        if window is None:
            window = new_window(details, now, by=scope.actor)
            window.series_id, window.original_start, window.follows_series = series.id, at, True
            scope.session.add(window)
            new.append(window)
        elif window.stage is MaintenanceStage.CANCELLED and window.follows_series:
            window.stage, window.cancelled_at = MaintenanceStage.SCHEDULED, None
            apply_details(scope, window, details, now)
        else:
            continue
        touch(window, now)
        scope.session.flush()
        write_service_ids(scope, window, service_ids)
        planned.append(window)
    copy_translations(scope, Subject.MAINTENANCE, source_id=series.id, target_ids=[window.id for window in new])
    return planned


def follow_series(
    scope: Scope,
    recurrence: Recurrence,
    occurrences: Sequence[Maintenance],
    details: MaintenanceDetails,
    now: datetime,
) -> None:
    """Change the occurrences that are planned already with their series; those that it does not have any more go."""
    last = max((window.original_start for window in occurrences if window.original_start), default=now)
    kept = set(takewhile(lambda at: at <= last, starts(recurrence, after=now)))
    for window in occurrences:
        if window.original_start not in kept:
            drop_window(window, now)
            continue
        own = replace(details, starts_at=window.original_start, ends_at=window.original_start + details.length)
        before = read_service_ids(scope, window)
        translated = keep_translations(scope, Subject.MAINTENANCE, window.id, own.translations)
        if differs(window, own, before) or translated:
            apply_details(scope, window, own, now)
            touch(window, now)
            write_service_ids(scope, window, own.service_ids)


def drop_window(window: Maintenance, now: datetime) -> None:
    """Cancel an occurrence, of which whoever calls this tells."""
    change_stage(window, MaintenanceStage.CANCELLED, now)
    touch(window, now)


def lock_coming(scope: Scope, series: MaintenanceSeries, now: datetime) -> Sequence[Maintenance]:
    """The planned occurrences that change with their series, locked."""
    return [
        window
        for window in lock_scheduled(scope, series)
        if window.follows_series and window.original_start is not None and window.original_start > now
    ]


def lock_scheduled(scope: Scope, series: MaintenanceSeries) -> Sequence[Maintenance]:
    """All planned occurrences that have not begun, soonest first, locked."""
    return scope.session.scalars(
        select(Maintenance)
        .where(
            Maintenance.organization_id == scope.organization_id,
            Maintenance.series_id == series.id,
            Maintenance.stage == MaintenanceStage.SCHEDULED,
        )
        .order_by(Maintenance.starts_at, Maintenance.id)
        .with_for_update()
    ).all()


def read_series_services(scope: Scope, series: MaintenanceSeries) -> frozenset[UUID]:
    """The ids of the services that its next occurrences touch."""
    return frozenset(
        scope.session.scalars(
            select(MaintenanceSeriesService.service_id).where(
                MaintenanceSeriesService.organization_id == scope.organization_id,
                MaintenanceSeriesService.series_id == series.id,
            )
        )
    )


def write_series_services(scope: Scope, series: MaintenanceSeries, service_ids: Collection[UUID]) -> None:
    """Have them touch these from now on."""
    before = read_series_services(scope, series)
    if gone := before - set(service_ids):
        scope.session.execute(
            delete(MaintenanceSeriesService).where(
                MaintenanceSeriesService.organization_id == scope.organization_id,
                MaintenanceSeriesService.series_id == series.id,
                MaintenanceSeriesService.service_id.in_(gone),
            )
        )
    scope.session.add_all(
        MaintenanceSeriesService(organization_id=scope.organization_id, series_id=series.id, service_id=service_id)
        for service_id in sorted(set(service_ids) - before)
    )
    scope.session.flush()


def _details_of(series: MaintenanceSeries, starts_at: datetime, service_ids: Collection[UUID]) -> MaintenanceDetails:
    """The details of the occurrence that begins then. It lasts as long in hours, also when the clocks change."""
    return MaintenanceDetails(
        title=series.title,
        message=series.message,
        starts_at=starts_at,
        ends_at=starts_at + series.length,
        service_ids=service_ids,
        reminders=[timedelta(minutes=minutes) for minutes in series.lead_minutes],
        auto_start=series.auto_start,
        auto_complete=series.auto_complete,
        expects_failures=series.expects_failures,
        notify=series.notify,
    )


def _read_at(scope: Scope, series: MaintenanceSeries, original_starts: Collection[datetime]) -> Sequence[Maintenance]:
    return scope.session.scalars(
        select(Maintenance)
        .where(
            Maintenance.organization_id == scope.organization_id,
            Maintenance.series_id == series.id,
            Maintenance.original_start.in_(original_starts),
        )
        .with_for_update()
    ).all()
