"""Ringing for a worker when a table is uploaded, or its member says yes. A lost bell loses nothing: the clock looks."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from flask import current_app
from redis import RedisError
from rq import Queue

from app.database.outbox import Event

log = structlog.get_logger(__name__)

CHORES = "chores"
"""Workers look here last: nobody's mail waits for it."""

UPLOADED = "subscriber_import.uploaded"
AGREED = "subscriber_import.agreed"

TIMEOUT_SECONDS = 1200
FAILED_JOB_SECONDS = 24 * 3600


def ring_for_imports(events: Sequence[Event]) -> None:
    """Have those tables looked through, or taken in, that wait for it. Listens to the outbox."""
    for event in events:
        if event.kind in (UPLOADED, AGREED):
            ring(event.organization_id, UUID(event.payload["import_id"]))


def ring(organization_id: UUID, import_id: UUID) -> bool:
    """Have a worker go on with a table; says whether the bell was heard."""
    queue = Queue(CHORES, connection=current_app.extensions["upfront.redis"])
    try:
        queue.enqueue(
            "app.subscribers.imports.jobs.go_on",
            str(organization_id),
            str(import_id),
            job_timeout=TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=FAILED_JOB_SECONDS,
            description=f"import {import_id} of organization {organization_id}",
        )
    except (RedisError, OSError):
        log.warning("imports.bell_not_heard", organization_id=str(organization_id), exc_info=True)
        return False
    return True
