"""One window of maintenance as members see it, with all that was said of it and what it did to its services."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.edits.queries import EditRow, read_edits
from app.maintenance.models import (
    Maintenance,
    MaintenanceSeries,
    MaintenanceUpdate,
)
from app.maintenance.queries import MaintenanceRow, read_rows
from app.maintenance.rules import MaintenanceStage
from app.services.models import Service, StatusChange
from app.services.rules import ServiceStatus
from app.translated.queries import read_wordings


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


def get_maintenance(actor: Actor, maintenance_id: UUID) -> MaintenanceDetail:
    """One window, with what was said of it and what it did.

    Raises:
        NotFound: no such window.
    """
    with organization_scope(actor, read_only=True) as scope:
        window = scope.get(Maintenance, maintenance_id)
        series = scope.find(MaintenanceSeries, window.series_id) if window.series_id else None
        (row,) = read_rows(scope, [window])
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
    texts |= {(update.id, "message"): update.message for update in updates}
    return read_edits(scope, texts | read_wordings(scope, [window.id, *(update.id for update in updates)]))


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
