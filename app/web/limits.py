"""How often one address may have us read what is public, or try to get in; how often one person may have us draw what
they are writing; and how often members may have us write to somebody who did not ask.

Answers from the cache are not counted: that costs more.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from math import ceil
from typing import ParamSpec, TypeVar
from uuid import UUID

import structlog
from flask import g
from limits import (
    RateLimitItem,
    RateLimitItemPerDay,
    RateLimitItemPerHour,
    RateLimitItemPerMinute,
    RateLimitItemPerSecond,
)
from redis import RedisError

from app import clock
from app.errors import TooMany
from app.extensions import client_address, limiter

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger(__name__)

MISSES = RateLimitItemPerSecond(50)
"""Of things that the cache does not hold: more than a page with all its days opened, less than a search of ids."""

REFUSALS = RateLimitItemPerSecond(2)
"""That are told in the look of the page, for which it has to be looked up: a person comes back a few times."""

SOCKETS = RateLimitItemPerMinute(300)
"""Handshakes of one address: an office comes back as a whole when we begin anew, a script comes back without end."""

DRAWN = RateLimitItemPerMinute(180)
"""For one person: a form asks 0.4 s after each pause in typing at the earliest, which is 150 times a minute."""

PASSWORDS = RateLimitItemPerMinute(10, 15)
"""Of one address, on whichever pages: a person mistypes a few times."""
PASSWORDS_OF_PAGE = RateLimitItemPerHour(500)
"""Of one page, whoever tries: a thousand addresses may not guess a thousand times as fast. Who is in stays in."""
LINKS = RateLimitItemPerHour(20)
"""That one address asks for, on whichever pages."""

ASKED_OF_PAGE = (RateLimitItemPerMinute(200), RateLimitItemPerHour(3000))
"""Forms to be told by mail or by a browser, on one page, whoever asks: more than an outage brings, less than many
rented machines would."""

INVITED = (RateLimitItemPerHour(10), RateLimitItemPerDay(20))
"""Invitations to one mailbox, whichever organization sends them. What anybody can ask for is counted more strictly, and
where nothing gets lost: `app.mailboxes`."""


def limited_misses(view: Callable[P, R]) -> Callable[P, R]:
    """Hold a public view with an id in its address, or with much to read, to `MISSES`. While Redis is away, it is open.

    Not for the page itself: it has one address, so all its visitors together cause one miss for each change, and
    whoever causes it must not be turned away.
    """

    @wraps(view)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        count_miss()
        return view(*args, **kwargs)

    return limited


def limited_sockets(view: Callable[P, R]) -> Callable[P, R]:
    """Hold the handshakes of a view to `SOCKETS`. While Redis is away, it is open."""

    @wraps(view)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        _count_if_possible(SOCKETS, "sockets", client_address())
        return view(*args, **kwargs)

    return limited


def count_miss() -> None:
    """Hold whoever asks to `MISSES`. While Redis is away, it is open. A request counts once, wherever it is counted.

    Raises:
        TooMany: more than any reading could ask for.
    """
    if g.get("is_counted_miss"):
        return
    g.is_counted_miss = True
    _count_if_possible(MISSES, "public misses", client_address())


def count_refusal() -> None:
    """Hold what a refusal is dressed up with to `REFUSALS`. While Redis is away, it is open.

    Raises:
        TooMany: whoever asks is none to read it.
    """
    _count_if_possible(REFUSALS, "refusals", client_address())


def count_drawing(user_id: UUID) -> None:
    """Hold what a form asks for while this person writes to `DRAWN`. While Redis is away, it is open.

    Raises:
        TooMany: more than any typing could ask for.
    """
    _count_if_possible(DRAWN, "drawing", str(user_id))


def count_password(page_id: UUID) -> None:
    """Count an attempt to open a page with a password, before anybody looks whether it is right.

    Raises:
        TooMany: too many were tried.
        RedisError: nobody can count; then nobody is let in.
    """
    _count(PASSWORDS, "passwords", client_address())
    _count(PASSWORDS_OF_PAGE, "passwords of a page", str(page_id))


def count_link() -> None:
    """Count that somebody asks for a link to a private page.

    Raises:
        TooMany: they have asked for too many.
        RedisError: nobody can count; then nothing is to be sent.
    """
    _count(LINKS, "links", client_address())


def count_asking(page_id: UUID) -> None:
    """Count that somebody asks to be told of a page, at whichever of its addresses.

    Raises:
        TooMany: too many have asked.
        RedisError: nobody can count; then nothing is to be sent.
    """
    for limit in ASKED_OF_PAGE:
        _count(limit, "asked of a page", str(page_id))


def may_be_invited(mailbox: str) -> bool:
    """Whether this e-mail address may get one more invitation, which is counted by asking.

    Raises:
        RedisError: nobody can count; then nothing is to be sent.
    """
    name = hashlib.sha256(mailbox.encode()).hexdigest()  # Redis need not know who is written to
    return all(limiter.limiter.hit(limit, "invited", name) for limit in INVITED)


def _count(limit: RateLimitItem, kind: str, who: str) -> None:
    if not limiter.limiter.hit(limit, kind, who):
        raise TooMany(_seconds_left(limit, kind, who))


def _seconds_left(limit: RateLimitItem, kind: str, who: str) -> int:
    """When to come back: at the end of the window that is full."""
    ends_at = limiter.limiter.get_window_stats(limit, kind, who).reset_time
    return max(1, min(limit.get_expiry(), ceil(ends_at - clock.now().timestamp())))


def _count_if_possible(limit: RateLimitItem, kind: str, who: str) -> None:
    try:
        allowed = limiter.limiter.hit(limit, kind, who)
    except (RedisError, OSError):
        log.warning("limits.not_counted", exc_info=True)
        return
    if not allowed:
        raise TooMany(limit.get_expiry())
