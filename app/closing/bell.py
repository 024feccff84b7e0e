"""Ringing for a worker when an organization is closed. A lost bell loses nothing: the clock looks, too."""

from collections.abc import Sequence
from uuid import UUID

from app import bells
from app.database.outbox import Event

CLOSED = "organization.closed"

TIMEOUT_SECONDS = 1200


def ring_for_closings(events: Sequence[Event]) -> None:
    """Have those organizations emptied that were closed. Listens to the outbox."""
    for event in events:
        if event.kind == CLOSED:
            ring(event.organization_id)


def ring(organization_id: UUID) -> bool:
    """Have a worker go on with an organization; says whether the bell was heard."""
    return bells.ring(bells.CHORES, "app.closing.jobs.go_on", organization_id, timeout_seconds=TIMEOUT_SECONDS)
