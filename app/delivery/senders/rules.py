"""What a sender may be called, and what a domain's records say of mail from it. Pure functions over plain values.

SPF is RFC 7208, DKIM RFC 6376, DMARC RFC 7489.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.text.addresses import DOMAIN_LENGTH, check_address
from app.text.lengths import check_length

NAME_LENGTH = 60
RESEND_INCLUDE = "amazonses.com"
"""Resend sends through Amazon SES, from the subdomain `send` of the domain (its own setup pages say so)."""
RESEND_BOUNCES = "send"

# "PayPal <security@paypal.com>" as a name would be read as the address; a quote would end it (RFC 5322 §3.4).
_MISLEADING = re.compile(r"[<>@\"\\]")


class Verdict(StrEnum):
    """What receivers will make of a record."""

    GOOD = "good"
    WEAK = "weak"
    MISSING = "missing"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """Nobody could say just now."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a domain's records say about one thing, and what to do about it."""

    verdict: Verdict
    words: str
    record: str = ""
    """The record as it was found."""


def check_sender_name(name: str) -> str | None:
    """What is wrong with a sender's name that went through `text.clean.clean_text`, in words for beside the field."""
    if _MISLEADING.search(name):
        return "Leave out @, quotes and angle brackets: the name must not look like an address."
    return check_length(name, NAME_LENGTH)


def check_domain_name(domain: str) -> str | None:
    """What is wrong with a domain as typed, in words for beside the field."""
    fault = check_address(f"postmaster@{domain}") if len(domain) <= DOMAIN_LENGTH else "too long"
    return "A domain looks like example.com." if fault else None


def judge_spf(texts: Sequence[str], *, include: str = "") -> Finding:
    """What the TXT records of the domain that bounces go to say about who may send for it.

    Args:
        include: what must be named there, when it is known who sends.
    """
    records = [one for one in texts if one.lower() == "v=spf1" or one.lower().startswith("v=spf1 ")]
    if not records:
        return Finding(Verdict.MISSING, "There is no SPF record: receivers do not know who may send for this domain.")
    record = records[0]
    if len(records) > 1:
        return Finding(Verdict.WRONG, "There are several SPF records: receivers then trust none. Keep one.", record)
    terms = record.lower().split()[1:]
    if {"all", "+all"} & set(terms):
        return Finding(Verdict.WRONG, "It lets anybody send: end it with ~all or -all.", record)
    if include and f"include:{include}" not in [term.lstrip("+") for term in terms]:
        return Finding(Verdict.WRONG, f"It does not name who sends our mails: add include:{include}.", record)
    if not any(term[1:] == "all" or term.startswith("redirect=") for term in terms):
        return Finding(
            Verdict.WEAK, "It does not say what to do with mail from anybody else: end it with ~all.", record
        )
    return Finding(Verdict.GOOD, "It names who may send for this domain.", record)


def judge_dkim(texts: Sequence[str]) -> Finding:
    """What the TXT records under a selector say about the key that signs."""
    for record in texts:
        tags = _tags(record)
        if "p" not in tags or tags.get("v", "DKIM1").upper() != "DKIM1":
            continue
        if not tags["p"]:
            return Finding(Verdict.WRONG, "The key was withdrawn: publish the one that signs now.", record)
        return Finding(Verdict.GOOD, "The public key is there: receivers can check the signature.", record)
    return Finding(Verdict.MISSING, "There is no public key: receivers cannot check the signature of a mail.")


def judge_dmarc(texts: Sequence[str]) -> Finding:
    """What the TXT records under `_dmarc` say about mail that passes neither of the others."""
    records = [one for one in texts if one.replace(" ", "").lower().startswith("v=dmarc1")]
    if not records:
        return Finding(Verdict.MISSING, "There is no DMARC record: large mail providers refuse bulk mail without one.")
    record = records[0]
    if len(records) > 1:
        return Finding(Verdict.WRONG, "There are several DMARC records: receivers then obey none. Keep one.", record)
    policy = _tags(record).get("p", "").lower()
    if policy not in ("none", "quarantine", "reject"):
        return Finding(Verdict.WRONG, "It has no policy: add p=none to begin with.", record)
    if policy == "none":
        words = "It only watches. Once the reports show that all your mail passes, change it to p=quarantine."
        return Finding(Verdict.WEAK, words, record)
    return Finding(Verdict.GOOD, "Receivers are told to distrust mail that is not really from this domain.", record)


def judge_mail_hosts(hosts: Sequence[str], *, has_address: bool) -> Finding:
    """Whether answers can arrive at a domain: it names who takes its mail, or has an address itself (RFC 5321 §5.1)."""
    if list(hosts) == ["."]:
        return Finding(Verdict.WRONG, "This domain says that it takes no mail at all: answers would come back.")
    if hosts:
        return Finding(Verdict.GOOD, "It takes mail: answers arrive.", ", ".join(hosts))
    if has_address:
        return Finding(Verdict.WEAK, "It names no mail server. Answers are tried at the domain itself.")
    return Finding(Verdict.MISSING, "Nobody takes mail for this domain: answers would come back.")


def dmarc_names(domain: str) -> tuple[str, ...]:
    """Where a domain's DMARC record may stand: its own, then those above it, down to two labels."""
    labels = domain.split(".")
    return tuple("_dmarc." + ".".join(labels[above:]) for above in range(max(len(labels) - 1, 1)))


def _tags(record: str) -> dict[str, str]:
    """`a=b; c=d` as a mapping; the first of two equal names counts."""
    tags: dict[str, str] = {}
    for part in record.split(";"):
        name, sign, value = part.partition("=")
        if sign:
            tags.setdefault(name.strip().lower(), "".join(value.split()))
    return tags
