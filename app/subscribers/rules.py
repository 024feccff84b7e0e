"""What a subscription goes through, how long a request for one holds, and how often one may be made.

Pure functions over plain values.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from app.errors import UpfrontError

LINK_LIFETIME = timedelta(hours=24)
"""For so long the link in a confirmation mail works."""
PAUSE = timedelta(minutes=15)
"""Between two confirmation mails to one address: whoever types somebody else's cannot flood them."""


class PageKey(Protocol):
    """Which page somebody subscribes to."""

    @property
    def organization_id(self) -> UUID: ...

    @property
    def page_id(self) -> UUID: ...


class SubscriberState(StrEnum):
    """Only the confirmed are told anything (double opt-in)."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    QUARANTINED = "quarantined"
    """Their mail does not arrive, or they called it spam: nothing is sent until that is mended."""


class NewsKind(StrEnum):
    """What there is to hear of."""

    INCIDENTS = "incidents"
    MAINTENANCE = "maintenance"
    ANNOUNCEMENTS = "announcements"


class SubscriberSource(StrEnum):
    """How a subscriber came to be one."""

    FORM = "form"
    """They asked for it themselves, on the page."""
    IMPORT = "import"
    MEMBER = "member"


class SuppressionReason(StrEnum):
    """Why a mailbox is not to be written to."""

    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    BOUNCED = "bounced"

    @property
    def weight(self) -> int:
        """Of two reasons the heavier one stays."""
        return _WEIGHTS[self]


_WEIGHTS = {SuppressionReason.BOUNCED: 1, SuppressionReason.UNSUBSCRIBED: 2, SuppressionReason.COMPLAINED: 3}


class LinkExpired(UpfrontError):
    """A confirmation link that is older than a day."""

    status = 410
    title = "This link no longer works"


def may_ask_again(requested_at: datetime, unsubscribed_at: datetime | None, now: datetime) -> bool:
    """Whether an address that was asked before may get another confirmation mail.

    Who has left since then has shown that the mails are theirs to ask for, and need not wait.
    """
    has_left = unsubscribed_at is not None and unsubscribed_at >= requested_at
    return has_left or now - requested_at >= PAUSE


def is_expired(requested_at: datetime, now: datetime) -> bool:
    """Whether the link of a confirmation that was asked for at `requested_at` no longer works."""
    return now - requested_at >= LINK_LIFETIME
