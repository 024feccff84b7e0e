"""Tables to take along."""

import csv
from io import StringIO

import pytest

from app.text.tables import csv_line, untamed


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"])
def test_what_a_spreadsheet_would_calculate_is_text(cell: str):
    read = next(csv.reader(StringIO(csv_line([cell, "x"]), newline="")))

    assert read == [f"'{cell}", "x"]


def test_commas_quotes_and_line_breaks_stay_in_their_cell():
    line = csv_line(['a, "b"', "c\nd", None, 7])

    assert next(csv.reader(StringIO(line, newline=""))) == ['a, "b"', "c\nd", "", "7"]
    assert line.endswith("\r\n")


@pytest.mark.parametrize("cell", ["+ada@customer.example", "＝1+1", "plain", "'tis", ""])
def test_a_cell_that_comes_back_says_what_it_said(cell: str):
    (read,) = next(csv.reader(StringIO(csv_line([cell]), newline="")))

    assert untamed(read) == cell
