"""Incidents and maintenance windows as visitors see them, read in a scope that is open."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from app.database.scope import Scope
from app.incidents.models import Incident, IncidentService, IncidentUpdate
from app.incidents.rules import status_of
from app.maintenance.models import Maintenance, MaintenanceService
from app.maintenance.rules import RUNNING, MaintenanceStage
from app.pages.views import AffectedView, IncidentView, MaintenanceView, UpdateView
from app.services.models import Service
from app.services.rules import ServiceStatus
from app.text.plain import plain_text


def read_incidents(scope: Scope, condition: ColumnElement[bool]) -> tuple[IncidentView, ...]:
    """The incidents for which `condition` holds and that are not deleted, latest first: two statements."""
    timelines = _read_timelines(scope, condition)
    affected = _read_affected(scope, timelines, [])
    return tuple(_incident_view(timeline, affected) for timeline in timelines.values())


def read_incidents_and_maintenance(
    scope: Scope, condition: ColumnElement[bool], now: datetime
) -> tuple[tuple[IncidentView, ...], tuple[MaintenanceView, ...]]:
    """Those incidents, and the windows that run at `now` or are still to come, soonest first: three statements."""
    timelines = _read_timelines(scope, condition)
    windows = _read_windows(scope, now)
    affected = _read_affected(scope, timelines, [window.id for window in windows])
    return (
        tuple(_incident_view(timeline, affected) for timeline in timelines.values()),
        tuple(_maintenance_view(window, affected) for window in windows),
    )


@dataclass(frozen=True, slots=True)
class _Timeline:
    """An incident's row with its messages, newest first, and what it follows."""

    incident: Incident
    follows_title: str | None
    updates: list[IncidentUpdate]


def _read_timelines(scope: Scope, condition: ColumnElement[bool]) -> dict[UUID, _Timeline]:
    """Incidents that are not deleted, latest first, with their messages: one statement."""
    followed = aliased(Incident)
    rows = scope.session.execute(
        select(Incident, followed.title, IncidentUpdate)
        .join(
            IncidentUpdate,
            and_(
                IncidentUpdate.organization_id == Incident.organization_id,
                IncidentUpdate.incident_id == Incident.id,
            ),
        )
        .outerjoin(
            followed,
            and_(
                followed.organization_id == Incident.organization_id,
                followed.id == Incident.follows_id,
                followed.deleted_at.is_(None),
            ),
        )
        .where(Incident.organization_id == scope.organization_id, Incident.deleted_at.is_(None), condition)
        .order_by(
            Incident.started_at.desc(), Incident.id.desc(), IncidentUpdate.posted_at.desc(), IncidentUpdate.id.desc()
        )
    )
    timelines: dict[UUID, _Timeline] = {}
    for incident, follows_title, update in rows:
        timelines.setdefault(incident.id, _Timeline(incident, follows_title, [])).updates.append(update)
    return timelines


def _read_windows(scope: Scope, now: datetime) -> Sequence[Maintenance]:
    """Windows that run or are still to come, soonest first."""
    return scope.session.scalars(
        select(Maintenance)
        .where(
            Maintenance.organization_id == scope.organization_id,
            Maintenance.stage != MaintenanceStage.COMPLETED,
            or_(Maintenance.ends_at > now, Maintenance.stage.in_(RUNNING)),
        )
        .order_by(Maintenance.starts_at, Maintenance.id)
    ).all()


def _read_affected(
    scope: Scope, incident_ids: Iterable[UUID], maintenance_ids: Iterable[UUID]
) -> Mapping[UUID, list[AffectedView]]:
    """The services that each incident and each window touches, in the page's order."""
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
        title=incident.title,
        stage=incident.stage,
        impact=incident.impact,
        status=status_of([service.status for service in touched], incident.impact, incident.stage),
        started_at=incident.started_at,
        resolved_at=incident.resolved_at,
        affected=touched,
        updates=tuple(
            UpdateView(
                update.id, update.stage, update.html, plain_text(update.html), update.posted_at, update.edited_at
            )
            for update in timeline.updates
        ),
        follows_id=incident.follows_id if timeline.follows_title is not None else None,
        follows_title=timeline.follows_title,
    )


def _maintenance_view(window: Maintenance, affected: Mapping[UUID, Sequence[AffectedView]]) -> MaintenanceView:
    return MaintenanceView(
        id=window.id,
        title=window.title,
        html=window.html,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        running=window.stage in RUNNING,
        affected=tuple(affected.get(window.id, ())),
    )
