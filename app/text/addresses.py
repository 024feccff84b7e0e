"""What an e-mail address looks like, and the one form in which two are compared. Pure functions over plain values."""

import re
import unicodedata

from app.sentences import Sentence

ADDRESS_LENGTH = 254
"""RFC 5321 §4.5.3.1.3: a path of 256 with its angle brackets."""
_LONGEST_TYPED = 4 * ADDRESS_LENGTH
"""Spaces around it and letters taken apart make an address longer while it is typed, but not more than this."""
LOCAL_PART_LENGTH = 64
DOMAIN_LENGTH = 253

# RFC 5322 §3.2.3, dot-atom, in lower case; quoted names are legal and in practice always a mistake.
_LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
# RFC 1123 §2.1: labels of letters, digits and inner hyphens; the last one is never a number.
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN_NAME = re.compile(rf"({_LABEL}\.)+(?!\d+$){_LABEL}")
"""A whole one, in the letters of DNS (`in_letters_of_dns`)."""
_DEVIATING = re.compile("[ßς\u200c\u200d]")
"""Letters that older and newer rules for domains turn into different domains (UTS #46 §7)."""


def normalize_address(typed: str) -> str:
    """An address as typed, in the form in which it is compared and kept.

    Trimmed, composed, lower-case, its domain in the letters that mail servers use. What cannot be brought into that
    form stays as it is, for `check_address` to refuse; so does what is far too long: composing takes the square of a
    pile of accents, and anybody may send one.
    """
    if len(typed) > _LONGEST_TYPED:
        return typed
    address = unicodedata.normalize("NFC", typed.strip()).lower()
    local_part, at, domain = address.rpartition("@")
    return f"{local_part}@{in_letters_of_dns(domain)}" if at else address


def in_letters_of_dns(domain: str) -> str:
    """A domain, in lower case, as DNS has it: international names as `xn--…`. What cannot be brought there stays."""
    if domain.isascii() or _DEVIATING.search(domain):
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def mailbox_of(address: str) -> str:
    """Whose inbox an address that went through `normalize_address` is: without what a person appends after a `+`.

    "mara+status@example.com" and "mara@example.com" are one person's (RFC 5233 §1). Dots are left alone: only some
    providers take them out.
    """
    local_part, at, domain = address.rpartition("@")
    person, _, tag = local_part.partition("+")
    return f"{person}{at}{domain}" if person and tag else address


def check_address(address: str) -> str | None:
    """What is wrong with an address that went through `normalize_address`, in words for beside the field."""
    if not address:
        return Sentence("Enter your e-mail address.")
    local_part, at, domain = address.rpartition("@")
    if not at or not local_part or not domain:
        return Sentence("An e-mail address looks like name@example.com.")
    if any(letter.isspace() or not letter.isprintable() for letter in address):
        return Sentence("An e-mail address has no spaces or line breaks in it. Enter one address.")
    if len(address) > ADDRESS_LENGTH or len(local_part) > LOCAL_PART_LENGTH or len(domain) > DOMAIN_LENGTH:
        return Sentence("This is longer than an e-mail address can be.")
    if not local_part.isascii():
        return Sentence("Use an address with plain letters a to z before the @: mail to others often does not arrive.")
    if not _LOCAL_PART.fullmatch(local_part):
        return Sentence(
            "“%(part)s” before the @ is not right. An address looks like name@example.com.", part=local_part
        )
    if not DOMAIN_NAME.fullmatch(domain):
        return Sentence("“%(part)s” after the @ is not right. An address looks like name@example.com.", part=domain)
    return None
