"""Tables that were uploaded, as their organization's members see them."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from itertools import islice
from uuid import UUID

from sqlalchemy import select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.subscribers.imports.models import ImportPiece, Part, SubscriberImport
from app.subscribers.imports.rules import ImportState
from app.text.tables import csv_line, untamed

LISTED = 20


@dataclass(frozen=True, slots=True)
class ImportView:
    """A table, what was found in it and how far it is."""

    id: UUID
    page_id: UUID
    state: ImportState
    file_name: str
    size_bytes: int
    consent: str
    read_as: str
    """Its encoding and what separates its cells, in words; empty as long as nobody knows."""
    has_header: bool | None
    fault: str | None
    rows_read: int
    rows_new: int
    rows_known: int
    rows_suppressed: int
    rows_repeated: int
    rows_faulty: int
    rows_added: int
    percent: int
    """How far the present step is."""
    created_at: datetime
    created_by_name: str
    finished_at: datetime | None

    @property
    def rows_left_out(self) -> int:
        """Those that the list of what was left out tells of, line by line."""
        return self.rows_faulty + self.rows_repeated + self.rows_suppressed


def get_import(actor: Actor, import_id: UUID) -> ImportView:
    """One table.

    Raises:
        NotFound: the organization has no such import.
    """
    with organization_scope(actor, read_only=True) as scope:
        return _view(scope.get(SubscriberImport, import_id))


def list_imports(actor: Actor) -> tuple[ImportView, ...]:
    """The latest tables, newest first."""
    with organization_scope(actor, read_only=True) as scope:
        rows = scope.session.scalars(
            select(SubscriberImport)
            .filter_by(organization_id=scope.organization_id)
            .order_by(SubscriberImport.id.desc())
            .limit(LISTED)
        )
        return tuple(_view(row) for row in rows)


def write_left_out(actor: Actor, import_id: UUID) -> Iterator[str]:
    """The lines of a table that are not taken in, as CSV, a piece at a time. Each needs an application context.

    Raises:
        NotFound: the organization has no such import.
    """
    yield csv_line(("line", "address", "why it is left out"))
    after = -1
    while True:
        with organization_scope(actor, read_only=True) as scope:
            found = _next_piece(scope, import_id, after)
        if found is None:
            return
        after, content = found
        yield content.decode()


def first_left_out(actor: Actor, import_id: UUID, most: int) -> Sequence[Sequence[str]]:
    """The first of these lines: number, address, why it is left out.

    Raises:
        NotFound: the organization has no such import.
    """
    # As CSV has it: of what Unicode knows as the end of a line, some may stand in a cell.
    rows = csv.reader(line for piece in write_left_out(actor, import_id) for line in StringIO(piece, newline=""))
    return tuple(tuple(map(untamed, row)) for row in islice(rows, 1, most + 1))


def _next_piece(scope: Scope, import_id: UUID, after: int) -> tuple[int, bytes] | None:
    row = scope.session.execute(
        select(ImportPiece.position, ImportPiece.content)
        .where(
            ImportPiece.organization_id == scope.organization_id,
            ImportPiece.import_id == import_id,
            ImportPiece.part == Part.FAULTS,
            ImportPiece.position > after,
        )
        .order_by(ImportPiece.position)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.position, bytes(row.content))


_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def _view(row: SubscriberImport) -> ImportView:
    read_as = ""
    if row.encoding is not None and row.delimiter is not None:
        separators = _SEPARATORS.get(row.delimiter, f"“{row.delimiter}”")
        read_as = f"{row.encoding.label}, cells between {separators}"
    done, whole = (row.bytes_read, row.size_bytes)
    if row.state is ImportState.IMPORTING:
        done, whole = (row.rows_added, row.rows_new)
    return ImportView(
        id=row.id,
        page_id=row.page_id,
        state=row.state,
        file_name=row.file_name,
        size_bytes=row.size_bytes,
        consent=row.consent,
        read_as=read_as,
        has_header=row.has_header,
        fault=row.fault,
        rows_read=row.rows_read,
        rows_new=row.rows_new,
        rows_known=row.rows_known,
        rows_suppressed=row.rows_suppressed,
        rows_repeated=row.rows_repeated,
        rows_faulty=row.rows_faulty,
        rows_added=row.rows_added,
        percent=min(100, 100 * done // whole) if whole else 0,
        created_at=row.created_at,
        created_by_name=row.created_by_name,
        finished_at=row.finished_at,
    )
