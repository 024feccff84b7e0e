"""What workers do for deliveries. Every job may run twice, or be lost: the ledger says what is still to be done."""

import time
from collections import deque
from uuid import UUID

from app.delivery import bell, sending
from app.delivery.fan_out import freshen_statistics, write_chunk
from app.delivery.notify import notify
from app.delivery.transports.chosen import transport_for

CHUNKS_IN_A_ROW = 2
"""After so many, a fan-out goes to the end of the queue: another organization's may be waiting behind it."""

SENDING_SECONDS = 2.0
"""For so long a worker goes on sending before it looks for other work: to fork and connect for each batch would cost as
much as the batch."""


def fan_out(organization_id: str, event_id: str) -> None:
    """Turn an event into deliveries and ring for each new batch.

    Twice without harm: an event has one notification for each page, a subscriber one delivery of it, and the cursor
    says how far whoever came before has got.
    """
    organization, event = UUID(organization_id), UUID(event_id)
    unfinished = deque(notify(organization, event))
    for _ in range(CHUNKS_IN_A_ROW + len(unfinished)):
        if not unfinished:
            return
        progress = write_chunk(organization, unfinished[0])
        if progress.is_first and not progress.finished:
            freshen_statistics()
        bell.ring_send(progress.batches)
        if progress.finished:
            unfinished.popleft()
    if unfinished:
        bell.ring_fan_out(organization, event)


def send_due_batches() -> None:
    """Send the batches that are due, each in its turn, for a little while.

    Twice without harm: a batch is sent by whoever holds its lease, and the provider knows its key.
    """
    end = time.monotonic() + SENDING_SECONDS
    while sending.send_next(transport_for):
        if time.monotonic() > end:
            bell.ring_send(1)
            return
