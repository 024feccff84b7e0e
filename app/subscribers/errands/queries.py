"""Errands as the organization's members follow them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.subscribers.errands.models import SubscriberErrand
from app.subscribers.errands.rules import Act


@dataclass(frozen=True, slots=True)
class ErrandView:
    """What is done with all who were found, and how far it is."""

    id: UUID
    act: Act
    people: int
    looked_at: int
    done: int
    is_over: bool
    is_stopped: bool
    created_at: datetime
    created_by_name: str

    @property
    def percent(self) -> int:
        return min(100, 100 * self.looked_at // self.people) if self.people else 100

    @property
    def left_alone(self) -> int:
        """Those who had their turn, and with whom nothing could be done."""
        return self.looked_at - self.done


def get_errand(actor: Actor, errand_id: UUID) -> ErrandView:
    """One of them.

    Raises:
        NotFound: the organization has no such errand.
    """
    with organization_scope(actor, read_only=True) as scope:
        return _view(scope.get(SubscriberErrand, errand_id))


def list_under_way(actor: Actor) -> tuple[ErrandView, ...]:
    """Those that are not over, the oldest first."""
    with organization_scope(actor, read_only=True) as scope:
        rows = scope.session.scalars(
            select(SubscriberErrand)
            .filter_by(organization_id=scope.organization_id, finished_at=None)
            .order_by(SubscriberErrand.id)
        )
        return tuple(_view(row) for row in rows)


def _view(row: SubscriberErrand) -> ErrandView:
    return ErrandView(
        id=row.id,
        act=row.act,
        people=row.people,
        looked_at=row.looked_at,
        done=row.done,
        is_over=row.finished_at is not None,
        is_stopped=row.is_stopped,
        created_at=row.created_at,
        created_by_name=row.created_by_name,
    )
