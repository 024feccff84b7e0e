"""Which push subscriptions are taken, and what fits into a message. Pure functions over plain values."""

import base64
import binascii
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

PUSH_SERVICES = (
    "android.googleapis.com",
    "fcm.googleapis.com",
    "notify.windows.com",
    "push.apple.com",
    "push.services.mozilla.com",
)
"""The hosts that the browsers name, with whatever stands before them. A visitor's word alone never makes us connect
anywhere else."""

LONGEST_ENDPOINT = 1_000
PUBLIC_KEY_BYTES = 65
"""An uncompressed point on P-256 (RFC 8291 §3.2)."""
SECRET_BYTES = 16
MOST_BODY_CHARACTERS = 400
"""Of a message: what a browser shows of it, and with room to spare in the 3,993 bytes that every service takes."""


_HOST = re.compile("[a-z0-9.-]+")
"""Nothing else: what reads a backslash as the end of a host would connect to what stands before it."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Why a browser may see a private page, as far as that must hold for it to be told."""

    version: int
    """The page's `access_version`."""
    until: datetime
    user_id: UUID | None = None
    """The member that it is let in as."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a browser is reached, and what only it can read. Its address is a secret: who has it may write to it."""

    url: str
    public_key: bytes
    secret: bytes


def read_endpoint(
    url: object, public_key: object, secret: object, services: Collection[str] = PUSH_SERVICES
) -> Endpoint | None:
    """What a browser sent as its subscription, or None when it is none that a browser makes.

    Args:
        services: hosts that are taken, each with those below it; in the form "http://127.0.0.1:1" an origin.
    """
    if not (isinstance(url, str) and isinstance(public_key, str) and isinstance(secret, str)):
        return None
    key, shared = _decode(public_key), _decode(secret)
    fits = len(key) == PUBLIC_KEY_BYTES and key[:1] == b"\x04" and len(shared) == SECRET_BYTES
    return Endpoint(url, key, shared) if fits and _is_known(url, services) else None


def shorten(text: str) -> str:
    """The beginning of a message, as much as a notification shows."""
    text = " ".join(text.split())
    return text if len(text) <= MOST_BODY_CHARACTERS else text[: MOST_BODY_CHARACTERS - 1].rstrip() + "…"


def _is_known(url: str, services: Collection[str]) -> bool:
    if len(url) > LONGEST_ENDPOINT or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if f"{parts.scheme}://{parts.netloc}" in services:
        return True
    by_name = _HOST.fullmatch(host) and any(host == service or host.endswith(f".{service}") for service in services)
    return parts.scheme == "https" and "@" not in parts.netloc and port in (None, 443) and bool(by_name)


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars="-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
