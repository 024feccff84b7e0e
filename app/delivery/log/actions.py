"""Trying again what could not be told."""

from collections import Counter
from uuid import UUID

from sqlalchemy import func, select, text, update

from app import clock
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import organization_scope
from app.delivery import bell
from app.delivery.log.queries import FOR_ADMINS
from app.delivery.mail import BATCH_SIZE
from app.delivery.models import Delivery, DeliveryBatch, Notification
from app.delivery.rules import BatchState, DeliveryState
from app.errors import Conflict, NotFound
from app.organizations.rules import Role

_MOVE = text("""
UPDATE deliveries SET state = 'pending', error = NULL, batch_id = moved.batch_id
FROM unnest(CAST(:ids AS uuid[]), CAST(:batch_ids AS uuid[])) AS moved (id, batch_id)
WHERE deliveries.organization_id = :organization_id AND deliveries.id = moved.id
""")

NOTHING_TO_RETRY = "There is nobody left to whom this could be sent again. Somebody may have been faster."


def retry(notification_id: UUID, *, by: Actor, delivery_id: UUID | None = None) -> int:
    """Have one of those told again who could not be told, or all of them; returns how many.

    They move into batches of their own, under keys of their own: what they had before was refused for sure. A failure
    after which a mail may still have arrived is left alone. Twice at once: the second one finds nobody any more.

    Raises:
        NotFound: no such notification or delivery, or not for this member to know.
        Conflict: nobody is left to whom it could be sent again.
    """
    now = clock.now()
    with organization_scope(by) as scope:
        notification = scope.lock(Notification, notification_id)
        if notification.kind in FOR_ADMINS and by.role.value != Role.ADMIN.value:
            raise NotFound
        failed = select(Delivery).where(
            Delivery.organization_id == scope.organization_id, Delivery.notification_id == notification_id
        )
        if delivery_id is not None:
            failed = failed.where(Delivery.id == delivery_id)
            if scope.session.scalar(select(failed.exists())) is False:
                raise NotFound
        failed = failed.where(Delivery.state == DeliveryState.FAILED, Delivery.is_doubtful.is_(False))
        people = scope.session.execute(
            failed.with_only_columns(Delivery.id, Delivery.batch_id, Delivery.channel, Delivery.address)
            .order_by(Delivery.channel, Delivery.id)
            .with_for_update()
        ).all()
        if not people:
            raise Conflict(NOTHING_TO_RETRY)
        last = scope.session.scalar(
            select(func.max(DeliveryBatch.sequence)).where(
                DeliveryBatch.organization_id == scope.organization_id, DeliveryBatch.notification_id == notification_id
            )
        )
        batches: list[DeliveryBatch] = []
        moved: list[tuple[UUID, UUID]] = []
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
                moved += [(one.id, batch.id) for one in members]
        scope.session.add_all(batches)
        scope.session.flush()
        scope.session.execute(
            _MOVE,
            {
                "organization_id": scope.organization_id,
                "ids": [one for one, _ in moved],
                "batch_ids": [batch_id for _, batch_id in moved],
            },
        )
        for batch_id, left in Counter(one.batch_id for one in people).items():
            scope.session.execute(
                update(DeliveryBatch)
                .where(DeliveryBatch.organization_id == scope.organization_id, DeliveryBatch.id == batch_id)
                .values(failed=DeliveryBatch.failed - left, retried=DeliveryBatch.retried + left)
            )
        notification.settled_at = None
        title = str(notification.notice.get("title", "")) or people[0].address
        scope.record(
            "notification.retried",
            name=title,
            subject_id=notification.id,
            changes={"people": (None, len(people))},
        )
    bell.ring_send(len(batches))
    return len(people)
