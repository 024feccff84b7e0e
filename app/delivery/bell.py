"""Ringing: telling workers through RQ that there is something to do. What it is stands in PostgreSQL.

A lost bell loses nothing (the clock rings again for what is still undone), so Redis being away is logged and borne.
"""

from collections.abc import Sequence
from uuid import UUID

import structlog
from flask import current_app
from redis import RedisError
from rq import Queue
from rq.queue import EnqueueData

from app.database.outbox import Event
from app.delivery.notices import TOLD_KINDS

log = structlog.get_logger(__name__)

EVENTS = "events"
"""Turning events into deliveries. Workers look here first: it is quick, and what comes after depends on it."""
MAILS = "mails"
"""Sending. A bell here names no batch: whoever answers takes those whose turn it is."""
QUEUES = (EVENTS, MAILS)

FAN_OUT_TIMEOUT_SECONDS = 120
SEND_TIMEOUT_SECONDS = 600
"""A batch by SMTP is a hundred mails, one after the other."""
FAILED_JOB_SECONDS = 24 * 3600

MOST_SENDING = 8
"""Bells that may wait for senders at once. Whoever answers one sends what is due, so more would find nothing to do."""


def ring_for_events(events: Sequence[Event]) -> None:
    """Have those events fanned out that somebody is told of. Listens to the outbox."""
    for event in events:
        if event.kind in TOLD_KINDS:
            ring_fan_out(event.organization_id, event.id)


def ring_fan_out(organization_id: UUID, event_id: UUID) -> bool:
    """Have one event turned into deliveries; says whether the bell was heard."""
    job = Queue.prepare_data(
        "app.delivery.jobs.fan_out",
        args=(str(organization_id), str(event_id)),
        timeout=FAN_OUT_TIMEOUT_SECONDS,
        result_ttl=0,
        failure_ttl=FAILED_JOB_SECONDS,
        description=f"fan out event {event_id} of organization {organization_id}",
    )
    return _ring(EVENTS, [job])


def ring_send(batches: int) -> bool:
    """Have due batches sent, by no more workers than there are `batches`; says whether the bell was heard."""
    job = Queue.prepare_data(
        "app.delivery.jobs.send_due_batches",
        timeout=SEND_TIMEOUT_SECONDS,
        result_ttl=0,
        failure_ttl=FAILED_JOB_SECONDS,
        description="send what is due",
    )
    return _ring(MAILS, [job] * min(batches, MOST_SENDING - waiting(MAILS)))


def waiting(name: str) -> int:
    """How many bells of a queue nobody has answered yet; none while Redis is away."""
    try:
        return int(_queue(name).count)
    except (RedisError, OSError):
        return 0


def _queue(name: str) -> Queue:
    """Ringing never blocks, so it goes by the client that gives up after a second."""
    return Queue(name, connection=current_app.extensions["upfront.redis"])


def _ring(name: str, jobs: list[EnqueueData]) -> bool:
    try:
        _queue(name).enqueue_many(jobs)
    except (RedisError, OSError):
        log.warning("bell.not_heard", queue=name, bells=len(jobs), exc_info=True)
        return False
    return True
