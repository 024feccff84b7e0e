"""What became of what we told: for members, who want to know that everybody heard."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.delivery.models import Delivery, Notification
from app.delivery.rules import DeliveryState
from app.incidents.models import Incident
from app.subscribers.models import Subscriber
from app.subscribers.queries import is_concerned


@dataclass(frozen=True, slots=True)
class Told:
    """One update's deliveries, counted. Subscribers whom a later update told instead are not in `total`."""

    total: int
    sent: int
    failed: int
    waiting: int
    complete: bool
    """Whether all deliveries are written; until then `total` still grows."""
    took: timedelta | None
    """From the update to its last mail; None while some wait, and when none was sent."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """How many failed for which reason."""

    @property
    def was_replaced(self) -> bool:
        """Whether a later update told everybody in its place."""
        return self.complete and self.total == 0


@dataclass(frozen=True, slots=True)
class LastTold:
    """The newest update that somebody was told of."""

    incident_id: UUID
    title: str
    told: Told


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """One subscriber who could not be told."""

    address: str
    reason: str
    at: datetime
    incident_title: str | None


def count_to_be_told(actor: Actor, service_ids: Collection[UUID], *, incident_id: UUID | None = None) -> int:
    """How many subscribers hear of a message that touches these services.

    Whoever an incident has once concerned hears how it goes on, though it touches their services no more.
    """
    with organization_scope(actor, read_only=True) as scope:
        concerned = set(service_ids)
        if incident_id is not None:
            earlier = scope.session.scalar(
                select(Notification.service_ids)
                .where(Notification.organization_id == scope.organization_id, Notification.story_id == incident_id)
                .order_by(Notification.revision.desc())
                .limit(1)
            )
            concerned.update(earlier or ())
        query = select(func.count()).select_from(Subscriber).where(is_concerned(actor.organization_id, concerned))
        return scope.session.scalar(query) or 0


def read_told(actor: Actor, incident_id: UUID) -> Mapping[UUID, Told]:
    """How each told update of an incident went, by the update's id."""
    with organization_scope(actor, read_only=True) as scope:
        notifications = scope.session.scalars(
            select(Notification).where(
                Notification.organization_id == scope.organization_id, Notification.story_id == incident_id
            )
        ).all()
        told = _count(scope, notifications)
    return {one.update_id: told[one.id] for one in notifications if one.update_id is not None}


def read_last_told(scope: Scope) -> LastTold | None:
    """The newest update that was told, and how that went."""
    found = scope.session.execute(
        select(Notification, Incident.id, Incident.title)
        .join(
            Incident,
            (Incident.organization_id == Notification.organization_id) & (Incident.id == Notification.story_id),
        )
        .where(Notification.organization_id == scope.organization_id, Incident.deleted_at.is_(None))
        .order_by(Notification.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    notification, incident_id, title = found
    return LastTold(incident_id, title, _count(scope, [notification])[notification.id])


def read_failures(actor: Actor, limit: int) -> tuple[FailedDelivery, ...]:
    """The latest deliveries that failed for good."""
    with organization_scope(actor, read_only=True) as scope:
        rows = scope.session.execute(
            select(Delivery.address, Delivery.error, Delivery.created_at, Incident.title)
            .join(
                Notification,
                (Notification.organization_id == Delivery.organization_id)
                & (Notification.id == Delivery.notification_id),
            )
            .outerjoin(
                Incident,
                (Incident.organization_id == Notification.organization_id) & (Incident.id == Notification.story_id),
            )
            .where(
                Delivery.organization_id == scope.organization_id,
                Delivery.state == DeliveryState.FAILED,
                Delivery.subscriber_id.is_not(None),
            )
            .order_by(Delivery.id.desc())
            .limit(limit)
        )
        return tuple(FailedDelivery(address, error or "", at, title) for address, error, at, title in rows)


def _count(scope: Scope, notifications: Collection[Notification]) -> Mapping[UUID, Told]:
    """One statement for all of them, with a row per state and reason."""
    rows = scope.session.execute(
        select(Delivery.notification_id, Delivery.state, Delivery.error, func.count(), func.max(Delivery.sent_at))
        .where(
            Delivery.organization_id == scope.organization_id,
            Delivery.notification_id.in_([one.id for one in notifications]),
        )
        .group_by(Delivery.notification_id, Delivery.state, Delivery.error)
    )
    counts: dict[UUID, dict[DeliveryState, int]] = defaultdict(lambda: defaultdict(int))
    failures: dict[UUID, dict[str, int]] = defaultdict(dict)
    last_sent: dict[UUID, datetime] = {}
    for notification_id, state, error, number, sent_at in rows:
        counts[notification_id][state] += number
        if state is DeliveryState.FAILED:
            failures[notification_id][error or "no reason given"] = number
        if sent_at is not None:
            last_sent[notification_id] = max(sent_at, last_sent.get(notification_id, sent_at))
    return {one.id: _told(one, counts[one.id], failures[one.id], last_sent.get(one.id)) for one in notifications}


def _told(
    notification: Notification,
    counts: Mapping[DeliveryState, int],
    failures: Mapping[str, int],
    last_sent: datetime | None,
) -> Told:
    sent, failed, waiting = (
        counts.get(state, 0) for state in (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.PENDING)
    )
    complete = notification.fanned_out_at is not None
    done = complete and not waiting
    return Told(
        total=sent + failed + waiting,
        sent=sent,
        failed=failed,
        waiting=waiting,
        complete=complete,
        took=last_sent - notification.created_at if done and last_sent else None,
        failures=failures,
    )
