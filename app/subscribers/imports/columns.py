"""What stands in the columns of a table that somebody uploads: which holds what, and what is wrong with a row.

Pure functions over plain values.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from app.errors import UpfrontError
from app.subscribers.rules import NewsKind, SubscriberState
from app.text.addresses import check_address, mailbox_of, normalize_address
from app.text.languages import PageLanguage
from app.text.tables import untamed

TEMPLATE = ("email", "services", "groups", "kinds", "language")
"""The headings of a table that has every column; our own tables to take along have these and more."""

LONGEST_NAME = 80
"""Letters of what somebody typed that a fault repeats."""
MOST_NAMED = 10
"""Names that a fault lists of what would be right."""
LONGEST_TYPED = 300
"""Letters of an address that is none, as far as it is kept: enough to find it in the table again."""
LONGEST_WORDS = 200
"""Letters of a cell that names kinds of news, or a language: what it means is remembered."""


class Unreadable(UpfrontError):
    """A file that is no table of addresses; `detail` says what to do."""

    status = 422
    title = "This file cannot be read"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what, from 0."""

    address: int
    services: int | None = None
    groups: int | None = None
    kinds: int | None = None
    language: int | None = None
    state: int | None = None

    @property
    def has_choices(self) -> bool:
        """Whether there is more to read in a row than its address."""
        return (self.services, self.groups, self.kinds, self.language, self.state) != (None,) * 5


class Row(NamedTuple):
    """One line that can be taken in. There are hundreds of thousands: a tuple is made in a third of the time."""

    line: int
    address: str
    mailbox: str
    service_ids: tuple[UUID, ...] = ()
    group_ids: tuple[UUID, ...] = ()
    kinds: tuple[NewsKind, ...] = ()
    """None: all of them."""
    language: PageLanguage | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One line that cannot, as it was typed, and what is wrong with it."""

    line: int
    typed: str
    what: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What rows may name: services and groups, by their names in small letters."""

    services: Mapping[str, UUID] = field(default_factory=dict)
    groups: Mapping[str, UUID] = field(default_factory=dict)
    names: Sequence[str] = ()
    """Of services, then of groups, as they are written."""


class _Wrong(Exception):
    """What is wrong with a cell."""


_ADDRESS_NAMES = frozenset(
    """email e-mail mail address e-mail-adresse email-adresse mailadresse adresse courriel correo
    emailaddress e-mailaddress メール メールアドレス""".split()
)
_NAMES: Mapping[str, frozenset[str]] = {
    "services": frozenset("service services component components dienst dienste servicio servicios サービス".split()),
    "groups": frozenset("group groups gruppe gruppen groupe groupes grupo grupos グループ".split()),
    "kinds": frozenset(
        "kinds kindsofnews news neuigkeiten nachrichten nouvelles actualités noticias novedades".split()
    ),
    "language": frozenset("language lang locale sprache langue idioma 言語".split()),
    "state": frozenset(["state"]),  # of our own tables: others mean other things by theirs
}
_KINDS: Mapping[NewsKind, str] = {
    NewsKind.INCIDENTS: "incident incidents störung störungen vorfall vorfälle incidente incidentes",
    NewsKind.MAINTENANCE: "maintenance maintenances wartung wartungen mantenimiento mantenimientos",
    NewsKind.ANNOUNCEMENTS: "announcement announcements ankündigung ankündigungen annonce annonces anuncio anuncios",
}
_KIND_CALLED = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_ENGLISH_NAMES = {
    "english": PageLanguage.ENGLISH,
    "german": PageLanguage.GERMAN,
    "spanish": PageLanguage.SPANISH,
    "french": PageLanguage.FRENCH,
    "japanese": PageLanguage.JAPANESE,
}
_LANGUAGE_CALLED = {one.label.casefold(): one for one in PageLanguage} | _ENGLISH_NAMES


def find_columns(rows: Sequence[Sequence[str]]) -> tuple[Columns, bool]:
    """Which column holds what, and whether the first row says so.

    Raises:
        Unreadable: none holds addresses.
    """
    if not rows:
        raise Unreadable("This file is empty. Choose a CSV file with one address in each line.")
    names = [cell.strip().strip("\ufeff").casefold().replace(" ", "") for cell in rows[0]]
    has_header = not any("@" in cell for cell in rows[0]) and (
        any(name in _ADDRESS_NAMES for name in names) or any("@" in cell for row in rows[1:] for cell in row)
    )
    if not has_header:
        return Columns(_column_of_addresses(rows)), False
    named = [place for place, name in enumerate(names) if name in _ADDRESS_NAMES]
    address = named[0] if named else _column_of_addresses(rows[1:])
    others = {
        column: next((place for place, name in enumerate(names) if name in called), None)
        for column, called in _NAMES.items()
    }
    return Columns(address, **others), True


def _column_of_addresses(rows: Sequence[Sequence[str]]) -> int:
    width = max((len(row) for row in rows), default=0)
    counts = [sum("@" in row[place] for row in rows if place < len(row)) for place in range(width)]
    if not any(counts):
        raise Unreadable("We find no e-mail addresses in this file. Give the column that has them the heading “email”.")
    return counts.index(max(counts))


def read_row(line: int, cells: Sequence[str], columns: Columns, catalogue: Catalogue) -> Row | Fault:
    """One row as it can be taken in, or what is wrong with it."""
    typed = cells[columns.address] if columns.address < len(cells) else ""
    address = normalize_address(untamed(typed.strip()).removeprefix("mailto:"))
    if fault := check_address(address):
        return Fault(line, typed[:LONGEST_TYPED], str(fault) if address else "There is no address in this line.")
    if not columns.has_choices:
        return Row(line, address, mailbox_of(address))

    def cell(place: int | None) -> str:
        return untamed(cells[place].strip()) if place is not None and place < len(cells) else ""

    try:
        _check_state(cell(columns.state))
        service_ids, group_ids = _read_services(cell(columns.services), catalogue)
        return Row(
            line,
            address,
            mailbox_of(address),
            service_ids,
            tuple(dict.fromkeys((*group_ids, *_read_groups(cell(columns.groups), catalogue)))),
            _read_kinds(_short(cell(columns.kinds))),
            _read_language(_short(cell(columns.language))),
        )
    except _Wrong as wrong:
        return Fault(line, typed[:LONGEST_TYPED], str(wrong))


def _check_state(cell: str) -> None:
    """Who is not told where the table comes from has not agreed to be told here."""
    if cell in _NOT_TOLD:
        raise _Wrong(f"Their state is “{cell}”: only who is confirmed is taken in.")


_NOT_TOLD = frozenset(SubscriberState) - {SubscriberState.CONFIRMED}


def _short(cell: str) -> str:
    if len(cell) > LONGEST_WORDS:
        raise _Wrong(f"{_quoted(cell)} is only the beginning of this cell: it is too long to mean anything.")
    return cell


def _read_services(cell: str, catalogue: Catalogue) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    service_ids, group_ids = [], []
    for name in _names(cell):
        key = name.casefold()
        if key in catalogue.services:
            service_ids.append(catalogue.services[key])
        elif key in catalogue.groups:
            group_ids.append(catalogue.groups[key])
        else:
            raise _Wrong(f"There is no service and no group called {_quoted(name)}. {_allowed(catalogue.names)}")
    return tuple(dict.fromkeys(service_ids)), tuple(group_ids)


def _read_groups(cell: str, catalogue: Catalogue) -> Iterator[UUID]:
    for name in _names(cell):
        if name.casefold() not in catalogue.groups:
            groups = [one for one in catalogue.names if one.casefold() in catalogue.groups]
            raise _Wrong(f"There is no group called {_quoted(name)}. {_allowed(groups)}")
        yield catalogue.groups[name.casefold()]


@lru_cache(maxsize=1_000)
def _read_kinds(cell: str) -> tuple[NewsKind, ...]:
    named = set()
    for name in _names(cell.replace(",", ";")):
        kind = _KIND_CALLED.get(name.casefold())
        if kind is None:
            raise _Wrong(f"{_quoted(name)} is no kind of news. {_allowed(tuple(NewsKind))}")
        named.add(kind)
    return tuple(kind for kind in NewsKind if kind in named)


@lru_cache(maxsize=1_000)
def _read_language(cell: str) -> PageLanguage | None:
    """By its tag ("de", "de-CH"), or its name in itself or in English.

    Any that pages can be in: as long as theirs is not offered in it, they are written to in the page's own.
    """
    if not cell:
        return None
    key = cell.casefold()
    tag = key.replace("_", "-").partition("-")[0]
    language = PageLanguage(tag) if tag in set(PageLanguage) else _LANGUAGE_CALLED.get(key)
    if language is None:
        raise _Wrong(f"No page can be in {_quoted(cell)}. {_allowed(tuple(PageLanguage))}")
    return language


def _names(cell: str) -> Iterator[str]:
    """The names in one cell, which semicolons, bars or line breaks keep apart. None: all there are."""
    for name in cell.replace("|", ";").replace("\n", ";").split(";"):
        if name.strip():
            yield name.strip()


def _quoted(name: str) -> str:
    return f"“{name[:LONGEST_NAME]}”"


def _allowed(names: Sequence[str]) -> str:
    """What would be right, as far as it can be listed."""
    if not names:
        return "Leave this cell empty."
    end = ", …" if len(names) > MOST_NAMED else "."
    return f"Write one of: {', '.join(names[:MOST_NAMED])}{end}"
