"""What a report says of a mail, and which of several reports counts. Pure functions over plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

MOST_SOFT_BOUNCES = 5
"""Mails in a row that came back for now; after so many nobody is waiting for them."""

REASON_LENGTH = 500
LONGEST_PROVIDER_ID = 200


class Fate(StrEnum):
    """What became of a mail after the provider took it. A later one in this order outweighs the ones before it."""

    DELAYED = "delayed"
    DELIVERED = "delivered"
    NOT_SENT = "not_sent"
    """The provider took it and then could not send it: neither its reader's fault nor that of their mailbox."""
    SOFT_BOUNCED = "soft_bounced"
    """It came back for now: the mailbox is full, the server is away."""
    BOUNCED = "bounced"
    """It came back for good: there is no such mailbox."""
    COMPLAINED = "complained"
    """Its reader called it spam."""

    def outweighs(self, other: "Fate | None") -> bool:
        """Reports come in any order, and twice: what is worse has happened, whatever else is said."""
        order = list(Fate)
        return other is None or order.index(self) > order.index(other)

    @property
    def is_bad(self) -> bool:
        """Whether its reader has not got it, or did not want it."""
        return self.outweighs(Fate.DELIVERED)


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that the provider says of one mail."""

    provider_id: str
    fate: Fate
    reason: str
    """As the receiving server put it; empty where nobody said why."""
    at: datetime


_FATES = {
    "email.delivery_delayed": Fate.DELAYED,
    "email.delivered": Fate.DELIVERED,
    "email.failed": Fate.NOT_SENT,
    "email.bounced": Fate.BOUNCED,
    # The provider itself writes no more to a mailbox that did not exist the last time.
    "email.suppressed": Fate.BOUNCED,
    "email.complained": Fate.COMPLAINED,
}

_DETAILS = {"email.bounced": "bounce", "email.failed": "failed", "email.suppressed": "suppressed"}
"""Where each kind keeps why."""


def read_report(payload: object, now: datetime) -> Report | None:
    """What a webhook says, if it is about the fate of a mail; None for all else, also for what makes no sense."""
    if not isinstance(payload, dict) or not isinstance(payload.get("data"), dict):
        return None
    kind, data = payload.get("type"), payload["data"]
    fate = _FATES.get(kind) if isinstance(kind, str) else None
    provider_id = data.get("email_id")
    if fate is None or not isinstance(provider_id, str) or not 0 < len(provider_id) <= LONGEST_PROVIDER_ID:
        return None
    details = data.get(_DETAILS.get(str(kind), ""))
    details = details if isinstance(details, dict) else {}
    if fate is Fate.BOUNCED and str(details.get("type", "Permanent")).lower() in ("transient", "undetermined"):
        fate = Fate.SOFT_BOUNCED
    return Report(provider_id, fate, _reason(details), _time(payload.get("created_at"), now))


def _reason(details: Mapping[str, Any]) -> str:
    said = details.get("message") or details.get("reason") or details.get("subType") or ""
    # One line, of letters only: it is shown in a table, and the receiving server may write anything.
    words = " ".join(str(said).split())
    return "".join(letter for letter in words if letter.isprintable())[:REASON_LENGTH]


def _time(text: object, now: datetime) -> datetime:
    """When it happened, as far as that can be: never later than now."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return now
    return min(at if at.tzinfo else at.replace(tzinfo=UTC), now)
