"""What the subscribers of Northwind Cloud were told in those months: the ledger as delivery would have left it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from app.database.ids import new_id
from app.database.scope import Scope
from app.delivery.models import Delivery, DeliveryBatch, Notification
from app.delivery.rules import BatchState, Channel, DeliveryState

SECONDS_TO_SEND = (4, 9, 6, 12, 5, 7)
"""In turn: no two are alike."""
BEFORE_ALL_REVISIONS = 0
"""What is told from now on is newer than any of this."""


@dataclass(frozen=True, slots=True)
class Message:
    """An update that subscribers heard of."""

    incident_id: UUID
    update_id: UUID
    kind: str
    title: str
    posted_at: datetime
    service_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Reader:
    """A subscriber, from when to when, and to which services (none for all)."""

    id: UUID
    email: str
    since: datetime
    until: datetime | None
    service_ids: frozenset[UUID]

    def hears(self, message: Message) -> bool:
        """Whether they were told of it."""
        there = self.since < message.posted_at and (self.until is None or message.posted_at < self.until)
        return there and (not self.service_ids or bool(self.service_ids & message.service_ids))


def write_told(scope: Scope, page_id: UUID, messages: Iterable[Message], readers: Sequence[Reader]) -> None:
    """A notification for each message that anybody heard of, with one batch and a delivery for each reader."""
    notifications, batches, deliveries = [], [], []
    for message, seconds in zip(messages, cycle(SECONDS_TO_SEND), strict=False):
        audience = [reader for reader in readers if reader.hears(message)]
        if not audience:
            continue
        told = {"organization_id": scope.organization_id, "notification_id": new_id(message.posted_at)}
        sent_at = message.posted_at + timedelta(seconds=seconds)
        notifications.append({"page_id": page_id} | _notification(told, message, sent_at))
        batch = {**told, "id": new_id(), "created_at": message.posted_at}
        batches.append(
            batch
            | {
                "sequence": 0,
                "state": BatchState.DONE,
                "attempts": 1,
                "next_attempt_at": message.posted_at,
                "first_tried_at": sent_at,
                "finished_at": sent_at,
                "size": len(audience),
                "sent": len(audience),
                "last_sent_at": sent_at,
            }
        )
        deliveries += [
            {
                **told,
                "id": new_id(),
                "batch_id": batch["id"],
                "subscriber_id": reader.id,
                "channel": Channel.EMAIL,
                "address": reader.email,
                "state": DeliveryState.SENT,
                "sent_at": sent_at,
                "created_at": message.posted_at,
            }
            for reader in audience
        ]
    for table, rows in ((Notification, notifications), (DeliveryBatch, batches), (Delivery, deliveries)):
        scope.session.execute(insert(table), rows)


def _notification(told: dict[str, Any], message: Message, sent_at: datetime) -> dict[str, Any]:
    return {
        "organization_id": told["organization_id"],
        "id": told["notification_id"],
        "event_id": message.update_id,
        "kind": message.kind,
        "story_id": message.incident_id,
        "update_id": message.update_id,
        "revision": BEFORE_ALL_REVISIONS,
        "service_ids": sorted(message.service_ids),
        "notice": {"title": message.title},
        "fanned_out_at": sent_at,
        "settled_at": sent_at,
        "created_at": message.posted_at,
    }
