"""Writes the tables of `docs/export.md` anew from the models: `python docs/export_format.py`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from app.closing.export import exported_columns, exported_tables
from app.tables import Base

DOCUMENT = Path(__file__).with_name("export.md")
HEAD = "| table | a row is | columns |\n|---|---|---|\n"


def table_rows() -> str:
    """One line for each table: its name, what its model says a row is, its columns."""
    models = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
    lines = []
    for table in exported_tables():
        meaning = (models[table.name].__doc__ or "").strip().splitlines()[0]
        columns = ", ".join(f"`{column.name}`" for column in exported_columns(table))
        lines.append(f"| `{table.name}` | {meaning} | {columns} |\n")
    return "".join(lines)


if __name__ == "__main__":
    before = DOCUMENT.read_text().partition(HEAD)[0]
    DOCUMENT.write_text(before + HEAD + table_rows())
