"""How often one address may have us read what is public, and how often we write to one that may not have asked.

And how often one person may have us draw what they are writing.

Answers from the cache are not counted: that costs more.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

import structlog
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute
from redis import RedisError

from app.errors import TooMany
from app.extensions import client_address, limiter

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger(__name__)

MISSES = RateLimitItemPerMinute(600)
"""Of things that the cache does not hold: more than a page with all its days opened, less than a search of ids."""

DRAWN = RateLimitItemPerMinute(180)
"""For one person: a form asks 0.4 s after each pause in typing at the earliest, which is 150 times a minute."""

ASKED = (RateLimitItemPerHour(10), RateLimitItemPerDay(20))
"""Mails of one kind to one mailbox, whoever asks and on whichever page: many pages must not flood it together.

Confirmations and invitations are counted apart: anybody may ask for the former, and must not keep out the latter.
"""


def limited_misses(view: Callable[P, R]) -> Callable[P, R]:
    """Hold a public view with an id in its address, or with much to read, to `MISSES`. While Redis is away, it is open.

    Not for the page itself: it has one address, so all its visitors together cause one miss for each change, and
    whoever causes it must not be turned away.
    """

    @wraps(view)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        _count_if_possible(MISSES, "public misses", client_address())
        return view(*args, **kwargs)

    return limited


def count_drawing(user_id: UUID) -> None:
    """Hold what a form asks for while this person writes to `DRAWN`. While Redis is away, it is open.

    Raises:
        TooMany: more than any typing could ask for.
    """
    _count_if_possible(DRAWN, "drawing", str(user_id))


def may_be_asked(mailbox: str) -> bool:
    """Whether this e-mail address may get one more confirmation mail, which is counted by asking.

    Raises:
        RedisError: nobody can count; then nothing is to be sent.
    """
    return _count("asked", mailbox)


def may_be_invited(mailbox: str) -> bool:
    """Whether this e-mail address may get one more invitation, which is counted by asking.

    Raises:
        RedisError: nobody can count; then nothing is to be sent.
    """
    return _count("invited", mailbox)


def _count(kind: str, mailbox: str) -> bool:
    name = hashlib.sha256(mailbox.encode()).hexdigest()  # Redis need not know who is written to
    return all(limiter.limiter.hit(limit, kind, name) for limit in ASKED)


def _count_if_possible(limit: RateLimitItem, kind: str, who: str) -> None:
    try:
        allowed = limiter.limiter.hit(limit, kind, who)
    except (RedisError, OSError):
        log.warning("limits.not_counted", exc_info=True)
        return
    if not allowed:
        raise TooMany(limit.get_expiry())
