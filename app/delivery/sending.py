"""Sending batches: take the next one, ask the transport, write down what became of it.

1. `claim_next` takes the batch whose turn it is, whoever's it is, under a lease. Batches go by their place in their
   notification, so an organization's tenth batch waits behind another's first.
2. `prepare` looks at it within its organization: a stale batch is superseded, and whoever wants it no more (they have
   unsubscribed, their invitation was revoked) falls out before the first try. Who is left is fixed from then on: each
   retry has the same mails under the same key.
3. The transport is asked outside any transaction.
4. `record` and `finish` write down the outcome. A worker that dies anywhere in between leaves a lease that runs out;
   the next one does the same again, and the provider answers the same key without sending again.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope, system_scope
from app.delivery import rules
from app.delivery.fan_out import is_stale
from app.delivery.mail import Mail, MailBatch, UnfitMail
from app.delivery.mails import in_each_language
from app.delivery.models import Delivery, DeliveryBatch, Notification
from app.delivery.notices import family_of
from app.delivery.rules import BatchState, DeliveryState
from app.delivery.transports import BatchResult, Transport, TryLater
from app.organizations.models import Organization

LEASE = timedelta(seconds=60)
"""Longer than a provider's slowest answer; renewed with each result that is recorded."""

STALE = "A later message about the same took its place."
CLOSED = "The organization was deleted before this was sent."
NOT_WANTED = "It was for them no more when it was to be sent."


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that is ours until the lease runs out. `attempt` tells us from whoever takes it after that."""

    organization_id: UUID
    batch_id: UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch ready for the transport, with the delivery behind each mail."""

    batch: MailBatch
    delivery_ids: tuple[UUID, ...]


def send_next(transport: Transport) -> bool:
    """Send the batch whose turn it is; False when none is due, or when the provider's turns are taken for a while."""
    claim = claim_next()
    if claim is None:
        return False
    try:
        prepared = prepare(claim)
        later = _send(transport, claim, prepared) if prepared is not None else None
    except Exception as fault:
        # A fault of ours, or the job's time is up: the batch is tried again as if the provider had failed.
        finish(claim, TryLater(f"{type(fault).__name__}: {fault}"))
        raise
    return later is None or later.asked


def _send(transport: Transport, claim: Claim, prepared: Prepared) -> TryLater | None:
    """Send, and write down what became of each mail; returns why some are to be tried later, if any are."""
    later: TryLater | None = None
    left = len(prepared.delivery_ids)
    for result in transport.send(prepared.batch):
        record(claim, prepared, result)
        left -= len(result.sent) + len(result.refused)
        later = result.later or later
    if left:
        finish(claim, later)
    return later


def claim_next() -> Claim | None:
    """Take the due batch whose turn it is, or None. One whose lease ran out is due again."""
    now = clock.now()
    with system_scope("batches of all organizations are sent in one fair order") as scope:
        batch = scope.session.scalar(
            select(DeliveryBatch)
            .where(is_due(now))
            .order_by(DeliveryBatch.sequence, DeliveryBatch.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if batch is None:
            return None
        batch.state = BatchState.SENDING
        batch.attempts += 1
        batch.lease_until = now + LEASE
        return Claim(batch.organization_id, batch.id, batch.attempts)


def is_due(now: datetime) -> ColumnElement[bool]:
    """Which batches may be taken."""
    return or_(
        and_(DeliveryBatch.state == BatchState.READY, DeliveryBatch.next_attempt_at <= now),
        and_(DeliveryBatch.state == BatchState.SENDING, DeliveryBatch.lease_until < now),
    )


def prepare(claim: Claim) -> Prepared | None:
    """Decide who still gets a mail and make it; None when nobody does, or when the organization is deleted."""
    with organization_scope(Actor.worker(claim.organization_id)) as scope:
        batch = scope.find(DeliveryBatch, claim.batch_id, lock=True)
        if batch is None or not _is_ours(batch, claim):
            return None
        notification = scope.get(Notification, batch.notification_id)
        deliveries = _pending(scope.session, batch)
        reason = _why_not(scope, notification)
        if reason is not None:
            _drop(deliveries, reason)
            _close(scope.session, batch)
            return None
        if batch.first_tried_at is None:
            deliveries = _still_wanted(scope, notification, deliveries)
            batch.first_tried_at = clock.now()
        made = _make_mails(notification, deliveries)
        if not made:
            _close(scope.session, batch)
            return None
        return Prepared(MailBatch(f"batch/{batch.id}", tuple(made.values())), tuple(made))


def record(claim: Claim, prepared: Prepared, result: BatchResult) -> None:
    """Write down what became of some of the mails. Also when the lease has run out meanwhile: sent is sent."""
    now = clock.now()
    outcomes: list[dict[str, object]] = [
        {"at": place, "state": DeliveryState.SENT, "provider_id": provider_id, "error": None, "sent_at": now}
        for place, provider_id in result.sent.items()
    ]
    outcomes += [
        {"at": place, "state": DeliveryState.FAILED, "provider_id": None, "error": reason, "sent_at": None}
        for place, reason in result.refused.items()
    ]
    if not outcomes:
        return
    with organization_scope(Actor.worker(claim.organization_id)) as scope:
        batch = scope.find(DeliveryBatch, claim.batch_id, lock=True)
        if batch is None:
            return
        scope.session.execute(
            update(Delivery),
            [
                {"organization_id": claim.organization_id, "id": prepared.delivery_ids[cast(int, outcome.pop("at"))]}
                | outcome
                for outcome in outcomes
            ],
        )
        if _is_ours(batch, claim):
            batch.lease_until = now + LEASE
            if not _count(scope.session, batch, DeliveryState.PENDING):
                _close(scope.session, batch)


def finish(claim: Claim, later: TryLater | None) -> None:
    """What the transport did not answer for is tried again later, or given up for good after a day of trying."""
    now = clock.now()
    with organization_scope(Actor.worker(claim.organization_id)) as scope:
        batch = scope.find(DeliveryBatch, claim.batch_id, lock=True)
        if batch is None or not _is_ours(batch, claim):
            return
        later = later or TryLater("The transport said nothing about some of the mails.")
        batch.last_error = later.reason
        if later.asked and rules.is_given_up(batch.first_tried_at or batch.created_at, now):
            for delivery in _pending(scope.session, batch):
                delivery.state, delivery.error = DeliveryState.FAILED, later.reason
            _close(scope.session, batch)
            return
        batch.state = BatchState.READY
        batch.lease_until = None
        if later.asked:
            chance = random.random()
            batch.next_attempt_at = rules.next_attempt_at(
                batch.attempts, now, retry_after=later.retry_after, chance=chance
            )
        else:
            # Given back as it was taken: nobody has seen it.
            batch.attempts -= 1
            batch.next_attempt_at = now + (later.retry_after or timedelta(0))
            if batch.attempts == 0:
                batch.first_tried_at = None


def _is_ours(batch: DeliveryBatch, claim: Claim) -> bool:
    return batch.state is BatchState.SENDING and batch.attempts == claim.attempt


def _pending(session: Session, batch: DeliveryBatch) -> Sequence[Delivery]:
    return session.scalars(
        select(Delivery)
        .where(
            Delivery.organization_id == batch.organization_id,
            Delivery.batch_id == batch.id,
            Delivery.state == DeliveryState.PENDING,
        )
        .order_by(Delivery.id)
    ).all()


def _why_not(scope: Scope, notification: Notification) -> str | None:
    """Why nobody should be told of this any more, however often it was tried: what we tell is never stale."""
    closing = select(Organization.closing_at).where(Organization.id == scope.organization_id)
    if scope.session.scalar(closing) is not None:
        return CLOSED
    if is_stale(scope.session, notification):
        return STALE
    return family_of(notification.kind).why_not(scope, notification)


def _still_wanted(scope: Scope, notification: Notification, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
    """Those whose recipients still wait for this; the others are dropped."""
    wanting = family_of(notification.kind).audience.wanting(scope, notification, deliveries)
    _drop([delivery for delivery in deliveries if delivery.id not in wanting], NOT_WANTED)
    return [delivery for delivery in deliveries if delivery.id in wanting]


def _make_mails(notification: Notification, deliveries: Sequence[Delivery]) -> dict[UUID, Mail]:
    """The mail of each delivery; one that cannot be made into a mail has failed for good."""
    family = family_of(notification.kind)
    compose = in_each_language(lambda: family.compose(notification))
    recipient_of = family.recipient(notification)
    made: dict[UUID, Mail] = {}
    for delivery in deliveries:
        try:
            made[delivery.id] = compose(delivery.id, recipient_of(delivery))
        except UnfitMail as fault:
            delivery.state, delivery.error = DeliveryState.FAILED, str(fault)
    return made


def _drop(deliveries: Iterable[Delivery], reason: str) -> None:
    for delivery in deliveries:
        delivery.state, delivery.error = DeliveryState.SUPERSEDED, reason


def _close(session: Session, batch: DeliveryBatch) -> None:
    """Nothing is left to send: the batch is done if it told anybody, else it failed, or nobody was to be told."""
    session.flush()
    if _count(session, batch, DeliveryState.SENT):
        batch.state = BatchState.DONE
    elif _count(session, batch, DeliveryState.FAILED):
        batch.state = BatchState.FAILED
    else:
        batch.state = BatchState.SUPERSEDED
    batch.lease_until = None
    batch.finished_at = clock.now()


def _count(session: Session, batch: DeliveryBatch, state: DeliveryState) -> int:
    counting = select(func.count()).select_from(Delivery)
    return (
        session.scalar(counting.filter_by(organization_id=batch.organization_id, batch_id=batch.id, state=state)) or 0
    )
