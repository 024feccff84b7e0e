"""How an organization goes, whole and for good; and how it takes everything along before (decision 0014)."""

from app.closing.bell import ring_for_closings
from app.database.outbox import listen


def register() -> None:
    """Have an organization that was closed be emptied: its event rings for a worker."""
    listen(ring_for_closings)
