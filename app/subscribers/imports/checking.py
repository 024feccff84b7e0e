"""Checking a table: each row is read and sorted, and nobody is added.

It goes by batches, each a transaction that also says how far it is, so progress is seen while it lasts.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import ARRAY, Text, any_, delete, literal, select

from app.accounts.tokens import token_hash
from app.database.ids import new_id
from app.database.scope import organization_scope
from app.subscribers.imports.actions import add_piece, end
from app.subscribers.imports.catalogue import read_catalogue
from app.subscribers.imports.claims import Claim, is_piece, renewed
from app.subscribers.imports.columns import Catalogue, Fault, Row, Unreadable, read_row
from app.subscribers.imports.models import ImportPiece, Part
from app.subscribers.imports.rules import MOST_ROWS, ImportState, find_encoding, read_lines, read_rows
from app.subscribers.models import Subscriber
from app.subscribers.suppression import suppressed_among
from app.subscribers.tokens import manage_token
from app.text.tables import csv_line

T = TypeVar("T")

BATCH = 5_000
"""Rows in one transaction, and in one piece."""

REPEATED = "The same mailbox stands in an earlier line."
LEFT = "This person has unsubscribed or complained before. Only they themselves can come back, on the page."
TOO_MANY_ROWS = f"This file has more than {MOST_ROWS:,} rows. Split it, and import one part after the other."


def check(claim: Claim) -> None:
    """Read each row and sort it, add nobody. Begins anew after whoever was cut off."""
    catalogue = _begin_check(claim)
    try:
        encoding = find_encoding(lambda: _read_file(claim))
        table, rows = read_rows(read_lines(_read_file(claim, counted=True), encoding))
        with organization_scope(claim.actor) as scope:
            row = renewed(scope, claim)
            row.encoding, row.delimiter, row.has_header = encoding, table.delimiter, table.has_header
        seen: set[int] = set()
        sorted_rows = (read_row(line, cells, table.columns, catalogue) for line, cells in rows)
        for position, batch in enumerate(_batches(sorted_rows)):
            _sort(claim, position, batch, seen)
    except Unreadable as fault:
        with organization_scope(claim.actor) as scope:
            row = renewed(scope, claim)
            row.fault = fault.detail
            end(scope, row, ImportState.REFUSED)
        return
    with organization_scope(claim.actor) as scope:
        row = renewed(scope, claim)
        row.state, row.lease_until, row.bytes_read = ImportState.CHECKED, None, row.size_bytes


def _begin_check(claim: Claim) -> Catalogue:
    with organization_scope(claim.actor) as scope:
        row = renewed(scope, claim)
        row.bytes_read = row.rows_read = row.rows_new = row.rows_known = 0
        row.rows_suppressed = row.rows_repeated = row.rows_faulty = 0
        scope.session.execute(
            delete(ImportPiece).where(
                ImportPiece.organization_id == claim.organization_id,
                ImportPiece.import_id == claim.import_id,
                ImportPiece.part != Part.FILE,
            )
        )
        return read_catalogue(scope)


def _read_file(claim: Claim, *, counted: bool = False) -> Iterator[bytes]:
    """The file, a piece at a time, each in a transaction of its own; `counted` writes down how far it is."""
    position = 0
    while True:
        with organization_scope(claim.actor) as scope:
            content = scope.session.scalar(
                select(ImportPiece.content).where(is_piece(claim, Part.FILE), ImportPiece.position == position)
            )
            if content is None:
                return
            row = renewed(scope, claim)
            if counted:
                row.bytes_read += len(content)
        yield content
        position += 1


def _batches(rows: Iterator[T]) -> Iterator[Sequence[T]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _sort(claim: Claim, position: int, batch: Sequence[Row | Fault], seen: set[int]) -> None:
    """Write down what becomes of these rows. `seen` has the mailboxes of all before, by their hashes."""
    faults = [row for row in batch if isinstance(row, Fault)]
    fresh: list[Row] = []
    for row in batch:
        if isinstance(row, Fault):
            continue
        key = hash(row.mailbox)
        if key in seen:
            faults.append(Fault(row.line, row.address, REPEATED))
        else:
            seen.add(key)
            fresh.append(row)
    with organization_scope(claim.actor) as scope:
        kept = renewed(scope, claim)
        kept.rows_read += len(batch)
        if kept.rows_read > MOST_ROWS:
            raise Unreadable(TOO_MANY_ROWS)
        known = set(
            scope.session.scalars(
                select(Subscriber.mailbox).where(
                    Subscriber.organization_id == claim.organization_id,
                    Subscriber.page_id == kept.page_id,
                    Subscriber.mailbox == any_(literal([row.mailbox for row in fresh], ARRAY(Text))),
                )
            )
        )
        suppressed = suppressed_among(scope, [row.mailbox for row in fresh if row.mailbox not in known])
        new = [row for row in fresh if row.mailbox not in known and row.mailbox not in suppressed]
        kept.rows_known += len(known)
        kept.rows_suppressed += len(suppressed)
        kept.rows_new += len(new)
        kept.rows_repeated += (repeated := sum(fault.what == REPEATED for fault in faults))
        kept.rows_faulty += len(faults) - repeated
        faults += [Fault(row.line, row.address, LEFT) for row in fresh if row.mailbox in suppressed]
        if new:
            add_piece(scope, claim.import_id, Part.ROWS, position, json.dumps([_kept(row) for row in new]).encode())
        if faults:
            lines = (csv_line((fault.line, fault.typed, fault.what)) for fault in sorted(faults, key=_line))
            add_piece(scope, claim.import_id, Part.FAULTS, position, "".join(lines).encode())


def _line(fault: Fault) -> int:
    return fault.line


def _kept(row: Row) -> dict[str, object]:
    """A row as it waits to be taken in: the database makes a subscriber of it without asking us again."""
    subscriber_id = new_id()
    kept: dict[str, object] = {
        "id": subscriber_id.hex,
        "email": row.address,
        "hash": token_hash(manage_token(subscriber_id)).hex(),
    }
    if row.mailbox != row.address:
        kept["mailbox"] = row.mailbox
    if row.service_ids or row.group_ids:
        kept["services"] = [str(service_id) for service_id in row.service_ids]
        kept["groups"] = [str(group_id) for group_id in row.group_ids]
    if row.kinds:
        kept["kinds"] = row.kinds
    if row.language:
        kept["language"] = row.language
    return kept
