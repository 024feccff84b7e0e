"""What differs between two versions of a text, word by word; pure functions over plain values."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# A word with the space before it: spaces by themselves are alike everywhere, which makes comparing slow.
_PARTS = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")

MOST_PARTS = 2_000
"""In both versions together: comparing takes the square of it. Longer ones are compared by lines, or as a whole."""


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


def compare(before: str, after: str) -> tuple[Piece, ...]:
    """The way from `before` to `after`: all but what was added is `before`, all but what was removed is `after`."""
    old, new = _PARTS.findall(before), _PARTS.findall(after)
    if len(old) + len(new) > MOST_PARTS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if len(old) + len(new) > MOST_PARTS:
        old, new = [before], [after]
    pieces: list[Piece] = []
    for verdict, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if verdict == "equal":
            pieces.append(Piece(Fate.KEPT, "".join(old[old_from:old_to])))
            continue
        if old_to > old_from:
            pieces.append(Piece(Fate.REMOVED, "".join(old[old_from:old_to])))
        if new_to > new_from:
            pieces.append(Piece(Fate.ADDED, "".join(new[new_from:new_to])))
    return tuple(pieces)
