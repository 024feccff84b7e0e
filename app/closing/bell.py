"""Ringing for a worker when an organization is closed. A lost bell loses nothing: the clock looks, too."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from flask import current_app
from redis import RedisError
from rq import Queue

from app.database.outbox import Event

log = structlog.get_logger(__name__)

CHORES = "chores"
"""Workers look here last: nobody waits for it."""

CLOSED = "organization.closed"

TIMEOUT_SECONDS = 1200
FAILED_JOB_SECONDS = 24 * 3600


def ring_for_closings(events: Sequence[Event]) -> None:
    """Have those organizations emptied that were closed. Listens to the outbox."""
    for event in events:
        if event.kind == CLOSED:
            ring(event.organization_id)


def ring(organization_id: UUID) -> bool:
    """Have a worker go on with an organization; says whether the bell was heard."""
    queue = Queue(CHORES, connection=current_app.extensions["upfront.redis"])
    try:
        queue.enqueue(
            "app.closing.jobs.go_on",
            str(organization_id),
            job_timeout=TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=FAILED_JOB_SECONDS,
            description=f"delete organization {organization_id}",
        )
    except (RedisError, OSError):
        log.warning("closing.bell_not_heard", organization_id=str(organization_id), exc_info=True)
        return False
    return True


def is_waiting() -> bool:
    """Whether a bell of ours has not been answered yet: a second one would only find the first one's work."""
    try:
        return bool(Queue(CHORES, connection=current_app.extensions["upfront.redis"]).count)
    except (RedisError, OSError):
        return False
