"""What stands in an uploaded table: letters, columns, rows. No database."""

import codecs
from collections.abc import Iterator

import pytest

from app.subscribers.imports.columns import Unreadable
from app.subscribers.imports.rules import (
    LONGEST_LINE,
    check_beginning,
    check_consent,
    find_encoding,
    read_lines,
    read_rows,
)


def rows_of(file: bytes, *, piece: int = 7) -> list[tuple[int, list[str]]]:
    """The rows of a file that comes in small pieces, which cut letters and line ends in two."""

    def pieces() -> Iterator[bytes]:
        return (file[start : start + piece] for start in range(0, len(file), piece))

    _, rows = read_rows(read_lines(pieces(), find_encoding(pieces)))
    return [(line, list(row)) for line, row in rows]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("cp1252", b""),
    ],
)
def test_a_table_is_read_in_each_encoding_that_spreadsheets_write(encoding: str, mark: bytes):
    file = mark + "email;services\r\nada@customer.example;Größe\r\n".encode(encoding)

    assert rows_of(file) == [(2, ["ada@customer.example", "Größe"])]


def test_letters_of_no_encoding_are_refused_with_what_to_do():
    with pytest.raises(Unreadable, match="CSV UTF-8"):
        find_encoding(lambda: [b"name@example.com\n", b"\x81\xfe\n"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_separates_the_cells_is_found_although_it_stands_in_quotes_too(delimiter: str):
    file = f'name{delimiter}email\n"a,;b,;c"{delimiter}ada@customer.example\n'.encode()

    assert rows_of(file) == [(2, ["a,;b,;c", "ada@customer.example"])]


def test_a_table_without_a_header_is_read_from_its_first_line():
    assert rows_of(b"Ada,ada@customer.example\nBob,bob@customer.example\n") == [
        (1, ["Ada", "ada@customer.example"]),
        (2, ["Bob", "bob@customer.example"]),
    ]


def test_the_line_that_excel_writes_to_itself_is_no_row():
    assert rows_of(b"sep=;\nemail;x\nada@customer.example;1\n") == [(3, ["ada@customer.example", "1"])]


def test_lines_end_as_on_each_system_and_empty_ones_do_not_count():
    assert [line for line, _ in rows_of(b"email\ra@b.example\r\n\n ,\nc@d.example")] == [2, 5]


def test_a_table_without_addresses_is_refused():
    with pytest.raises(Unreadable, match="heading “email”"):
        rows_of(b"name,town\nAda,London\n")


def test_a_quotation_mark_that_is_never_closed_is_refused_and_not_read_to_the_end():
    file = b'email\nada@customer.example\n"bob@customer.example\n' + b"eve@customer.example\n" * 20_000

    with pytest.raises(Unreadable, match="quotation mark"):
        rows_of(file, piece=64_000)


def test_a_line_without_an_end_is_refused():
    with pytest.raises(Unreadable, match="no end"):
        rows_of(b"email\n" + b"x" * 3 * LONGEST_LINE, piece=64_000)


def test_a_line_is_no_longer_than_that_when_it_ends_either():
    with pytest.raises(Unreadable, match="no end"):
        rows_of(b'email,name\n"' + b"x" * 2 * LONGEST_LINE + b'",Ada\n', piece=512_000)


def test_a_cell_without_an_end_is_refused_among_the_first_lines_too():
    with pytest.raises(Unreadable, match="quotation mark"):
        rows_of(b'email\n"' + (b"x" * (LONGEST_LINE - 10) + b"\n") * 3)


@pytest.mark.parametrize("named", ["\0", '"', "a"])
def test_what_no_table_has_between_its_cells_is_not_believed(named: str):
    table, _ = read_rows(iter([f"sep={named}\n", "email;name\n", "ada@customer.example;Ada\n"]))

    assert table.delimiter == ";"


@pytest.mark.parametrize("head", [b"", b"  \n", b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest", b"%PDF-1.7"])
def test_what_is_no_table_is_told_while_it_is_uploaded(head: bytes):
    assert check_beginning(head)


@pytest.mark.parametrize("consent", ["", "yes", "x" * 501])
def test_where_the_consent_comes_from_must_be_said_in_words(consent: str):
    assert check_consent(consent)
