"""What stands in the columns of an uploaded table. No database."""

from uuid import UUID

import pytest

from app.subscribers.exporting import COLUMNS
from app.subscribers.imports.columns import (
    TEMPLATE,
    Catalogue,
    Columns,
    Fault,
    Row,
    _read_kinds,
    _read_language,
    find_columns,
    read_row,
)
from app.subscribers.rules import NewsKind
from app.text.languages import PageLanguage

API, PLATFORM = UUID(int=1), UUID(int=2)
CATALOGUE = Catalogue(services={"api": API}, groups={"platform": PLATFORM}, names=("API", "Platform"))
ALL = Columns(0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    "header",
    [
        ["Email", "Services", "GROUPS", "kinds", "language"],
        ["E-Mail-Adresse", "Dienste", "Gruppen", "Neuigkeiten", "Sprache"],
        ["Courriel", "Services", "Groupes", "Nouvelles", "Langue"],
        ["Correo", "Servicios", "Grupos", "Novedades", "Idioma"],
    ],
)
def test_columns_are_known_by_their_headings_in_each_language(header: list[str]):
    assert find_columns([header, ["ada@customer.example", "", "", "", ""]]) == (ALL, True)


def test_our_own_tables_have_the_headings_that_an_import_reads():
    for header in (TEMPLATE, COLUMNS):
        columns, _ = find_columns([header])
        assert [columns.address, columns.services, columns.groups, columns.kinds, columns.language] == [0, 1, 2, 3, 4]
    assert columns.state == 5


def test_a_row_says_what_somebody_wants_to_hear_and_in_which_language():
    row = read_row(2, ["ada@customer.example", "", "platform", "Maintenance, störungen", "de-CH"], ALL, CATALOGUE)

    kinds = (NewsKind.INCIDENTS, NewsKind.MAINTENANCE)
    assert row == Row(2, "ada@customer.example", "ada@customer.example", (), (PLATFORM,), kinds, PageLanguage.GERMAN)


@pytest.mark.parametrize(("typed", "language"), [("FR", "fr"), ("日本語", "ja"), ("Spanish", "es"), ("en_GB", "en")])
def test_a_language_goes_by_its_tag_or_either_of_its_names(typed: str, language: str):
    row = read_row(2, ["ada@customer.example", "", "", "", typed], ALL, CATALOGUE)

    assert isinstance(row, Row)
    assert row.language == language


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (["Mail"], "There is no service and no group called “Mail”. Write one of: API, Platform."),
        (["", "API"], "There is no group called “API”. Write one of: Platform."),
        (["", "", "sport"], "“sport” is no kind of news. Write one of: incidents, maintenance, announcements."),
        (["", "", "none"], "“none” is no kind of news. Write one of: incidents, maintenance, announcements."),
        (["", "", "", "it"], "No page can be in “it”. Write one of: en, de, es, fr, ja."),
        (["", "", "", "", "unsubscribed"], "Their state is “unsubscribed”: only who is confirmed is taken in."),
    ],
)
def test_a_cell_that_means_nothing_says_what_would(cells: list[str], what: str):
    cells = ["ada@customer.example", *cells, *[""] * (5 - len(cells))]

    assert read_row(2, cells, Columns(0, 1, 2, 3, 4, 5), CATALOGUE) == Fault(2, "ada@customer.example", what)


def test_a_row_names_services_and_groups_in_any_case():
    row = read_row(7, ["Ada@Customer.Example", " api ; PLATFORM "], Columns(0, 1), CATALOGUE)

    assert row == Row(7, "ada@customer.example", "ada@customer.example", (API,), (PLATFORM,))


def test_a_row_that_names_no_service_asks_for_all():
    assert read_row(1, ["ada@customer.example", ""], Columns(0, 1), CATALOGUE) == Row(
        1, "ada@customer.example", "ada@customer.example"
    )


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (["=HYPERLINK(1)", ""], "looks like name@example.com"),
        (["", ""], "no address"),
        (["ada@customer", ""], "is not right"),
        (["ada@customer.example", "Mail"], "no group called “Mail”"),
    ],
)
def test_a_faulty_row_says_what_is_wrong_beside_what_was_typed(cells: list[str], what: str):
    fault = read_row(3, cells, Columns(0, 1), CATALOGUE)

    assert isinstance(fault, Fault)
    assert (fault.line, fault.typed) == (3, cells[0])
    assert what in fault.what


def test_a_cell_that_our_own_table_kept_from_being_calculated_comes_back_as_it_was():
    row = read_row(1, ["'+ada@customer.example"], Columns(0), CATALOGUE)

    assert isinstance(row, Row)
    assert row.address == "+ada@customer.example"


@pytest.mark.parametrize("cells", [["incidents," * 1_000, "de"], ["", "de-" + "x" * 1_000]])
def test_a_cell_that_is_far_too_long_is_refused_and_nothing_of_it_remembered(cells: list[str]):
    before = _read_kinds.cache_info().currsize, _read_language.cache_info().currsize

    row = read_row(2, ["ada@customer.example", "", "", *cells], ALL, CATALOGUE)

    assert isinstance(row, Fault)
    assert row.what.endswith("it is too long to mean anything.")
    assert len(row.what) < 200
    assert (_read_kinds.cache_info().currsize, _read_language.cache_info().currsize) <= (before[0] + 1, before[1])
