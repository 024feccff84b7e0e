"""From a notification to deliveries: one for each person it is for, in batches whose members never change.

Deliveries are written in chunks, in the order of the subscribers' ids. Each chunk is a transaction of its own that also
moves the cursor: whoever goes on after a crash, or at the same time, starts where the last chunk ended. Those who are
no subscribers are few: one chunk holds them.

A later notification of the same story makes an earlier one stale: it tells the present state, to everybody the earlier
one concerns (`notify`). So the earlier one goes no further.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, func, insert, select, tuple_
from sqlalchemy.orm import Session

from app import clock
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import organization_scope
from app.delivery.audiences import Chosen
from app.delivery.mail import BATCH_SIZE
from app.delivery.models import Delivery, DeliveryBatch, Notification
from app.delivery.notices import family_of
from app.delivery.rules import BatchState, Channel, DeliveryState

CHUNK = 10 * BATCH_SIZE
"""People for whom deliveries are written in one transaction."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What one chunk brought: new batches to send, and whether it was the last one."""

    batches: int
    finished: bool


def write_chunk(organization_id: UUID, notification_id: UUID) -> Progress:
    """Write deliveries for the next subscribers in line.

    Raises:
        NotFound: the organization has no such notification.
    """
    with organization_scope(Actor.worker(organization_id)) as scope:
        notification = scope.lock(Notification, notification_id)
        if notification.fanned_out_at is not None:
            return Progress(batches=0, finished=True)
        audience = family_of(notification.kind).audience
        in_line = [] if is_stale(scope.session, notification) else audience.next_in_line(scope, notification, CHUNK)
        told = _told_already(scope.session, notification, in_line)
        chosen = [one for one in in_line if one.subscriber_id is None or one.subscriber_id not in told]
        batches = _write_deliveries(scope.session, notification, chosen)
        if in_line:
            notification.fanned_out_through = in_line[-1].subscriber_id
        finished = len(in_line) < CHUNK
        if finished:
            notification.fanned_out_at = clock.now()
        return Progress(batches, finished)


def is_stale(session: Session, notification: Notification) -> bool:
    """Whether a later notification goes on with the same story; what no visitor sees raises no revision, so the
    events' ids, which are in order, decide between equals."""
    if notification.story_id is None:
        return False
    later = exists().where(
        Notification.organization_id == notification.organization_id,
        Notification.story_id == notification.story_id,
        Notification.page_id.is_not_distinct_from(notification.page_id),
        tuple_(Notification.revision, Notification.event_id) > tuple_(notification.revision, notification.event_id),
    )
    return bool(session.scalar(select(later)))


def _told_already(session: Session, notification: Notification, in_line: Sequence[Chosen]) -> Set[UUID]:
    """Which subscribers have a delivery of this notification: some do when its line is gone through once more."""
    if not in_line or in_line[0].subscriber_id is None:
        return frozenset()
    told = session.scalars(
        select(Delivery.subscriber_id).where(
            Delivery.organization_id == notification.organization_id,
            Delivery.notification_id == notification.id,
            Delivery.subscriber_id.between(in_line[0].subscriber_id, in_line[-1].subscriber_id),
        )
    )
    return {subscriber_id for subscriber_id in told if subscriber_id is not None}


def _write_deliveries(session: Session, notification: Notification, chosen: Sequence[Chosen]) -> int:
    """Write the batches and deliveries for `chosen`; returns how many batches."""
    if not chosen:
        return 0
    now = clock.now()
    whose = {"organization_id": notification.organization_id, "notification_id": notification.id}
    first = session.scalar(select(func.count()).select_from(DeliveryBatch).filter_by(**whose)) or 0
    batch_ids = [new_id() for _ in range(0, len(chosen), BATCH_SIZE)]
    session.execute(
        insert(DeliveryBatch),
        [
            {
                **whose,
                "id": batch_id,
                "sequence": first + place,
                "state": BatchState.READY,
                "attempts": 0,
                "next_attempt_at": now,
                "created_at": now,
            }
            for place, batch_id in enumerate(batch_ids)
        ],
    )
    session.execute(
        insert(Delivery),
        [
            {
                **whose,
                "id": new_id(),
                "batch_id": batch_ids[place // BATCH_SIZE],
                "subscriber_id": one.subscriber_id,
                "channel": Channel.EMAIL,
                "address": one.address,
                "about": one.about,
                "state": DeliveryState.PENDING,
                "created_at": now,
            }
            for place, one in enumerate(chosen)
        ],
    )
    return len(batch_ids)
