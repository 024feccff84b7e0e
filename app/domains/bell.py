"""Ringing for a worker when a domain's record is to be looked for. A lost bell loses nothing: the clock looks, too."""

from collections.abc import Sequence
from uuid import UUID

from app import bells
from app.database.outbox import Event
from app.domains.rules import ENTERED

TIMEOUT_SECONDS = 60
"""A look-up takes some seconds at most."""


def ring_for_domains(events: Sequence[Event]) -> None:
    """Have those domains looked for that were entered just now. Listens to the outbox."""
    for event in events:
        if event.kind == ENTERED:
            ring(event.organization_id, UUID(event.payload["page_id"]))


def ring(organization_id: UUID, page_id: UUID) -> bool:
    """Have a worker look for the record of a page's domain; says whether the bell was heard."""
    domain = (organization_id, page_id)
    return bells.ring(bells.CHORES, "app.domains.jobs.look", *domain, timeout_seconds=TIMEOUT_SECONDS)
