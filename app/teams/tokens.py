"""The token in an invitation's mail: derived, so that a mail and its retry can carry it while only a hash is kept."""

from datetime import datetime
from uuid import UUID

from app.accounts.tokens import derived_token
from app.extensions import settings


def invitation_token(invitation_id: UUID, sent_at: datetime) -> str:
    """Behind "accept the invitation": another one each time the invitation is sent."""
    return derived_token(settings.secret_key, "invitation", str(invitation_id), sent_at.isoformat())
