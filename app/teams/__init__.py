"""Who works together: members, their roles, and how people join."""

from app.database.outbox import listen
from app.teams.bell import ring_for_acceptances


def register() -> None:
    """Have acceptances carried out that are committed: events ring for a worker."""
    listen(ring_for_acceptances)
