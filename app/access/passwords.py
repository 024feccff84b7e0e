"""Shared passwords: hashed slowly on purpose, and never so that everybody else has to wait for it."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode

import gevent
from gevent.lock import BoundedSemaphore

from app.access.rules import LONGEST_PASSWORD, canonical_password
from app.errors import Unavailable

# OWASP's Password Storage Cheat Sheet: N=2^14, r=8, p=5 takes 16 MiB; the same work as more memory with less p.
_COST, _BLOCK, _TURNS = 2**14, 8, 5
_SALT_BYTES, _KEY_BYTES = 16, 32
_MOST_MEMORY = 64 * 1024 * 1024

_AT_ONCE = 2
PATIENCE_SECONDS = 10.0
_turns = BoundedSemaphore(_AT_ONCE)


def hash_password(password: str) -> str:
    """What is kept of a password: `scrypt$<cost>$<block>$<turns>$<salt>$<key>`.

    Raises:
        Unavailable: too many are being looked at already.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    key = _derive(password, salt, _COST, _BLOCK, _TURNS)
    return "$".join(
        ["scrypt", str(_COST), str(_BLOCK), str(_TURNS), *(b64encode(part).decode() for part in (salt, key))]
    )


def is_password(password: str, kept: str) -> bool:
    """Whether this is the password of which `hash_password` made `kept`; never, where none is kept.

    Raises:
        Unavailable: too many are being looked at already.
    """
    if not kept or len(password) > LONGEST_PASSWORD:
        return False
    _, cost, block, turns, salt, key = kept.split("$")
    return hmac.compare_digest(_derive(password, b64decode(salt), int(cost), int(block), int(turns)), b64decode(key))


def _derive(password: str, salt: bytes, cost: int, block: int, turns: int) -> bytes:
    """In a thread of its own, for it would hold up each visitor of this process; a few at once, for it takes memory."""
    if not _turns.acquire(timeout=PATIENCE_SECONDS):
        raise Unavailable("Too many people are trying passwords just now. Try again in a moment.")
    try:
        key: bytes = gevent.get_hub().threadpool.apply(
            hashlib.scrypt,
            (canonical_password(password).encode("utf-8", "surrogatepass"),),
            {"salt": salt, "n": cost, "r": block, "p": turns, "maxmem": _MOST_MEMORY, "dklen": _KEY_BYTES},
        )
    finally:
        _turns.release()
    return key
