"""The token in a link that lets somebody in: derived, so that a mail and its retry can carry it; a hash is kept."""

from datetime import datetime
from uuid import UUID

from app.accounts.tokens import derived_token
from app.extensions import settings


def link_token(link_id: UUID, requested_at: datetime) -> str:
    """Behind "open the page": another one each time a link is asked for."""
    return derived_token(settings.secret_key, "page.link", str(link_id), requested_at.isoformat())
