"""Ringing for a worker when days are over, or are known to have been otherwise. A lost bell loses nothing.

Until days are rolled up they are read from the status changes.
"""

from uuid import UUID

from app import bells

TIMEOUT_SECONDS = 600


def ring(job: str, organization_id: UUID, zone: str) -> bool:
    """Have a worker do something with an organization's days in a zone; says whether the bell was heard.

    Args:
        job: a function of `app.services.rollups.jobs`.
        organization_id: whose days.
        zone: in which they are counted.
    """
    days = (organization_id, zone)
    return bells.ring(bells.CHORES, f"app.services.rollups.jobs.{job}", *days, timeout_seconds=TIMEOUT_SECONDS)
