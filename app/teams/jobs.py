"""What workers and the clock do for invitations."""

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from app import clock
from app.database.scope import system_scope
from app.teams import invitations
from app.teams.models import Invitation
from app.teams.rules import KEPT_FOR, InvitationState

log = structlog.get_logger(__name__)

PATIENCE = timedelta(seconds=5)
"""For so long a worker is given time to answer the bell."""
MOST_AT_ONCE = 100
"""Taken up in one sweep; the next one takes the rest."""


def accept(organization_id: str, invitation_id: str) -> None:
    """Carry out an acceptance that was asked for.

    Twice without harm: the invitation is locked and open, or there is nothing to do. A worker that dies before its
    transaction is committed has done nothing, and the clock takes it up.
    """
    invitations.accept(UUID(organization_id), UUID(invitation_id))


def take_up_acceptances() -> None:
    """Carry out what no worker has, because its bell was lost with Redis or it died: little enough for the clock."""
    with system_scope("acceptances of all organizations may have lost their bell") as scope:
        waiting = scope.session.execute(
            select(Invitation.organization_id, Invitation.id)
            .where(
                Invitation.state == InvitationState.OPEN,
                Invitation.requested_at < clock.now() - PATIENCE,
                Invitation.requested_by_user_id.is_not(None),
            )
            .order_by(Invitation.requested_at)
            .limit(MOST_AT_ONCE)
        ).all()
    for organization_id, invitation_id in waiting:
        try:
            invitations.accept(organization_id, invitation_id)
        except SQLAlchemyError:  # somebody else's lock, say: the others must not wait for it
            log.warning("acceptance.failed", invitation_id=str(invitation_id), exc_info=True)


def forget_old_invitations() -> None:
    """Delete invitations that ended long ago: the addresses of people who never came are not ours to keep."""
    before = clock.now() - KEPT_FOR
    with system_scope("invitations of all organizations that ended long ago are not kept") as scope:
        scope.session.execute(delete(Invitation).where(Invitation.expires_at < before))
