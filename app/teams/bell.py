"""Ringing for a worker when somebody accepts an invitation. A lost bell loses nothing: the clock looks, too."""

from collections.abc import Sequence

from app import bells
from app.database.outbox import Event

ACCEPTANCES = "acceptances"
"""Workers look here before anything else: somebody waits in front of the page, and it takes a moment."""

TIMEOUT_SECONDS = 30


def ring_for_acceptances(events: Sequence[Event]) -> None:
    """Have invitations accepted whose holders have asked for it. Listens to the outbox."""
    for event in events:
        if event.kind == "invitation.accept_requested":
            invitation = (event.organization_id, event.payload["invitation_id"])
            bells.ring(ACCEPTANCES, "app.teams.jobs.accept", *invitation, timeout_seconds=TIMEOUT_SECONDS)
