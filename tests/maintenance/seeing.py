"""What tests look at after something was done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.database.audit import AuditEntry
from app.database.outbox import Event
from app.database.scope import organization_scope
from app.maintenance.models import Maintenance, MaintenanceUpdate
from app.services.models import Service, ServiceClaim, StatusChange
from tests.builders import Team


def again(team: Team, window: Maintenance) -> Maintenance:
    """The window as it is now."""
    with organization_scope(team.actor()) as scope:
        return scope.get(Maintenance, window.id)


def events(team: Team, *, of: Maintenance | None = None) -> list[tuple[str, dict[str, Any]]]:
    """Kind and payload of all that was emitted about maintenance, in order."""
    with organization_scope(team.actor()) as scope:
        rows = scope.session.scalars(select(Event).order_by(Event.created_at, Event.revision, Event.id)).all()
    return [
        (event.kind, event.payload)
        for event in rows
        if event.kind.startswith("maintenance") and (of is None or event.payload.get("maintenance_id") == str(of.id))
    ]


def kinds(team: Team, *, of: Maintenance | None = None) -> list[str]:
    """What was emitted about maintenance, by its last word."""
    return [kind.rpartition(".")[2] for kind, _ in events(team, of=of)]


def audited(team: Team) -> list[tuple[str, str]]:
    """What was written down about maintenance, and who did it."""
    with organization_scope(team.actor()) as scope:
        rows = scope.session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id)).all()
    return [(row.action, row.actor_name) for row in rows if row.action.startswith("maintenance")]


def messages(team: Team, window: Maintenance) -> Sequence[MaintenanceUpdate]:
    """What was said of a window, oldest first."""
    with organization_scope(team.actor()) as scope:
        return scope.session.scalars(
            select(MaintenanceUpdate)
            .where(MaintenanceUpdate.maintenance_id == window.id)
            .order_by(MaintenanceUpdate.posted_at, MaintenanceUpdate.id)
        ).all()


def claims(team: Team) -> list[ServiceClaim]:
    """All that anything asks of the team's services at present."""
    with organization_scope(team.actor()) as scope:
        return list(scope.session.scalars(select(ServiceClaim).order_by(ServiceClaim.service_id)))


def history(team: Team, service: Service) -> list[tuple[datetime, str]]:
    """What is recorded of a service as it counts: of several changes at one instant the last."""
    with organization_scope(team.actor()) as scope:
        rows = scope.session.scalars(
            select(StatusChange).where(StatusChange.service_id == service.id).order_by(StatusChange.at, StatusChange.id)
        ).all()
    standing = {row.at: row.new_status.value for row in rows}
    told: list[tuple[datetime, str]] = []
    for at, status in standing.items():
        if not told or told[-1][1] != status:
            told.append((at, status))
    return told
