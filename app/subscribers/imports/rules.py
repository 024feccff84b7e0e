"""What a table is that somebody uploads: its letters, its lines, what stands between its cells.

Pure functions over plain values. A table is read as it comes, in pieces: nothing here holds the whole of it.
What stands in its columns is told by `columns`.
"""

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import IncrementalNewlineDecoder

from app.subscribers.imports.columns import Columns, Unreadable, find_columns

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 500_000
"""More than any table of ours was made for; a file that fits into `MOST_BYTES` may have a million."""
LONGEST_LINE = 128 * 1024
"""Letters; whatever is longer is no table of addresses, or a quotation mark that nobody closed."""

SHORTEST_CONSENT = 10
LONGEST_CONSENT = 500


class ImportState(StrEnum):
    """A table is checked, waits for its member to say yes, and is taken in; or it ends before that."""

    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"
    REFUSED = "refused"
    """As a whole: it is no table that can be read."""
    CANCELLED = "cancelled"

    @property
    def is_at_work(self) -> bool:
        return self in (ImportState.CHECKING, ImportState.IMPORTING)

    @property
    def is_over(self) -> bool:
        return self in (ImportState.DONE, ImportState.REFUSED, ImportState.CANCELLED)


class Encoding(StrEnum):
    """How a file's bytes are letters, by Python's name of the codec."""

    UTF_8 = "utf-8-sig"
    UTF_16 = "utf-16"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    WINDOWS_1252 = "cp1252"

    @property
    def label(self) -> str:
        match self:
            case Encoding.UTF_8:
                return "UTF-8"
            case Encoding.WINDOWS_1252:
                return "Windows-1252"
            case _:
                return "UTF-16"


@dataclass(frozen=True, slots=True)
class Table:
    """How a file is to be read, as far as its beginning tells."""

    delimiter: str
    has_header: bool
    columns: Columns


_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_DELIMITERS = (",", ";", "\t", "|")

SAVE_AS_CSV = "Save it as “CSV UTF-8” in your spreadsheet program, and upload that file."


def check_beginning(head: bytes) -> str | None:
    """What is wrong with a file, as far as its first bytes tell; asked while it is uploaded."""
    if not head.strip():
        return "This file is empty. Choose a CSV file with one address in each line."
    if head.startswith(_EXCEL):
        return f"This is a spreadsheet, not a CSV file. {SAVE_AS_CSV}"
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b")):
        return "This is no table. Choose a CSV file with one address in each line."
    return None


def find_encoding(open_file: Callable[[], Iterable[bytes]]) -> Encoding:
    """How the file's bytes are letters: by its mark, else the first that fits the whole of it.

    Raises:
        Unreadable: none does.
    """
    head = next(iter(open_file()), b"")
    if head.startswith(codecs.BOM_UTF8):
        marked = Encoding.UTF_8
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        marked = Encoding.UTF_16
    elif head[:4096].count(0):
        # Latin letters leave every second byte of UTF-16 empty; which one tells which half comes first.
        marked = Encoding.UTF_16_BE if head[:1] == b"\0" else Encoding.UTF_16_LE
    else:
        marked = Encoding.UTF_8 if _fits(open_file(), Encoding.UTF_8) else Encoding.WINDOWS_1252
    if marked is not Encoding.UTF_8 and not _fits(open_file(), marked):
        raise Unreadable(f"We cannot tell which letters are in this file. {SAVE_AS_CSV}")
    return marked


def _fits(pieces: Iterable[bytes], encoding: Encoding) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in pieces:
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def read_lines(pieces: Iterable[bytes], encoding: Encoding) -> Iterator[str]:
    """The file's lines, each with its end as a line feed, whatever the file ends them with.

    Raises:
        Unreadable: some bytes are no letters, or a line never ends.
    """
    decoder = IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    rest = ""
    try:
        for piece in pieces:
            *lines, rest = (rest + decoder.decode(piece)).split("\n")
            _check_length(max(lines, key=len, default=""))
            for line in lines:
                yield f"{line}\n"
            _check_length(rest)
        rest += decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise Unreadable(f"Some letters of this file are broken. {SAVE_AS_CSV}") from error
    if rest:
        _check_length(rest)
        yield rest


def _check_length(line: str) -> None:
    if len(line) > LONGEST_LINE:
        raise Unreadable(f"A line of this file has no end. {SAVE_AS_CSV}")


def read_rows(lines: Iterator[str]) -> tuple[Table, Iterator[tuple[int, Sequence[str]]]]:
    """How the table is to be read, and its rows: each with the number of the line it ends in, without the header.

    Raises:
        Unreadable: no column holds addresses; also while rows are read, a quotation mark that is never closed.
    """
    beginning = _first_lines(lines)
    declared = beginning[0].strip().lower() if beginning else ""
    skipped = 0
    if declared.startswith("sep=") and declared[4:] in _DELIMITERS:  # what Excel writes to itself
        delimiter = declared[4:]
        beginning, skipped = beginning[1:], 1
    else:
        delimiter = find_delimiter(beginning)
    columns, has_header = find_columns([row for _, row in _rows(iter(beginning), delimiter, skipped)])
    every_row = _rows(_chained(beginning, lines), delimiter, skipped)
    if has_header:
        next(every_row, None)
    return Table(delimiter, has_header, columns), every_row


def _first_lines(lines: Iterator[str], most: int = 20) -> list[str]:
    first: list[str] = []
    for line in lines:
        first.append(line)
        if len(first) == most:
            break
    return first


def _chained(beginning: Iterable[str], rest: Iterable[str]) -> Iterator[str]:
    yield from beginning
    yield from rest


def _rows(lines: Iterator[str], delimiter: str, skipped: int) -> Iterator[tuple[int, Sequence[str]]]:
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for row in reader:
            if "".join(row).strip():
                yield reader.line_num + skipped, row
    except csv.Error as error:
        line = reader.line_num + skipped
        raise Unreadable(
            f"A quotation mark that opens before line {line:,} is never closed. Close it, and upload the file again."
        ) from error


def find_delimiter(lines: Iterable[str]) -> str:
    """What stands between the cells: of comma, semicolon and tab the one that the first lines have most of."""
    text = "".join("".join(line.split('"')[::2]) for line in lines)  # what is quoted does not count
    return max((",", ";", "\t"), key=text.count)


def check_consent(consent: str) -> str | None:
    """What is wrong with the words that say where people's consent comes from."""
    if not consent:
        return "Say where these people agreed to get these mails: we keep it with each of them."
    if len(consent) < SHORTEST_CONSENT:
        return "Say it so that somebody else understands it in a year: where, and when, did they agree?"
    if len(consent) > LONGEST_CONSENT:
        return f"Say it in at most {LONGEST_CONSENT} letters."
    return None
