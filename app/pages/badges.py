"""What a page says in one line, as a drawing to be shown elsewhere: in a README, on a site, in a wiki.

A drawing cannot tell how wide its words come out where it is shown: they are measured here, and drawn as wide as that.
"""

import unicodedata
from dataclasses import dataclass
from typing import Self

from app.services.inks import INKS
from app.services.rules import ServiceStatus

HEIGHT = 20
"""Pixels, as badges elsewhere have it, so that all stand in one line."""
PADDING = 6
"""Pixels on each side of the words."""
MOST_LETTERS = 40

_NARROW, _WIDE = frozenset("ijlt.,:;!|'()[] frI·"), frozenset("mwMW%@")
_LETTER_PIXELS = {"narrow": 4.2, "usual": 6.6, "wide": 9.6, "square": 11.0}
"""About what the letters of Verdana take at 11 pixels; those of East Asian writing are as wide as they are high."""


@dataclass(frozen=True, slots=True)
class Part:
    """One half of a badge; all its measures are in pixels."""

    words: str
    left: int
    width: int

    @classmethod
    def of(cls, words: str, left: int) -> Self:
        shown = words if len(words) <= MOST_LETTERS else words[: MOST_LETTERS - 1].rstrip() + "…"
        return cls(shown, left, measure(shown) + 2 * PADDING)

    @property
    def words_left(self) -> int:
        return self.left + PADDING

    @property
    def words_width(self) -> int:
        return self.width - 2 * PADDING


@dataclass(frozen=True, slots=True)
class Badge:
    """The name of something, and what it shows on the colour of its status."""

    name: Part
    said: Part
    ground: str

    @classmethod
    def of(cls, name: str, said: str, status: ServiceStatus) -> Self:
        left = Part.of(name, 0)
        return cls(left, Part.of(said, left.width), INKS[status].light)

    @property
    def width(self) -> int:
        return self.name.width + self.said.width

    @property
    def height(self) -> int:
        return HEIGHT


def measure(words: str) -> int:
    """How many pixels words take, about."""
    return round(sum(_LETTER_PIXELS[_kind(letter)] for letter in words if not unicodedata.combining(letter)))


def _kind(letter: str) -> str:
    if unicodedata.east_asian_width(letter) in "WF":
        return "square"
    if letter in _NARROW:
        return "narrow"
    return "wide" if letter in _WIDE else "usual"
