"""What the clock does for deliveries: find what is still to be done, and ring for it again.

A bell may have been lost with Redis, a worker with its batch. Nothing here does harm when it was not.
"""

import time
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from app import bells, clock
from app.database.outbox import Event
from app.database.scope import system_scope
from app.delivery import bell, jobs
from app.delivery.models import DeliveryBatch, Notification
from app.delivery.notices import TOLD_KINDS
from app.delivery.sending import is_due, send_next
from app.delivery.transports.chosen import transport_for
from app.subscribers.models import Subscriber
from app.subscribers.rules import LINK_LIFETIME, SubscriberState

PATIENCE = timedelta(seconds=5)
"""For so long after a commit its own bell is given time to be answered."""

MOST_AT_ONCE = 100
"""Rows taken up in one sweep; the next one takes the rest."""

GRACE = timedelta(hours=1)
"""After the link has stopped working: who is late by a little is told so, and not that there is nothing here."""

ALONE_SECONDS = 2.0
"""With Redis away nobody hears a bell: for so long per sweep the clock then sends by itself, slowly."""


def ring_for_events() -> None:
    """Have events fanned out that nobody has taken up, and fan-outs finished that were cut off."""
    _dispatch_untold()
    if bells.waiting(bell.EVENTS):
        # Workers are busy, and more bells would not make them faster.
        return
    before = clock.now() - PATIENCE
    with system_scope("events of all organizations may have lost their bell") as scope:
        lost = scope.session.execute(
            select(Event.organization_id, Event.id)
            .where(Event.dispatched_at.is_(None), Event.kind.in_(TOLD_KINDS), Event.created_at < before)
            .order_by(Event.created_at)
            .limit(MOST_AT_ONCE)
        ).all()
        cut_off = scope.session.execute(
            select(Notification.organization_id, Notification.event_id)
            .where(Notification.fanned_out_at.is_(None), Notification.created_at < before)
            .order_by(Notification.created_at)
            .limit(MOST_AT_ONCE)
        ).all()
    for organization_id, event_id in [*lost, *cut_off]:
        if not bell.ring_fan_out(organization_id, event_id):
            jobs.fan_out(str(organization_id), str(event_id))


def ring_for_batches() -> None:
    """Have batches sent that are due without a bell: retries, and those of workers that died."""
    with system_scope("batches of all organizations may have lost their bell") as scope:
        some_due = select(DeliveryBatch.id).where(is_due(clock.now())).limit(MOST_AT_ONCE)
        due = scope.session.scalar(select(func.count()).select_from(some_due.subquery())) or 0
    if due and not bell.ring_send(due):
        _send_alone()


def forget_unconfirmed() -> None:
    """Delete addresses whose owners never said yes; the link that was sent to them has stopped working."""
    with system_scope("addresses that never were confirmed, of all organizations, are not kept") as scope:
        scope.session.execute(
            delete(Subscriber).where(
                # Some of them had complained: nobody asked them, whoever typed their address again.
                Subscriber.state.in_([SubscriberState.PENDING, SubscriberState.QUARANTINED]),
                Subscriber.confirmed_at.is_(None),
                Subscriber.requested_at < clock.now() - LINK_LIFETIME - GRACE,
            )
        )


def _dispatch_untold() -> None:
    """Close the events that no mail tells of, so that looking for the others stays quick."""
    with system_scope("events of all organizations that nobody is told of by mail") as scope:
        scope.session.execute(
            update(Event)
            .where(
                Event.dispatched_at.is_(None),
                Event.kind.not_in(TOLD_KINDS),
                Event.created_at < clock.now() - PATIENCE,
            )
            .values(dispatched_at=clock.now())
        )


def _send_alone() -> None:
    end = time.monotonic() + ALONE_SECONDS
    while time.monotonic() < end:
        if not send_next(transport_for):
            return
