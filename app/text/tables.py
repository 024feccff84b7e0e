"""Tables to take along, as CSV (RFC 4180) that no program takes for something to run; and their cells, come back."""

import csv
from collections.abc import Iterable
from io import StringIO

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_line(cells: Iterable[object]) -> str:
    """One line of a table. A cell that a spreadsheet would calculate gets an apostrophe in front (OWASP)."""
    line = StringIO()
    csv.writer(line).writerow(_tamed("" if cell is None else str(cell)) for cell in cells)
    return line.getvalue()


def untamed(cell: str) -> str:
    """What a cell of such a table says, without the apostrophe that keeps a spreadsheet from calculating it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_BEGINS_A_FORMULA) else cell


def _tamed(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_BEGINS_A_FORMULA) else cell
