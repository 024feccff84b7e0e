"""Incidents and maintenance windows as visitors see them, read in a scope that is open."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from app import clock
from app.database.scope import Scope
from app.incidents.models import Incident, IncidentService, IncidentUpdate
from app.incidents.promises.rules import Promise, promise_state
from app.incidents.rules import status_of
from app.maintenance.models import Maintenance, MaintenanceService, MaintenanceUpdate
from app.maintenance.rules import RUNNING, MaintenanceStage
from app.pages.selection import shows_incident, shows_maintenance, shows_service
from app.pages.views import (
    AffectedView,
    IncidentView,
    MaintenanceUpdateView,
    MaintenanceView,
    PageAddress,
    UpdateView,
)
from app.services.models import Service
from app.services.rules import ServiceStatus
from app.text.languages import PageLanguage
from app.text.plain import plain_text
from app.translated.queries import translation_of

MOST_PLANNED_SHOWN = 10
"""Windows still to come on a page; the calendar has all."""


def read_incidents(scope: Scope, page: PageAddress, condition: ColumnElement[bool]) -> tuple[IncidentView, ...]:
    """The page's incidents for which `condition` holds and that are not deleted, latest first: two statements."""
    timelines = _read_timelines(scope, page, condition)
    affected = _read_affected(scope, page, timelines, [])
    return tuple(_incident_view(timeline, affected) for timeline in timelines.values())


def read_maintenance(scope: Scope, page: PageAddress, condition: ColumnElement[bool]) -> tuple[MaintenanceView, ...]:
    """The page's windows for which `condition` holds, soonest first: two statements."""
    windows = _read_windows(scope, page, condition)
    affected = _read_affected(scope, page, [], windows)
    return tuple(_maintenance_view(window, affected) for window in windows.values())


def read_incidents_and_maintenance(
    scope: Scope, page: PageAddress, incidents: ColumnElement[bool], maintenance: ColumnElement[bool]
) -> tuple[tuple[IncidentView, ...], tuple[MaintenanceView, ...]]:
    """Those incidents of the page, latest first, and those windows, soonest first: three statements."""
    timelines = _read_timelines(scope, page, incidents)
    windows = _read_windows(scope, page, maintenance)
    affected = _read_affected(scope, page, timelines, windows)
    return (
        tuple(_incident_view(timeline, affected) for timeline in timelines.values()),
        tuple(_maintenance_view(window, affected) for window in windows.values()),
    )


def shown_on_page(scope: Scope, page: PageAddress, now: datetime, since: datetime) -> ColumnElement[bool]:
    """Of a window: that it runs, or is one of the next to come, or ended after `since`.

    Of a series only the next one counts: one that comes each day would leave room for nothing else.
    """
    coming = (
        select(
            Maintenance.id,
            Maintenance.starts_at,
            func.row_number()
            .over(
                partition_by=func.coalesce(Maintenance.series_id, Maintenance.id),
                order_by=(Maintenance.starts_at, Maintenance.id),
            )
            .label("of_series"),
        )
        .where(
            Maintenance.organization_id == scope.organization_id,
            Maintenance.stage == MaintenanceStage.SCHEDULED,
            Maintenance.ends_at > now,
            shows_maintenance(page),
        )
        .subquery()
    )
    soonest = (
        select(coming.c.id)
        .where(coming.c.of_series == 1)
        .order_by(coming.c.starts_at, coming.c.id)
        .limit(MOST_PLANNED_SHOWN)
    )
    return or_(
        Maintenance.stage.in_(RUNNING),
        and_(Maintenance.stage == MaintenanceStage.COMPLETED, Maintenance.ends_at >= since),
        Maintenance.id.in_(soonest),
    )


@dataclass(frozen=True, slots=True)
class _Timeline:
    """An incident's row with its messages, newest first, and what it follows; words as the visitor reads them."""

    incident: Incident
    title: str
    follows_title: str | None
    updates: list[tuple[IncidentUpdate, str, PageLanguage | None]]
    """Each with its HTML, and what that is in if nobody has translated it."""


def _read_timelines(scope: Scope, page: PageAddress, condition: ColumnElement[bool]) -> dict[UUID, _Timeline]:
    """Incidents that are not deleted, latest first, with their messages: one statement."""
    followed = aliased(Incident)
    named, is_named = translation_of(Incident.id, Incident.organization_id, page.spoken)
    said, is_said = translation_of(IncidentUpdate.id, IncidentUpdate.organization_id, page.spoken)
    rows = scope.session.execute(
        select(Incident, named.title, followed.title, IncidentUpdate, said.html)
        .join(
            IncidentUpdate,
            and_(
                IncidentUpdate.organization_id == Incident.organization_id,
                IncidentUpdate.incident_id == Incident.id,
            ),
        )
        .outerjoin(named, is_named)
        .outerjoin(said, is_said)
        .outerjoin(
            followed,
            and_(
                followed.organization_id == Incident.organization_id,
                followed.id == Incident.follows_id,
                followed.deleted_at.is_(None),
                shows_incident(page, followed),
            ),
        )
        .where(
            Incident.organization_id == scope.organization_id,
            Incident.deleted_at.is_(None),
            shows_incident(page),
            condition,
        )
        .order_by(
            Incident.started_at.desc(), Incident.id.desc(), IncidentUpdate.posted_at.desc(), IncidentUpdate.id.desc()
        )
    )
    timelines: dict[UUID, _Timeline] = {}
    for incident, title, follows_title, update, html in rows:
        timeline = timelines.setdefault(incident.id, _Timeline(incident, title or incident.title, follows_title, []))
        timeline.updates.append((update, html or update.html, None if html else page.language))
    return timelines


@dataclass(frozen=True, slots=True)
class _Window:
    """A window's row with its messages, newest first; words as the page's visitor reads them."""

    maintenance: Maintenance
    title: str
    html: str
    language: PageLanguage | None
    updates: list[tuple[MaintenanceUpdate, str, PageLanguage | None]]
    """Each with its HTML, and what that is in if nobody has translated it."""


def _read_windows(scope: Scope, page: PageAddress, condition: ColumnElement[bool]) -> dict[UUID, _Window]:
    """Windows, soonest first, with their messages: one statement."""
    planned, is_planned = translation_of(Maintenance.id, Maintenance.organization_id, page.spoken)
    said, is_said = translation_of(MaintenanceUpdate.id, MaintenanceUpdate.organization_id, page.spoken)
    rows = scope.session.execute(
        select(Maintenance, planned.title, planned.html, MaintenanceUpdate, said.html)
        .outerjoin(
            MaintenanceUpdate,
            and_(
                MaintenanceUpdate.organization_id == Maintenance.organization_id,
                MaintenanceUpdate.maintenance_id == Maintenance.id,
            ),
        )
        .outerjoin(planned, is_planned)
        .outerjoin(said, is_said)
        .where(Maintenance.organization_id == scope.organization_id, shows_maintenance(page), condition)
        .order_by(
            Maintenance.starts_at, Maintenance.id, MaintenanceUpdate.posted_at.desc(), MaintenanceUpdate.id.desc()
        )
    )
    windows: dict[UUID, _Window] = {}
    for maintenance, title, plan, update, html in rows:
        window = windows.setdefault(
            maintenance.id,
            _Window(
                maintenance, title or maintenance.title, plan or maintenance.html, None if plan else page.language, []
            ),
        )
        if update is not None:
            window.updates.append((update, html or update.html, None if html else page.language))
    return windows


def _read_affected(
    scope: Scope, page: PageAddress, incident_ids: Iterable[UUID], maintenance_ids: Iterable[UUID]
) -> Mapping[UUID, list[AffectedView]]:
    """The page's services that each incident and each window touches, in the page's order."""
    touched = union_all(
        select(
            IncidentService.incident_id.label("by"),
            IncidentService.service_id.label("service"),
            IncidentService.status,
        ).where(
            IncidentService.organization_id == scope.organization_id,
            IncidentService.incident_id.in_(list(incident_ids)),
        ),
        select(
            MaintenanceService.maintenance_id,
            MaintenanceService.service_id,
            literal(ServiceStatus.UNDER_MAINTENANCE, IncidentService.status.type),
        ).where(
            MaintenanceService.organization_id == scope.organization_id,
            MaintenanceService.maintenance_id.in_(list(maintenance_ids)),
        ),
    ).subquery()
    rows = scope.session.execute(
        select(touched.c.by, Service.id, Service.name, touched.c.status)
        .join(Service, and_(Service.organization_id == scope.organization_id, Service.id == touched.c.service))
        .where(shows_service(page))
        .order_by(Service.position, Service.id)
    )
    affected: dict[UUID, list[AffectedView]] = defaultdict(list)
    for by, service_id, name, status in rows:
        affected[by].append(AffectedView(service_id, name, status))
    return affected


def _incident_view(timeline: _Timeline, affected: Mapping[UUID, Sequence[AffectedView]]) -> IncidentView:
    incident = timeline.incident
    touched = tuple(affected.get(incident.id, ()))
    return IncidentView(
        id=incident.id,
        title=timeline.title,
        stage=incident.stage,
        impact=incident.impact,
        status=status_of([service.status for service in touched], incident.impact, incident.stage),
        started_at=incident.started_at,
        resolved_at=incident.resolved_at,
        affected=touched,
        updates=tuple(
            UpdateView(update.id, update.stage, html, plain_text(html), update.posted_at, update.edited_at, language)
            for update, html, language in timeline.updates
        ),
        title_edited_at=incident.title_edited_at,
        next_update_at=incident.next_update_at,
        is_overdue=incident.next_update_at is not None
        and promise_state(incident.next_update_at, clock.now()) is Promise.OVERDUE,
        follows_id=incident.follows_id if timeline.follows_title is not None else None,
        follows_title=timeline.follows_title,
    )


def _maintenance_view(window: _Window, affected: Mapping[UUID, Sequence[AffectedView]]) -> MaintenanceView:
    maintenance = window.maintenance
    return MaintenanceView(
        id=maintenance.id,
        title=window.title,
        html=window.html,
        text=plain_text(window.html),
        stage=maintenance.stage,
        starts_at=maintenance.starts_at,
        ends_at=maintenance.ends_at,
        started_at=maintenance.started_at,
        completed_at=maintenance.completed_at,
        cancelled_at=maintenance.cancelled_at,
        edited_at=maintenance.edited_at,
        created_at=maintenance.created_at,
        changed_at=maintenance.changed_at,
        version=maintenance.version,
        is_repeating=maintenance.series_id is not None,
        affected=tuple(affected.get(maintenance.id, ())),
        updates=tuple(
            MaintenanceUpdateView(
                update.id, update.stage, html, plain_text(html), update.posted_at, update.edited_at, language
            )
            for update, html, language in window.updates
        ),
        language=window.language,
    )
