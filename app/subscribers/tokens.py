"""The tokens in a subscriber's mails. They are derived, so that each mail can carry them while only hashes are kept."""

from datetime import datetime
from uuid import UUID

from app.accounts.tokens import derived_token
from app.extensions import settings


def manage_token(subscriber_id: UUID) -> str:
    """Behind "choose what you hear about" and "unsubscribe": the same in all mails to this subscriber."""
    return derived_token(settings.secret_key, "subscriber.manage", str(subscriber_id))


def confirm_token(subscriber_id: UUID, requested_at: datetime) -> str:
    """Behind "confirm my address": another one each time it is asked for."""
    return derived_token(settings.secret_key, "subscriber.confirm", str(subscriber_id), requested_at.isoformat())
