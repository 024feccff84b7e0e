"""What differs between two versions of a text, word by word; pure functions over plain values."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# A word with the space before it: spaces by themselves are alike everywhere, which makes comparing slow.
_PARTS = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")

MOST_WORK = 8_000_000
"""For one comparison, in steps as `_work_of` counts them: 0.25 s at worst. Prose of 1,200 words takes 5 million."""

_PER_PAIR = 100
"""What one more pair of equal parts may cost, in steps: it is looked at anew around each piece that was found."""


class Subject(StrEnum):
    """What a text belongs to."""

    INCIDENT = "incident"
    INCIDENT_UPDATE = "incident_update"
    POSTMORTEM = "postmortem"
    MAINTENANCE = "maintenance"
    MAINTENANCE_UPDATE = "maintenance_update"
    ANNOUNCEMENT = "announcement"


class Fate(StrEnum):
    """What became of a piece of text. Each value is the HTML element that says so, `span` saying nothing."""

    KEPT = "span"
    REMOVED = "del"
    ADDED = "ins"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some consecutive words and what became of them."""

    fate: Fate
    text: str


def compare(before: str, after: str, most_work: int = MOST_WORK) -> tuple[Piece, ...]:
    """The way from `before` to `after`: all but what was added is `before`, all but what was removed is `after`.

    By words; when that could take more than `most_work`, by lines, and else as a whole.
    """
    for split in (_PARTS.findall, _split_lines):
        old, new = split(before), split(after)
        first, last = _common_ends(old, new)
        middle = old[first : len(old) - last], new[first : len(new) - last]
        if _work_of(*middle) <= most_work:
            kept_first, kept_last = "".join(old[:first]), "".join(old[len(old) - last :])
            return _pieces((Fate.KEPT, kept_first), *_differences(*middle), (Fate.KEPT, kept_last))
    return _pieces((Fate.REMOVED, before), (Fate.ADDED, after))


def _split_lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _common_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many parts are the same at the beginning, and how many of the others at the end."""
    shorter = min(len(old), len(new))
    first = next((place for place in range(shorter) if old[place] != new[place]), shorter)
    last = next((place for place in range(shorter - first) if old[-1 - place] != new[-1 - place]), shorter - first)
    return first, last


def _work_of(old: Sequence[str], new: Sequence[str]) -> int:
    """Steps that comparing may take: every part for each piece that is found, and the pairs of parts that are equal."""
    often = Counter(new)
    pairs = sum(number * often[part] for part, number in Counter(old).items())
    return min(len(old), len(new)) * (len(old) + len(new)) + _PER_PAIR * pairs


def _differences(old: Sequence[str], new: Sequence[str]) -> list[tuple[Fate, str]]:
    found = []
    for verdict, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if verdict == "equal":
            found.append((Fate.KEPT, "".join(old[old_from:old_to])))
            continue
        found.append((Fate.REMOVED, "".join(old[old_from:old_to])))
        found.append((Fate.ADDED, "".join(new[new_from:new_to])))
    return found


def _pieces(*found: tuple[Fate, str]) -> tuple[Piece, ...]:
    return tuple(Piece(fate, text) for fate, text in found if text)
