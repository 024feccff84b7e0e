"""Ringing for a worker when somebody accepts an invitation. A lost bell loses nothing: the clock looks, too."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from flask import current_app
from redis import RedisError
from rq import Queue

from app.database.outbox import Event

log = structlog.get_logger(__name__)

ACCEPTANCES = "acceptances"
"""Workers look here before anything else: somebody waits in front of the page, and it takes a moment."""

TIMEOUT_SECONDS = 30
FAILED_JOB_SECONDS = 24 * 3600


def ring_for_acceptances(events: Sequence[Event]) -> None:
    """Have invitations accepted whose holders have asked for it. Listens to the outbox."""
    for event in events:
        if event.kind == "invitation.accept_requested":
            _ring(event.organization_id, UUID(event.payload["invitation_id"]))


def _ring(organization_id: UUID, invitation_id: UUID) -> None:
    queue = Queue(ACCEPTANCES, connection=current_app.extensions["upfront.redis"])
    try:
        queue.enqueue(
            "app.teams.jobs.accept",
            str(organization_id),
            str(invitation_id),
            job_timeout=TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=FAILED_JOB_SECONDS,
            description=f"accept invitation {invitation_id} of organization {organization_id}",
        )
    except (RedisError, OSError):
        log.warning("acceptance.bell_not_heard", invitation_id=str(invitation_id), exc_info=True)
