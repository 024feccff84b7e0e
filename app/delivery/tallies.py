"""How many a notification is for, and what became of each: added up from its batches, which keep count."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, func, select

from app.database.scope import Scope
from app.delivery.models import DeliveryBatch, Notification


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of one notification's deliveries so far."""

    total: int = 0
    """People it is for; those whom a later message told instead, and those who left before, are not among them."""
    sent: int = 0
    failed: int = 0
    superseded: int = 0
    bounced: int = 0
    """Of those sent, how many came back."""
    complained: int = 0
    at_once: int = 0
    """Of those sent, how many without a member having had them sent again."""
    last_at: datetime | None = None
    """When the last of those went out."""

    @property
    def waiting(self) -> int:
        return self.total - self.sent - self.failed

    def took(self, since: datetime) -> timedelta | None:
        """How long it took to tell everybody who was told at once."""
        return None if self.last_at is None else max(self.last_at - since, timedelta(0))


NOTHING = Tally()


def read_tallies(scope: Scope, notification_ids: Collection[UUID]) -> Mapping[UUID, Tally]:
    """One statement for all of them, over their batches; one without batches is not in it."""
    batch = DeliveryBatch

    def total(column: SQLColumnExpression[int]) -> ColumnElement[int]:
        return func.coalesce(func.sum(column), 0)

    first_run = batch.is_retry.is_(False)
    rows = scope.session.execute(
        select(
            batch.notification_id,
            total(batch.size - batch.superseded - batch.retried),
            total(batch.sent),
            total(batch.failed),
            total(batch.superseded),
            total(batch.bounced),
            total(batch.complained),
            func.coalesce(func.sum(batch.sent).filter(first_run), 0),
            func.max(batch.last_sent_at).filter(first_run),
        )
        .where(batch.organization_id == scope.organization_id, batch.notification_id.in_(notification_ids))
        .group_by(batch.notification_id)
    )
    return {row[0]: Tally(row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8]) for row in rows}


def is_settled(notification: Notification, tally: Tally) -> bool:
    """Whether nobody is left who still waits for it."""
    return notification.fanned_out_at is not None and not tally.waiting
