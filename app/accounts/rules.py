"""What we believe of an identity provider's claims, and how long a sign-in lasts. Pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from app.accounts.names import read_person_name
from app.text.addresses import ADDRESS_LENGTH

IDLE_LIMIT = timedelta(days=14)
ABSOLUTE_LIMIT = timedelta(days=30)
SEEN_GRANULARITY = timedelta(minutes=1)
"""How exact "last used" is: a write per request would cost more than the answer."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Who someone is, as their provider vouches for it."""

    issuer: str
    subject: str
    email: str
    name: str


class ClaimsRefused(ValueError):
    """The provider's answer does not let us sign this person in; the text tells them why."""


def read_claims(token: Mapping[str, Any]) -> Claims:
    """Take what we need from a validated ID token (OpenID Connect Core §2, §5.1).

    Raises:
        ClaimsRefused: no subject, no e-mail, one that cannot be, or that the provider has not verified.
    """
    issuer, subject, email = token.get("iss"), token.get("sub"), token.get("email")
    if not isinstance(issuer, str) or not isinstance(subject, str) or not subject or not subject.isprintable():
        raise ClaimsRefused("Google did not say who you are. Try again.")
    if not isinstance(email, str) or "@" not in email:
        raise ClaimsRefused("Google did not share your e-mail address, and Upfront needs it. Allow it and try again.")
    email = email.strip().lower()
    if len(email) > ADDRESS_LENGTH or " " in email or not email.isprintable():
        raise ClaimsRefused("Google shared an e-mail address that no mail reaches. Sign in with another account.")
    if token.get("email_verified") is not True:
        raise ClaimsRefused(f"Google has not verified {email} yet. Verify it there, then sign in again.")
    return Claims(issuer, subject, email, read_person_name(token.get("name"), otherwise=email))


def is_alive(last_seen_at: datetime, expires_at: datetime, now: datetime) -> bool:
    """Whether a session still counts: used within 14 days, and signed in within 30."""
    return now < expires_at and now - last_seen_at < IDLE_LIMIT


def safe_next(target: str | None) -> str | None:
    """The path to go on to after signing in, or None unless it stays on this site.

    Browsers read `//host`, `/\\host` and control characters as ways to another site, so only a plain path passes.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or any(ord(letter) < 0x21 or ord(letter) == 0x7F for letter in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target
