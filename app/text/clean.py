"""Input as typed, made fit to keep. Marks that right-to-left writing and emoji need stay in."""

import re
import unicodedata

# Controls (C0, DEL, C1), halves of surrogate pairs, byte order marks and noncharacters: no writing needs them, and
# PostgreSQL refuses some of them. The bidi marks (U+200E, U+2066 …) and joiners are "format", not control, and stay.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]")
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

# Embeddings and overrides turn around whatever stands beside a name: in a title, a subject, a list (UAX #9 §2.1).
_OVERRIDES = re.compile("[\u202a-\u202e]")

# An isolate that is not closed reaches on to the end of the line, over whatever comes after the text.
_ISOLATES = re.compile("[\u2066-\u2069]")
_END_OF_ISOLATE = "\u2069"

# UAX #15 §13 (Stream-Safe Text Format): no writing piles up more. Composing sorts a pile by comparing each mark with
# those before it, and a hundred thousand of them take half a minute.
_HIGHEST_PILE = 30


def clean_text(text: str) -> str:
    """One line: composed Unicode (NFC), no control characters, single spaces, nothing around it.

    Bidi marks and closed isolates stay; embeddings, overrides and open isolates, which reach beyond the text itself,
    do not.
    """
    return " ".join(_without_controls(_without_open_isolates(_OVERRIDES.sub("", text))).split())


def clean_message(text: str) -> str:
    """Several lines, as a message: composed Unicode, `\\n` line ends, no control characters, no blank edges.

    Spaces inside stay as they are: indentation means something in markdown.
    """
    lines = (line.rstrip() if line.strip() == "" else line for line in _without_controls(text).split("\n"))
    return "\n".join(lines).strip("\n").rstrip()


def _without_open_isolates(text: str) -> str:
    """`text` without the isolates that nothing ends, and without ends of none."""
    if text.isascii():
        return text
    opened, stray = [], set()
    for mark in _ISOLATES.finditer(text):
        if mark[0] != _END_OF_ISOLATE:
            opened.append(mark.start())
        elif opened:
            opened.pop()
        else:
            stray.add(mark.start())
    stray.update(opened)
    return "".join(letter for place, letter in enumerate(text) if place not in stray) if stray else text


def _without_controls(text: str) -> str:
    text = _LINE_BREAKS.sub("\n", text)
    # Composing last: taking a control out may bring a letter and its accent together.
    return unicodedata.normalize("NFC", _without_piles(_UNWANTED.sub("", text)))


def _without_piles(text: str) -> str:
    """`text` without the accents and other marks that come after too many on one letter."""
    if text.isascii():
        return text
    kept, height = [], 0
    for letter in text:
        height = height + 1 if unicodedata.category(letter)[0] == "M" else 0
        if height <= _HIGHEST_PILE:
            kept.append(letter)
    return "".join(kept)
