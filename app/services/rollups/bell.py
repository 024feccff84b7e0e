"""Ringing for a worker when days are over, or are known to have been otherwise. A lost bell loses nothing."""

from uuid import UUID

import structlog
from redis import RedisError

from app.extensions import queue

log = structlog.get_logger(__name__)

CHORES = "chores"
"""Workers look here last: until days are rolled up, they are read from the status changes."""

TIMEOUT_SECONDS = 600
FAILED_JOB_SECONDS = 24 * 3600


def ring(job: str, organization_id: UUID, zone: str) -> bool:
    """Have a worker do something with an organization's days in a zone; says whether the bell was heard.

    Args:
        job: a function of `app.services.rollups.jobs`.
        organization_id: whose days.
        zone: in which they are counted.
    """
    try:
        queue(CHORES).enqueue(
            f"app.services.rollups.jobs.{job}",
            str(organization_id),
            zone,
            job_timeout=TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=FAILED_JOB_SECONDS,
            description=f"{job} of organization {organization_id} in {zone}",
        )
    except (RedisError, OSError):
        log.warning("days.bell_not_heard", organization_id=str(organization_id), zone=zone, exc_info=True)
        return False
    return True


def is_waiting() -> bool:
    """Whether there are chores that no worker has begun: more bells would only make more of them."""
    try:
        return bool(queue(CHORES).count)
    except (RedisError, OSError):
        return False
