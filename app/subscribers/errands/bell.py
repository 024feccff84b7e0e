"""Ringing for a worker when something is to be done with all who were found.

A lost bell loses nothing: the clock looks.
"""

from collections.abc import Sequence
from uuid import UUID

from app import bells
from app.database.outbox import Event

BEGUN = "subscriber_errand.begun"

TIMEOUT_SECONDS = 120


def ring_for_errands(events: Sequence[Event]) -> None:
    """Have done what members asked for. Listens to the outbox."""
    for event in events:
        if event.kind == BEGUN:
            ring(event.organization_id, UUID(event.payload["errand_id"]))


def ring(organization_id: UUID, errand_id: UUID) -> bool:
    """Have a worker go on with an errand; says whether the bell was heard."""
    errand = (organization_id, errand_id)
    return bells.ring(bells.CHORES, "app.subscribers.errands.jobs.go_on", *errand, timeout_seconds=TIMEOUT_SECONDS)
