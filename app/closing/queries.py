"""How far an organization's deletion is, and what there is to delete."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, func, literal, select

from app.closing.models import Closing
from app.database.actor import Actor
from app.database.scope import organization_scope, system_scope
from app.errors import NotFound
from app.incidents.models import Incident
from app.organizations.models import Membership, Organization
from app.pages.models import Page
from app.services.models import Service
from app.subscribers.models import Subscriber


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a deletion is. `name` is None once nothing of the organization is left."""

    organization_id: UUID
    name: str | None
    rows_total: int
    rows_gone: int
    requested_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Belongings:
    """What an organization would lose, in the words of its page."""

    pages: int
    services: int
    incidents: int
    subscribers: int
    members: int


def get_progress(organization_id: UUID, *, seen_by: UUID) -> Progress:
    """How far the deletion of an organization is, for those who belonged to it.

    Raises:
        NotFound: it is not being deleted, or they have nothing to do with it.
    """
    with system_scope("whoever sees it may belong to nothing any more") as scope:
        row = scope.session.execute(
            select(Organization.name, Organization.closing_at, Closing)
            .select_from(Closing)
            .outerjoin(Organization, Organization.id == Closing.organization_id)
            .where(Closing.organization_id == organization_id, literal(seen_by) == any_(Closing.member_ids))
        ).one_or_none()
        if row is not None:
            name, _, closing = row
            return Progress(
                organization_id, name, closing.rows_total, closing.rows_gone, closing.requested_at, closing.finished_at
            )
        # Closed, and nobody has come to begin yet.
        waiting = scope.session.execute(
            select(Organization.name, Organization.closing_at)
            .join(Membership, Membership.organization_id == Organization.id)
            .where(
                Organization.id == organization_id,
                Organization.closing_at.is_not(None),
                Membership.user_id == seen_by,
            )
        ).one_or_none()
    if waiting is None or waiting.closing_at is None:
        raise NotFound
    return Progress(organization_id, waiting.name, 0, 0, waiting.closing_at, None)


def count_belongings(actor: Actor) -> Belongings:
    """What goes with the organization, in one statement."""
    with organization_scope(actor, read_only=True) as scope:
        counts = [
            select(func.count())
            .select_from(table)
            .where(table.organization_id == scope.organization_id)
            .scalar_subquery()
            for table in (Page, Service, Incident, Subscriber, Membership)
        ]
        return Belongings(*scope.session.execute(select(*counts)).one())
