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
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, update
from sqlalchemy.orm import Session

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope, system_scope
from app.delivery import rules
from app.delivery.fan_out import goes_on_later
from app.delivery.mail import Mail, MailBatch, UnfitMail
from app.delivery.mails import in_each_language
from app.delivery.models import Delivery, DeliveryBatch, Notification
from app.delivery.notices import family_of
from app.delivery.outcomes import write_outcomes
from app.delivery.pushes import make_pushes
from app.delivery.rules import BatchState, Channel, DeliveryState
from app.delivery.transports import BatchResult, Transport, TryLater
from app.delivery.transports.push import PushBatch
from app.organizations.models import Organization
from app.push.actions import forget_gone

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
    channel: Channel


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch ready for the transport, with the delivery behind each mail."""

    batch: MailBatch | PushBatch
    delivery_ids: tuple[UUID, ...]
    subscriber_ids: tuple[UUID | None, ...]


def send_next(transport_for: Callable[[Channel], Transport[Any]]) -> bool:
    """Send the batch whose turn it is; False when none is due, or when the provider's turns are taken for a while."""
    claim = claim_next()
    if claim is None:
        return False
    try:
        prepared = prepare(claim)
        later = _send(transport_for(claim.channel), claim, prepared) if prepared is not None else None
    except Exception as fault:
        # A fault of ours, or the job's time is up: the batch is tried again as if the provider had failed.
        finish(claim, TryLater(f"{type(fault).__name__}: {fault}"))
        raise
    return later is None or later.asked


def _send(transport: Transport[Any], claim: Claim, prepared: Prepared) -> TryLater | None:
    """Send, and write down what became of each mail; returns why some are to be tried later, if any are."""
    later: TryLater | None = None
    left = len(prepared.delivery_ids)
    for result in transport.send(prepared.batch):
        record(claim, prepared, result)
        if gone := tuple(filter(None, (prepared.subscriber_ids[place] for place in result.gone))):
            forget_gone(claim.organization_id, gone)
        left -= len(result.sent) + len(result.refused)
        later = result.later or later
    if left:
        finish(claim, later)
    return later


def claim_next() -> Claim | None:
    """Take the due batch whose turn it is, or None. One whose lease ran out is due again."""
    now = clock.now()
    # With FOR UPDATE it is worked out once, before anything is changed.
    due = (
        select(DeliveryBatch.organization_id, DeliveryBatch.id)
        .where(is_due(now))
        .order_by(DeliveryBatch.sequence, DeliveryBatch.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taking = (
        update(DeliveryBatch)
        .where(DeliveryBatch.organization_id == due.c.organization_id, DeliveryBatch.id == due.c.id)
        .values(state=BatchState.SENDING, attempts=DeliveryBatch.attempts + 1, lease_until=now + LEASE)
        .returning(DeliveryBatch.organization_id, DeliveryBatch.id, DeliveryBatch.attempts, DeliveryBatch.channel)
        .execution_options(synchronize_session=False)
    )
    with system_scope("batches of all organizations are sent in one fair order") as scope:
        taken = scope.session.execute(taking).one_or_none()
    return Claim(*taken) if taken is not None else None


def is_due(now: datetime) -> ColumnElement[bool]:
    """Which batches may be taken."""
    return or_(
        and_(DeliveryBatch.state == BatchState.READY, DeliveryBatch.next_attempt_at <= now),
        and_(DeliveryBatch.state == BatchState.SENDING, DeliveryBatch.lease_until < now),
    )


def prepare(claim: Claim) -> Prepared | None:
    """Decide who still gets a mail and make it; None when nobody does, or when the organization is deleted."""
    with organization_scope(Actor.worker(claim.organization_id)) as scope:
        found = _find_batch(scope, claim)
        if found is None:
            return None
        batch, notification, reason = found
        reason = reason or family_of(notification.kind).why_not(scope, notification)
        if reason is not None:
            _drop(batch, _pending(scope.session, batch), reason)
            _close(batch)
            return None
        if batch.first_tried_at is None:
            deliveries = _still_wanted(scope, notification, batch)
            batch.first_tried_at = clock.now()
        else:
            deliveries = _pending(scope.session, batch)
        by_id = {delivery.id: delivery for delivery in deliveries}
        made: MailBatch | PushBatch
        if batch.channel is Channel.PUSH:
            pushes, unreachable = make_pushes(scope, notification, deliveries)
            _drop(batch, [by_id[delivery_id] for delivery_id in unreachable], NOT_WANTED)
            ids, made = tuple(pushes), PushBatch(tuple(pushes.values()))
        else:
            mails = _make_mails(notification, batch, deliveries)
            ids, made = tuple(mails), MailBatch(f"batch/{batch.id}", tuple(mails.values()))
        if not ids:
            _close(batch)
            return None
        return Prepared(made, ids, tuple(by_id[delivery_id].subscriber_id for delivery_id in ids))


def record(claim: Claim, prepared: Prepared, result: BatchResult) -> None:
    """Write down what became of some of the mails. Also when the lease has run out meanwhile: sent is sent."""
    if not result.sent and not result.refused:
        return
    # Turned down as a whole (a key that was withdrawn, another body), after a try of which nobody knows: perhaps sent.
    doubtful = claim.attempt > 1 and not result.sent and len(result.refused) == len(prepared.delivery_ids)
    with organization_scope(Actor.worker(claim.organization_id)) as scope:
        write_outcomes(
            scope.session,
            (claim.organization_id, claim.batch_id),
            prepared.delivery_ids,
            result,
            attempt=claim.attempt,
            doubtful=doubtful,
            now=clock.now(),
            lease=LEASE,
        )


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
            _fail(batch, _pending(scope.session, batch), later.reason, is_doubtful=True)
            _close(batch)
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


def _find_batch(scope: Scope, claim: Claim) -> tuple[DeliveryBatch, Notification, str | None] | None:
    """The batch that was claimed, locked, with what it tells of and what already speaks against that."""
    row = scope.session.execute(
        select(DeliveryBatch, Notification, Organization.closing_at, goes_on_later())
        .join(
            Notification,
            and_(
                Notification.organization_id == DeliveryBatch.organization_id,
                Notification.id == DeliveryBatch.notification_id,
            ),
        )
        .join(Organization, Organization.id == DeliveryBatch.organization_id)
        .where(DeliveryBatch.organization_id == scope.organization_id, DeliveryBatch.id == claim.batch_id)
        .with_for_update(of=DeliveryBatch)
    ).one_or_none()
    if row is None:
        return None
    batch, notification, closing_at, is_stale = row
    if not _is_ours(batch, claim):
        return None
    return batch, notification, CLOSED if closing_at is not None else STALE if is_stale else None


def _is_ours(batch: DeliveryBatch, claim: Claim) -> bool:
    return batch.state is BatchState.SENDING and batch.attempts == claim.attempt


def _pending(session: Session, batch: DeliveryBatch) -> Sequence[Delivery]:
    return session.scalars(_pending_of(batch)).all()


def _pending_of(batch: DeliveryBatch) -> Select[Delivery]:
    return (
        select(Delivery)
        .where(
            Delivery.organization_id == batch.organization_id,
            Delivery.batch_id == batch.id,
            Delivery.state == DeliveryState.PENDING,
        )
        .order_by(Delivery.id)
    )


def _still_wanted(scope: Scope, notification: Notification, batch: DeliveryBatch) -> Sequence[Delivery]:
    """Those whose recipients still wait for this; the others are dropped."""
    is_wanted = family_of(notification.kind).audience.wants(scope, notification)
    pending = scope.session.execute(_pending_of(batch).add_columns(is_wanted)).all()
    _drop(batch, [delivery for delivery, wanted in pending if not wanted], NOT_WANTED)
    return [delivery for delivery, wanted in pending if wanted]


def _make_mails(notification: Notification, batch: DeliveryBatch, deliveries: Sequence[Delivery]) -> dict[UUID, Mail]:
    """The mail of each delivery; one that cannot be made into a mail has failed for good."""
    family = family_of(notification.kind)
    compose = in_each_language(lambda: family.compose(notification))
    recipient_of = family.recipient(notification)
    made: dict[UUID, Mail] = {}
    for delivery in deliveries:
        try:
            made[delivery.id] = compose(delivery.id, recipient_of(delivery))
        except UnfitMail as fault:
            _fail(batch, [delivery], str(fault), is_doubtful=False)
    return made


def _fail(batch: DeliveryBatch, deliveries: Collection[Delivery], reason: str, *, is_doubtful: bool) -> None:
    for delivery in deliveries:
        delivery.state, delivery.error, delivery.is_doubtful = DeliveryState.FAILED, reason, is_doubtful
    batch.failed += len(deliveries)


def _drop(batch: DeliveryBatch, deliveries: Collection[Delivery], reason: str) -> None:
    for delivery in deliveries:
        delivery.state, delivery.error = DeliveryState.SUPERSEDED, reason
    batch.superseded += len(deliveries)


def _close(batch: DeliveryBatch) -> None:
    """Nothing is left to send: the batch is done if it told anybody, else it failed, or nobody was to be told."""
    if batch.sent:
        batch.state = BatchState.DONE
    else:
        batch.state = BatchState.FAILED if batch.failed else BatchState.SUPERSEDED
    batch.lease_until = None
    batch.finished_at = clock.now()
