"""Ringing for workers when somebody is to be told of something, and when mails are due (`app.bells`)."""

from collections.abc import Sequence
from uuid import UUID

from app import bells
from app.database.outbox import Event
from app.delivery.notices import TOLD_KINDS

EVENTS = "events"
"""Turning events into deliveries. Workers look here first: it is quick, and what comes after depends on it."""
MAILS = "mails"
"""Sending. A bell here names no batch: whoever answers takes those whose turn it is."""
QUEUES = (EVENTS, MAILS)

FAN_OUT_TIMEOUT_SECONDS = 120
SEND_TIMEOUT_SECONDS = 600
"""A batch by SMTP is a hundred mails, one after the other."""

MOST_SENDING = 8
"""Bells that may wait for senders at once. Whoever answers one sends what is due, so more would find nothing to do."""


def ring_for_events(events: Sequence[Event]) -> None:
    """Have those events fanned out that somebody is told of. Listens to the outbox."""
    for event in events:
        if event.kind in TOLD_KINDS:
            ring_fan_out(event.organization_id, event.id)


def ring_fan_out(organization_id: UUID, event_id: UUID) -> bool:
    """Have one event turned into deliveries; says whether the bell was heard."""
    event = (organization_id, event_id)
    return bells.ring(EVENTS, "app.delivery.jobs.fan_out", *event, timeout_seconds=FAN_OUT_TIMEOUT_SECONDS)


def ring_send(batches: int) -> bool:
    """Have due batches sent, by no more workers than there are `batches`; says whether the bell was heard."""
    times = min(batches, MOST_SENDING - bells.waiting(MAILS))
    return bells.ring(
        MAILS, "app.delivery.jobs.send_due_batches", timeout_seconds=SEND_TIMEOUT_SECONDS, times=max(times, 0)
    )
