"""From a notification to deliveries: one for each subscriber it concerns, in batches whose members never change.

Deliveries are written in chunks, in the order of the subscribers' ids. Each chunk is a transaction of its own that also
moves the cursor: whoever goes on after a crash, or at the same time, starts where the last chunk ended.

A later notification of the same incident makes an earlier one stale: it tells the present state and what was said
before, to everybody the earlier one concerns (`notify`). So the earlier one goes no further.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, insert, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from app import clock
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import organization_scope
from app.delivery import rules
from app.delivery.mail import BATCH_SIZE
from app.delivery.models import BatchState, Channel, Delivery, DeliveryBatch, DeliveryState, Notification
from app.services.models import Service
from app.subscribers.models import Subscriber, SubscriberService
from app.subscribers.queries import is_concerned

CHUNK = 10 * BATCH_SIZE
"""Subscribers for whom deliveries are written in one transaction."""


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
        in_line = [] if is_stale(scope.session, notification) else _next_in_line(scope.session, notification)
        told = _told_already(scope.session, notification, in_line)
        batches = _write_deliveries(scope.session, notification, [one for one in in_line if one.id not in told])
        if in_line:
            notification.fanned_out_through = in_line[-1].id
        finished = len(in_line) < CHUNK
        if finished:
            notification.fanned_out_at = clock.now()
        return Progress(batches, finished)


def is_stale(session: Session, notification: Notification) -> bool:
    """Whether a later notification tells of the same incident."""
    if notification.incident_id is None:
        return False
    later = exists().where(
        Notification.organization_id == notification.organization_id,
        Notification.incident_id == notification.incident_id,
        Notification.revision > notification.revision,
    )
    return bool(session.scalar(select(later)))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A subscriber whose turn it is."""

    id: UUID
    email: str
    about: str


def _next_in_line(session: Session, notification: Notification) -> list[_Chosen]:
    organization_id = notification.organization_id
    if notification.subscriber_id is None:
        whom = is_concerned(organization_id, notification.service_ids)
    else:
        whom = and_(Subscriber.organization_id == organization_id, Subscriber.id == notification.subscriber_id)
    query = select(Subscriber.id, Subscriber.email, Subscriber.all_services, _chosen_names()).where(whom)
    if notification.fanned_out_through is not None:
        query = query.where(Subscriber.id > notification.fanned_out_through)
    rows = session.execute(query.order_by(Subscriber.id).limit(CHUNK))
    return [
        _Chosen(subscriber_id, email, "" if all_services else rules.about(names or ()))
        for subscriber_id, email, all_services, names in rows
    ]


def _told_already(session: Session, notification: Notification, in_line: list[_Chosen]) -> set[UUID]:
    """Who of them has a delivery of this notification: some do when its line is gone through once more."""
    if not in_line:
        return set()
    told = session.scalars(
        select(Delivery.subscriber_id).where(
            Delivery.organization_id == notification.organization_id,
            Delivery.notification_id == notification.id,
            Delivery.subscriber_id.between(in_line[0].id, in_line[-1].id),
        )
    )
    return set(told)


def _chosen_names() -> ColumnElement[list[str] | None]:
    """The names of the services that a subscriber chose, in the page's order."""
    return (
        select(func.array_agg(aggregate_order_by(Service.name, Service.position, Service.name)))
        .join(
            SubscriberService,
            and_(
                SubscriberService.organization_id == Service.organization_id,
                SubscriberService.service_id == Service.id,
            ),
        )
        .where(
            SubscriberService.organization_id == Subscriber.organization_id,
            SubscriberService.subscriber_id == Subscriber.id,
            Service.archived_at.is_(None),
        )
        .correlate(Subscriber)
        .scalar_subquery()
    )


def _write_deliveries(session: Session, notification: Notification, chosen: list[_Chosen]) -> int:
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
                "subscriber_id": subscriber.id,
                "channel": Channel.EMAIL,
                "address": subscriber.email,
                "about": subscriber.about,
                "state": DeliveryState.PENDING,
                "created_at": now,
            }
            for place, subscriber in enumerate(chosen)
        ],
    )
    return len(batch_ids)
