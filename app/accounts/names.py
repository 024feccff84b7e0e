"""Which names a person may go by: seen by everybody, and not those that Upfront signs with. Pure functions."""

import unicodedata

from app.text.clean import clean_text
from app.text.lengths import check_length

NAME_LENGTH = 80

SIGNED_BY_UPFRONT = ("Clock", "Former member", "Monitor", "Subscriber", "Upfront", "Visitor", "Worker")
"""Whose hand the log tells where it was no member's."""

# They count as letters and show nothing (Unicode, Default_Ignorable_Code_Point).
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")

# Small letters that look like others, from Cyrillic and Greek and among digits; l, i and 1 are one to the eye.
_LOOKS = str.maketrans("авеікмонрстухѕјαεικμνορτυχı|1i0", "abelkmohpctyxsjaelkmnoptuxllllo")


def check_person_name(name: str) -> str | None:
    """What is wrong with a name that went through `clean_text`, in words for beside the field."""
    if not name:
        return "Write the name that your colleagues know you by."
    if too_long := check_length(name, NAME_LENGTH):
        return too_long
    if not any(map(_is_seen, name)):
        return "Use at least one letter or digit, so that others can read your name."
    if _look(name) in _LOOKS_OF_UPFRONT:
        return "Upfront signs with this name itself. Use another one, with your surname perhaps."
    return None


def read_person_name(told: object, *, otherwise: str) -> str:
    """The name that a provider tells, as we can show it; else this one, which is their address."""
    name = _shorten(told) if isinstance(told, str) else ""
    return name if check_person_name(name) is None else _shorten(otherwise)


def _shorten(name: str) -> str:
    # Cut before it is cleaned, too: cleaning takes time. Four letters as typed may become one.
    return clean_text(clean_text(name[: 4 * NAME_LENGTH])[:NAME_LENGTH])


def _is_seen(letter: str) -> bool:
    return letter.isalnum() and letter not in _BLANK_LETTERS


def _look(name: str) -> str:
    """What a name looks like at a glance: without accents and signs, in small letters, look-alikes as one."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return "".join(filter(_is_seen, decomposed.translate(_LOOKS))).replace("rn", "m")


_LOOKS_OF_UPFRONT = frozenset(map(_look, SIGNED_BY_UPFRONT))
