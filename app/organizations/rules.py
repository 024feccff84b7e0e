"""Roles and addresses, as pure functions over plain values."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from zoneinfo import available_timezones

from app.text.lengths import check_length

NAME_LENGTH = (2, 80)
SLUG_LENGTH = (3, 40)
AUDIT_DAYS = (30, 3650)


class Role(StrEnum):
    """What a member may do: each role may do all that the ones before it may."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        return self.value.capitalize()

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


RESERVED_SLUGS = frozenset(
    # What Upfront answers itself, or will.
    """
    _echo account accounts api assets auth badge badges billing callback confirm dashboard dev domains echo embed feed
    feeds health healthz history invitation invitations invite live login logout maintenance me metrics oauth oidc
    onboarding organization organizations page pages preferences readyz register report reports s search session
    settings sign-in sign-out sign-up signin signout signup socket static status subscribe subscriber subscribers
    subscription team teams token u unsubscribe upload uploads user users v1 v2 webhook webhooks widget ws
    """.split()
    # What browsers, crawlers and mail programs ask every site for.
    + """
    .well-known favicon favicon.ico humans.txt manifest.json robots robots.txt security.txt sitemap sitemap.xml
    """.split()
    # What would pass for us, or for the machine room.
    + """
    about abuse admin administrator blog cdn contact docs documentation error errors ftp help home imap legal localhost
    mail monitor monitoring noreply null official postmaster pricing privacy root security smtp ssl support system terms
    test undefined upfront webmaster www
    """.split()
)
"""Addresses that no page may have. A test holds every first path segment of our routes against it."""


class SlugProblem(StrEnum):
    """Why an address was refused."""

    MISSING = "missing"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    HYPHENS = "hyphens"
    RESERVED = "reserved"
    LOOK_ALIKE = "look_alike"


@dataclass(frozen=True, slots=True)
class SlugFault:
    """What is wrong with an address, in words for beside the field, and addresses that would pass these rules."""

    problem: SlugProblem
    message: str
    suggestions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.message


def normalize_slug(typed: str) -> str:
    """An address as typed, in the form in which it is compared and kept: trimmed and lower-case."""
    return typed.strip().lower()


def slugify(name: str) -> str:
    """An address suggested for `name`: one that passes `check_slug`, or "" when the name gives no letters for one."""
    words = re.sub("[^a-z0-9]+", "-", _to_ascii(name)).strip("-")
    return next(_valid_addresses(words), "")


def check_slug(slug: str, name: str = "") -> SlugFault | None:
    """What is wrong with an address that went through `normalize_slug`; None when it may be used.

    Whether someone has it already is for the database to say. `name` is the organization's, for suggestions.
    """
    fault = _find_fault(slug)
    if fault is None:
        return None
    problem, sentence = fault
    suggestions = suggest_slugs(name or slug)
    message = f"{sentence} Try {' or '.join(suggestions)}." if suggestions else sentence
    return SlugFault(problem, message, suggestions)


def suggest_slugs(name: str) -> tuple[str, ...]:
    """Up to two addresses made from a name that pass `check_slug`, the better one first."""
    words = re.sub("[^a-z0-9]+", "-", _to_ascii(name)).strip("-")
    return tuple(_valid_addresses(words))[:2]


def check_name(name: str) -> str | None:
    """What is wrong with an organization's name that went through `text.clean.clean_text`."""
    shortest, longest = NAME_LENGTH
    if len(name) < shortest:
        return f"Use at least {shortest} characters."
    return check_length(name, longest)


def check_audit_days(days: int | None) -> str | None:
    """What is wrong with the number of days for which the audit log is kept; None means that it was no number."""
    fewest, most = AUDIT_DAYS
    if days is None or not fewest <= days <= most:
        return f"Write a number of days from {fewest} to {most:,}."
    return None


def is_time_zone(name: str) -> bool:
    """Whether `name` is a time zone of the tz database, like "Europe/Berlin"; upper and lower case matter."""
    return name in _time_zones()


def time_zone_names() -> list[str]:
    """All that `is_time_zone` knows, in the order of the alphabet."""
    return sorted(_time_zones())


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"})


def _find_fault(slug: str) -> tuple[SlugProblem, str] | None:
    shortest, longest = SLUG_LENGTH
    if not slug:
        return SlugProblem.MISSING, "Choose an address for your page."
    if slug in RESERVED_SLUGS:
        return SlugProblem.RESERVED, f"“{slug}” is a word that Upfront needs itself."
    if not re.fullmatch("[a-z0-9-]+", slug):
        return SlugProblem.CHARACTERS, "Use only lower-case letters a to z, digits and hyphens."
    if slug.startswith("-") or slug.endswith("-") or "--" in slug:
        return SlugProblem.HYPHENS, "Use single hyphens, and only between letters or digits."
    if len(slug) < shortest:
        return SlugProblem.TOO_SHORT, f"Use at least {shortest} characters."
    if too_long := check_length(slug, longest):
        return SlugProblem.TOO_LONG, too_long
    if (word := _find_look_alike(slug)) is not None:
        return SlugProblem.LOOK_ALIKE, f"“{slug}” looks like “{word}”, a word that Upfront needs itself."
    return None


def _valid_addresses(words: str) -> Iterator[str]:
    """`words` itself and with "-status" behind it, each cut to length, if they pass."""
    longest = SLUG_LENGTH[1]
    for ending in ("", "-status"):
        stem = words[: longest - len(ending)].strip("-")
        if stem and _find_fault(stem + ending) is None:
            yield stem + ending


# Letters that do not fall apart into a base letter and an accent.
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})


def _to_ascii(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


_DIGITS_AS_LETTERS = str.maketrans("0345789", "oeastbg", "-_.")


def _look(word: str) -> str:
    """What a word looks like at a glance: hyphens gone, digits read as letters, rn as m, vv as w."""
    return word.translate(_DIGITS_AS_LETTERS).replace("rn", "m").replace("vv", "w")


def _look_with_one(word: str) -> str:
    """The same, where a 1 may stand for an l or an i. Only for words with a 1: "mall" is no disguise of "mail"."""
    return _look(word).translate(str.maketrans("1i", "ll"))


def _singulars(look: str) -> tuple[str, ...]:
    """A look and what it may be the plural of."""
    return look, look.rstrip("s"), look.removesuffix("es")


def _reserved_looks(look: Callable[[str], str]) -> dict[str, str]:
    """The reserved word behind each look, its singular included; words too short for an address need none."""
    return {
        form: word
        for word in sorted(RESERVED_SLUGS)
        for form in (look(word).rstrip("s"), look(word))
        if len(form) >= SLUG_LENGTH[0]
    }


_LOOKS_OF_RESERVED = _reserved_looks(_look)
_LOOKS_WITH_ONE = _reserved_looks(_look_with_one)


def _find_look_alike(slug: str) -> str | None:
    """The reserved word that this address could be taken for."""
    looks = [(_LOOKS_OF_RESERVED, _look(slug))]
    if "1" in slug:
        looks.append((_LOOKS_WITH_ONE, _look_with_one(slug)))
    return next((known[form] for known, look in looks for form in _singulars(look) if form in known), None)
