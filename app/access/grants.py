"""What a visitor carries who was let in to a private page: a signed word, good for this page as it is closed now.

It holds nothing about the person. Whatever changes in who may see the page raises the page's `access_version`, and ends
every grant at once.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.access.rules import GRANT_LIFETIME, Way
from app.extensions import settings

PASS_SECONDS = 60
"""How long a member's way from the dashboard's host to a page's own domain may take."""


@dataclass(frozen=True, slots=True)
class Grant:
    """That somebody may see a page."""

    page_id: UUID
    access_version: int
    way: Way
    session_id: UUID | None = None
    """Of a member: the sign-in that it ends with."""
    ends_at: datetime | None = field(default=None, compare=False)
    """When a visitor who carries it is asked again; known of one that was read."""


def write_grant(grant: Grant) -> str:
    """A grant as a cookie carries it."""
    return _write("page.grant", grant)


def read_grant(text: str) -> Grant | None:
    """The grant of a cookie; None when it is none of ours, or older than a visitor is believed."""
    return _read("page.grant", text, int(GRANT_LIFETIME.total_seconds()))


def write_pass(grant: Grant) -> str:
    """A member's grant on its way in an address, for a minute: cookies do not go from one host to another."""
    return _write("page.pass", grant)


def read_pass(text: str) -> Grant | None:
    """The grant of a pass; None when it is none of ours, or too old."""
    return _read("page.pass", text, PASS_SECONDS)


def _write(purpose: str, grant: Grant) -> str:
    session = grant.session_id.hex if grant.session_id else ""
    return _signer(purpose).dumps([grant.page_id.hex, grant.access_version, grant.way.value, session])


def _read(purpose: str, text: str, seconds: int) -> Grant | None:
    try:
        (page_id, version, way, session), signed_at = _signer(purpose).loads(
            text, max_age=seconds, return_timestamp=True
        )
    except BadSignature:
        return None
    ends_at = signed_at + timedelta(seconds=seconds)
    return Grant(UUID(page_id), version, Way(way), UUID(session) if session else None, ends_at)


def _signer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt=f"upfront.{purpose}")
