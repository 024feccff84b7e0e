"""Ringing for a worker when a domain's record is to be looked for. A lost bell loses nothing: the clock looks, too."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from redis import RedisError

from app.database.outbox import Event
from app.domains.rules import ENTERED
from app.extensions import queue

log = structlog.get_logger(__name__)

CHORES = "chores"
"""Workers look here last; a look-up takes some seconds at most."""

TIMEOUT_SECONDS = 60
FAILED_JOB_SECONDS = 24 * 3600


def ring_for_domains(events: Sequence[Event]) -> None:
    """Have those domains looked for that were entered just now. Listens to the outbox."""
    for event in events:
        if event.kind == ENTERED:
            ring(event.organization_id, UUID(event.payload["page_id"]))


def ring(organization_id: UUID, page_id: UUID) -> bool:
    """Have a worker look for the record of a page's domain; says whether the bell was heard."""
    try:
        queue(CHORES).enqueue(
            "app.domains.jobs.look",
            str(organization_id),
            str(page_id),
            job_timeout=TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=FAILED_JOB_SECONDS,
            description=f"look for the domain of page {page_id}",
        )
    except (RedisError, OSError):
        log.warning("domains.bell_not_heard", page_id=str(page_id), exc_info=True)
        return False
    return True
