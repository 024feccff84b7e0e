"""Drafts as members see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.incidents.models import IncidentDraft
from app.incidents.rules import Impact, Stage
from app.services.rules import ServiceStatus


@dataclass(frozen=True, slots=True)
class DraftRow:
    """An incident that is still being written."""

    id: UUID
    title: str
    message: str
    stage: Stage
    impact: Impact
    affected: Mapping[UUID, ServiceStatus | None]
    """None where a service follows the suggestion."""
    started_at: datetime | None
    next_update_at: datetime | None
    next_update_in: timedelta | None
    notify: bool
    follows_id: UUID | None
    version: int
    changed_at: datetime
    changed_by: str


def list_drafts(actor: Actor) -> tuple[DraftRow, ...]:
    """All of them, the one changed last first; there are only so many (`actions.MOST_DRAFTS`)."""
    with organization_scope(actor, read_only=True) as scope:
        drafts = scope.session.scalars(
            select(IncidentDraft)
            .where(IncidentDraft.organization_id == scope.organization_id)
            .order_by(IncidentDraft.changed_at.desc(), IncidentDraft.id.desc())
        )
        return tuple(_row(draft) for draft in drafts)


def get_draft(actor: Actor, draft_id: UUID) -> DraftRow:
    """One draft.

    Raises:
        NotFound: no such draft (any more).
    """
    with organization_scope(actor, read_only=True) as scope:
        return _row(scope.get(IncidentDraft, draft_id))


def _row(draft: IncidentDraft) -> DraftRow:
    return DraftRow(
        id=draft.id,
        title=draft.title,
        message=draft.message,
        stage=draft.stage,
        impact=draft.impact,
        affected={UUID(key): ServiceStatus(status) if status else None for key, status in draft.affected.items()},
        started_at=draft.started_at,
        next_update_at=draft.next_update_at,
        next_update_in=draft.next_update_in,
        notify=draft.notify,
        follows_id=draft.follows_id,
        version=draft.version,
        changed_at=draft.changed_at,
        changed_by=draft.changed_by_name,
    )
