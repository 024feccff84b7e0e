"""What a telling goes through, when to try again and when to give up, and how to say why someone is told.

Pure functions over plain values.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from app.sentences import Sentence, listed

FIRST_BACKOFF = timedelta(seconds=2)
LONGEST_BACKOFF = timedelta(minutes=5)
_MOST_DOUBLINGS = 16
"""By then the backoff has long been the longest; more would only make big numbers."""

GIVE_UP_AFTER = timedelta(hours=23)
"""From the first try: the provider forgets an idempotency key after 24 hours, and would then send a second time."""

NAMES_IN_ABOUT = 2


class BatchState(StrEnum):
    """Where a batch is. Of those that are over, only the ones that were sent are done."""

    READY = "ready"
    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class DeliveryState(StrEnum):
    """What became of telling one person: superseded is who is told by something later, or need not be told any more."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class Channel(StrEnum):
    """The way on which somebody is told."""

    EMAIL = "email"
    PUSH = "push"


def next_attempt_at(attempts: int, now: datetime, *, retry_after: timedelta | None, chance: float) -> datetime:
    """When to try again after `attempts` tries: exponential backoff with full jitter, never before the provider asks.

    `chance` is between 0 and 1. Full jitter spreads the batches of an outage evenly over the time after it.
    """
    doublings = min(max(attempts - 1, 0), _MOST_DOUBLINGS)
    longest: timedelta = min(LONGEST_BACKOFF, FIRST_BACKOFF * (1 << doublings))
    backoff = longest * chance
    if retry_after is not None:
        backoff = max(backoff, retry_after + FIRST_BACKOFF * chance)
    return now + backoff


def is_given_up(first_tried_at: datetime, now: datetime) -> bool:
    """Whether a batch has been tried for so long that it is a final failure."""
    return now - first_tried_at >= GIVE_UP_AFTER


def about(names: Sequence[str]) -> str:
    """What a subscriber chose, in words: "API", "API and Dashboard", "API, Dashboard and 4 more"."""
    more = len(names) - NAMES_IN_ABOUT
    others = [Sentence.counted("%(num)s more", "%(num)s more", more)] if more > 0 else []
    return listed([*names[:NAMES_IN_ABOUT], *others]) if names else ""
