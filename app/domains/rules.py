"""Host names that pages can have, and when a proof of one is looked for, as pure functions over plain values."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.text.addresses import DOMAIN_NAME, in_letters_of_dns

HOST_LENGTH = 253 - len("_upfront.")
"""The name of the record that proves it must fit, too (RFC 1035 §2.3.4)."""

PENDING_FOR = timedelta(days=7)
"""So long a domain is looked for by itself after it was entered; then whoever entered it has to ask again."""
LOST_FOR = timedelta(days=7)
"""A domain whose record has been missing for so long is let go: somebody else may own it by now."""
CHECK_AGAIN = timedelta(hours=6)
"""How often the record of a verified domain is looked for."""

ENTERED = "page.domain_entered"
"""The event; a worker then looks for the domain's record."""

MISSING = "page.domain_missing"
RELEASED = "page.domain_released"
"""The events of which admins are told by mail."""

# RFC 6761, RFC 6762, RFC 8375 and what routers use: nobody can own one of these.
_NOBODYS = ("localhost", "local", "internal", "invalid", "test", "onion", "arpa", "lan", "home", "corp", "localdomain")


class DomainState(StrEnum):
    """How far a domain is."""

    PENDING = "pending"
    """Nobody has found its record yet, or its name leads nowhere."""
    VERIFIED = "verified"
    LOST = "lost"
    """Verified, but at present its record is missing."""


def normalize_host(typed: str) -> str:
    """A host as typed, in the letters that DNS uses: lower case, international names as `xn--…`.

    What comes around it in an address is taken off. What cannot be brought into that form stays as it is, for
    `check_host` to refuse.
    """
    host = typed.strip()
    if len(host) > 4 * HOST_LENGTH:
        return host
    return in_letters_of_dns(re.sub(r"^[a-zA-Z]+://", "", host).partition("/")[0].rstrip(".").lower())


def check_host(host: str, *, our_host: str) -> str | None:
    """Why a page cannot have this host, which went through `normalize_host`, in words for beside the field."""
    if not host:
        return "Enter a domain like status.example.com."
    if len(host) > HOST_LENGTH:
        return "This is longer than a domain can be."
    if not DOMAIN_NAME.fullmatch(host) or "_" in host:
        return f"“{host[:80]}” is no domain. A domain looks like status.example.com, without port or path."
    if any(host == name or host.endswith(f".{name}") for name in _NOBODYS):
        return f"Nobody can own a domain that ends with “.{host.rpartition('.')[2]}”. Enter one that is yours."
    if host == our_host or host.endswith(f".{our_host}") or our_host.endswith(f".{host}"):
        return "This domain is ours. Enter one that is yours."
    return None


def record_name(host: str) -> str:
    """The name of the TXT record that proves a domain."""
    return f"_upfront.{host}"


def record_value(proof: str) -> str:
    """What must stand in it."""
    return f"upfront-verification={proof}"


@dataclass(frozen=True, slots=True)
class Found:
    """What the domain name system says of a host."""

    texts: Collection[str]
    """Of the TXT record that proves it; each page that wants the host has its own among them."""
    leads_somewhere: bool
    """Whether the host has an address: nobody must be sent to one that has none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a look."""

    is_proved: bool
    fault: str = ""


NO_RECORD = "There is no such record yet. Providers of domains take from minutes to hours to publish one."
LEADS_NOWHERE = "The record is there, but the domain itself leads nowhere yet. Add the first record, too."
NO_ADDRESS = "The record is there, but the domain itself leads nowhere any more: nobody finds the page there."
PROVED_TWICE = "Another status page has this domain and proves it, too. Take its record out, then check again."
NOBODY_ANSWERED = "Nobody who knows domains answered us. We look again by ourselves."


def judge(found: Found, proof: str, *, is_verified: bool, others_proof: str | None) -> Verdict:
    """Whether a look proves a domain.

    Args:
        found: what was found.
        proof: of the page that wants the domain.
        is_verified: whether it was proved before. Then only the record counts: who is there stays there, and is told
            when the domain leads nowhere.
        others_proof: of the page that has the domain at present, if that is another one.
    """
    if record_value(proof) not in found.texts:
        return Verdict(False, NO_RECORD)
    if not is_verified and not found.leads_somewhere:
        return Verdict(False, LEADS_NOWHERE)
    if others_proof is not None and record_value(others_proof) in found.texts:
        return Verdict(False, PROVED_TWICE)
    return Verdict(True, "" if found.leads_somewhere else NO_ADDRESS)


def pause_after(entered_at: datetime, now: datetime) -> timedelta:
    """How long to wait before a domain that is pending is looked for again: people change it while they watch."""
    return timedelta(minutes=1) if now - entered_at < timedelta(hours=1) else timedelta(minutes=15)
