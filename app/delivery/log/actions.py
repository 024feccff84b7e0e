"""Trying again what could not be told."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, func, select, text, update

from app import clock
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope
from app.delivery import bell
from app.delivery.log.queries import FOR_ADMINS, failed_for_sure
from app.delivery.mail import BATCH_SIZE
from app.delivery.models import Delivery, DeliveryBatch, Notification
from app.delivery.rules import BatchState, Channel
from app.errors import Conflict, NotFound
from app.organizations.rules import Role
from app.teams.rules import mask_address

_MOVE = text("""
UPDATE deliveries SET state = 'pending', error = NULL, batch_id = moved.batch_id
FROM unnest(CAST(:ids AS uuid[]), CAST(:batch_ids AS uuid[])) AS moved (id, batch_id)
WHERE deliveries.organization_id = :organization_id AND deliveries.id = moved.id
""")

_Person = Row[UUID, UUID, Channel, str]
"""The id of a delivery, its batch, its channel and its address."""

NOTHING_TO_RETRY = "There is nobody left to whom this could be sent again. Somebody may have been faster."


def retry(notification_id: UUID, *, by: Actor, delivery_id: UUID | None = None) -> int:
    """Have one of those told again who could not be told, or all of them; returns how many.

    They move into batches of their own, under keys of their own: what they had before was refused for sure. A failure
    after which a mail may still have arrived is left alone. Twice at once: the second one finds nobody any more.

    Raises:
        NotFound: no such notification or delivery, or not for this member to know.
        Conflict: nobody is left to whom it could be sent again.
    """
    with organization_scope(by) as scope:
        notification = scope.lock(Notification, notification_id)
        if notification.kind in FOR_ADMINS and by.role.value != Role.ADMIN.value:
            raise NotFound
        people = _lock_failed(scope, notification_id, delivery_id)
        if not people:
            raise Conflict(NOTHING_TO_RETRY)
        batches = _move_into_batches(scope, notification_id, people)
        _count_as_retried(scope, people)
        notification.settled_at = None
        # The log outlives whoever has their address forgotten.
        title = str(notification.notice.get("title", "")) or mask_address(people[0].address)
        scope.record(
            "notification.retried",
            name=title,
            subject_id=notification.id,
            changes={"people": (None, len(people))},
        )
    bell.ring_send(batches)
    return len(people)


def _lock_failed(scope: Scope, notification_id: UUID, delivery_id: UUID | None) -> Sequence[_Person]:
    """Those who could not be told for sure, or the one who is asked for if they are among them.

    Raises:
        NotFound: nobody of this notification is asked for.
    """
    wanted = select(Delivery.id, Delivery.batch_id, Delivery.channel, Delivery.address)
    wanted = wanted.where(failed_for_sure(scope, notification_id))
    if delivery_id is not None:
        if scope.get(Delivery, delivery_id).notification_id != notification_id:
            raise NotFound
        wanted = wanted.where(Delivery.id == delivery_id)
    return scope.session.execute(wanted.order_by(Delivery.channel, Delivery.id).with_for_update()).all()


def _move_into_batches(scope: Scope, notification_id: UUID, people: Sequence[_Person]) -> int:
    """Put them into batches of their own, after all others; says how many batches that are."""
    now = clock.now()
    last = scope.session.scalar(
        select(func.max(DeliveryBatch.sequence)).where(
            DeliveryBatch.organization_id == scope.organization_id, DeliveryBatch.notification_id == notification_id
        )
    )
    batches: list[DeliveryBatch] = []
    moved: dict[UUID, UUID] = {}
    for channel in dict.fromkeys(one.channel for one in people):
        alike = [one for one in people if one.channel is channel]
        for first in range(0, len(alike), BATCH_SIZE):
            members = alike[first : first + BATCH_SIZE]
            batch = DeliveryBatch(
                organization_id=scope.organization_id,
                id=new_id(),
                notification_id=notification_id,
                sequence=(last or 0) + 1 + len(batches),
                state=BatchState.READY,
                channel=channel,
                is_retry=True,
                size=len(members),
                next_attempt_at=now,
                created_at=now,
            )
            batches.append(batch)
            moved |= {one.id: batch.id for one in members}
    scope.session.add_all(batches)
    scope.session.flush()
    places = {"ids": list(moved), "batch_ids": list(moved.values())}
    scope.session.execute(_MOVE, {"organization_id": scope.organization_id, **places})
    return len(batches)


def _count_as_retried(scope: Scope, people: Sequence[_Person]) -> None:
    """Have the batches that they were in know that they are in later ones."""
    for batch_id, left in Counter(one.batch_id for one in people).items():
        scope.session.execute(
            update(DeliveryBatch)
            .where(DeliveryBatch.organization_id == scope.organization_id, DeliveryBatch.id == batch_id)
            .values(failed=DeliveryBatch.failed - left, retried=DeliveryBatch.retried + left)
        )
