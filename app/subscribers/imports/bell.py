"""Ringing for a worker when a table is uploaded, or its member says yes. A lost bell loses nothing: the clock looks."""

from collections.abc import Sequence
from uuid import UUID

from app import bells
from app.database.outbox import Event

UPLOADED = "subscriber_import.uploaded"
AGREED = "subscriber_import.agreed"

TIMEOUT_SECONDS = 1200


def ring_for_imports(events: Sequence[Event]) -> None:
    """Have those tables looked through, or taken in, that wait for it. Listens to the outbox."""
    for event in events:
        if event.kind in (UPLOADED, AGREED):
            ring(event.organization_id, UUID(event.payload["import_id"]))


def ring(organization_id: UUID, import_id: UUID) -> bool:
    """Have a worker go on with a table; says whether the bell was heard."""
    table = (organization_id, import_id)
    return bells.ring(bells.CHORES, "app.subscribers.imports.jobs.go_on", *table, timeout_seconds=TIMEOUT_SECONDS)
