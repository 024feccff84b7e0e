"""How a worker goes through an uploaded table: first it is checked, later it is taken in.

Both go by batches, each a transaction that also says how far it is, so progress is seen while it lasts. A worker holds
a lease that each batch renews; when it dies, the next one begins a check anew, and goes on with taking in behind the
last piece that was. At most one table is gone through at a time, of whichever organization: the other workers have
mails to send.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    LargeBinary,
    Text,
    Uuid,
    and_,
    any_,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as insert_or_skip
from sqlalchemy.sql.selectable import TableValuedAlias

from app import clock
from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope, system_scope
from app.services.models import Service, ServiceGroup
from app.subscribers.imports.actions import add_piece, end
from app.subscribers.imports.models import ImportPiece, Part, SubscriberImport
from app.subscribers.imports.rules import (
    MOST_ROWS,
    Catalogue,
    Fault,
    ImportState,
    Row,
    Unreadable,
    find_encoding,
    read_lines,
    read_row,
    read_rows,
)
from app.subscribers.models import Subscriber, SubscriberChoice, Suppression
from app.subscribers.rules import NewsKind, SubscriberSource, SubscriberState
from app.subscribers.suppression import hash_of, suppressed_among
from app.subscribers.tokens import manage_token
from app.text.tables import csv_line

T = TypeVar("T")

BATCH = 5_000
"""Rows in one transaction, and in one piece."""
LEASE = timedelta(seconds=60)

ONE_AT_A_TIME = 0x7375627363726962
"""Key of the PostgreSQL advisory lock under which a table is taken up ("subscrib" in ASCII)."""

REPEATED = "The same mailbox stands in an earlier line."
LEFT = "This person has unsubscribed or complained before. Only they themselves can come back, on the page."
TOO_MANY_ROWS = f"This file has more than {MOST_ROWS:,} rows. Split it, and import one part after the other."


class Superseded(Exception):
    """The table was cancelled, or another worker has taken it up."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One table, for as long as its lease is renewed."""

    organization_id: UUID
    import_id: UUID
    run: int
    state: ImportState

    @property
    def actor(self) -> Actor:
        return Actor.worker(self.organization_id)


def go_through(organization_id: UUID, import_id: UUID) -> None:
    """Do what is next for a table, unless somebody does, or it waits for its member."""
    claim = _take_up(organization_id, import_id)
    if claim is None:
        return
    try:
        if claim.state is ImportState.CHECKING:
            _check(claim)
        else:
            _take_in(claim)
    except Superseded:
        return


def at_work(scope: Scope) -> bool:
    """Whether some worker goes through a table at present."""
    busy = exists().where(_is_at_work(), SubscriberImport.lease_until > clock.now())
    return bool(scope.session.scalar(select(busy)))


def waiting_for_a_worker(scope: Scope) -> Sequence[tuple[UUID, UUID]]:
    """The tables of all organizations that a worker should go on with, the oldest first, by organization and id."""
    rows = scope.session.execute(
        select(SubscriberImport.organization_id, SubscriberImport.id)
        .where(_is_at_work(), func.coalesce(SubscriberImport.lease_until, clock.now()) <= clock.now())
        .order_by(SubscriberImport.created_at)
        .limit(10)
    )
    return [(organization_id, import_id) for organization_id, import_id in rows]


def _is_at_work() -> ColumnElement[bool]:
    return SubscriberImport.state.in_([state for state in ImportState if state.is_at_work])


def _take_up(organization_id: UUID, import_id: UUID) -> Claim | None:
    with system_scope("one table at a time, of whichever organization") as scope:
        scope.session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
        row = scope.session.scalar(
            select(SubscriberImport)
            .filter_by(organization_id=organization_id, id=import_id)
            .where(_is_at_work())
            .with_for_update()
        )
        if row is None or at_work(scope):
            return None
        row.run += 1
        row.lease_until = clock.now() + LEASE
        return Claim(organization_id, import_id, row.run, row.state)


def _renewed(scope: Scope, claim: Claim) -> SubscriberImport:
    """The import, locked, with a new lease.

    Raises:
        Superseded: nobody waits for this worker any more.
    """
    row = scope.find(SubscriberImport, claim.import_id, lock=True)
    if row is None or row.run != claim.run or row.state is not claim.state:
        raise Superseded
    row.lease_until = clock.now() + LEASE
    return row


def _check(claim: Claim) -> None:
    """Read each row and sort it, add nobody. Begins anew after whoever was cut off."""
    catalogue = _begin_check(claim)
    try:
        encoding = find_encoding(lambda: _read_file(claim))
        table, rows = read_rows(read_lines(_read_file(claim, counted=True), encoding))
        with organization_scope(claim.actor) as scope:
            row = _renewed(scope, claim)
            row.encoding, row.delimiter, row.has_header = encoding, table.delimiter, table.has_header
        seen: set[int] = set()
        sorted_rows = (read_row(line, cells, table.columns, catalogue) for line, cells in rows)
        for position, batch in enumerate(_batches(sorted_rows)):
            _sort(claim, position, batch, seen)
    except Unreadable as fault:
        with organization_scope(claim.actor) as scope:
            row = _renewed(scope, claim)
            row.fault = fault.detail
            end(scope, row, ImportState.REFUSED)
        return
    with organization_scope(claim.actor) as scope:
        row = _renewed(scope, claim)
        row.state, row.lease_until, row.bytes_read = ImportState.CHECKED, None, row.size_bytes


def _begin_check(claim: Claim) -> Catalogue:
    with organization_scope(claim.actor) as scope:
        row = _renewed(scope, claim)
        row.bytes_read = row.rows_read = row.rows_new = row.rows_known = 0
        row.rows_suppressed = row.rows_repeated = row.rows_faulty = 0
        scope.session.execute(
            delete(ImportPiece).where(
                ImportPiece.organization_id == claim.organization_id,
                ImportPiece.import_id == claim.import_id,
                ImportPiece.part != Part.FILE,
            )
        )
        services = scope.session.execute(
            select(Service.name, Service.id)
            .where(Service.organization_id == scope.organization_id, Service.archived_at.is_(None))
            .order_by(Service.position.desc())
        )
        groups = scope.session.execute(
            select(ServiceGroup.name, ServiceGroup.id)
            .where(ServiceGroup.organization_id == scope.organization_id)
            .order_by(ServiceGroup.position.desc())
        )
        return Catalogue(*({name.casefold(): row_id for name, row_id in rows} for rows in (services, groups)))


def _read_file(claim: Claim, *, counted: bool = False) -> Iterator[bytes]:
    """The file, a piece at a time, each in a transaction of its own; `counted` writes down how far it is."""
    position = 0
    while True:
        with organization_scope(claim.actor) as scope:
            content = scope.session.scalar(
                select(ImportPiece.content).where(_piece(claim, Part.FILE), ImportPiece.position == position)
            )
            if content is None:
                return
            row = _renewed(scope, claim)
            if counted:
                row.bytes_read += len(content)
        yield content
        position += 1


def _piece(claim: Claim, part: Part) -> ColumnElement[bool]:
    return and_(
        ImportPiece.organization_id == claim.organization_id,
        ImportPiece.import_id == claim.import_id,
        ImportPiece.part == part,
    )


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
        kept = _renewed(scope, claim)
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
    return kept


def _take_in(claim: Claim) -> None:
    """Add those who are new, a piece at a time. Who has subscribed or left since the check is passed over."""
    while True:
        with organization_scope(claim.actor) as scope:
            row = _renewed(scope, claim)
            names_choices = func.strpos(func.convert_from(ImportPiece.content, "UTF8"), _CHOICES) > 0
            piece = scope.session.execute(
                select(ImportPiece.position, names_choices)
                .where(_piece(claim, Part.ROWS), ImportPiece.position >= row.pieces_done)
                .order_by(ImportPiece.position)
                .limit(1)
            ).one_or_none()
            if piece is None:
                _finish(scope, row)
                return
            position, chooses = piece
            row.rows_added += _add_subscribers(scope, claim, row, position)
            if chooses:
                _add_choices(scope, claim, position)
            row.pieces_done = position + 1


_CHOICES = '"services":'
"""In a piece in which somebody asks for less than everything."""


def _add_subscribers(scope: Scope, claim: Claim, row: SubscriberImport, position: int) -> int:
    now = clock.now()
    incoming = _incoming(claim, position)
    mailbox = func.coalesce(incoming.c.mailbox, incoming.c.email)
    left = exists().where(
        Suppression.organization_id == claim.organization_id,
        Suppression.mailbox_hash == hash_of(literal(claim.organization_id, Uuid), mailbox),
    )
    values = {
        Subscriber.organization_id: literal(claim.organization_id, Uuid),
        Subscriber.id: incoming.c.id,
        Subscriber.page_id: literal(row.page_id, Uuid),
        Subscriber.email: incoming.c.email,
        Subscriber.state: literal(SubscriberState.CONFIRMED.value),
        Subscriber.all_services: incoming.c.services.is_(None),
        Subscriber.kinds: sql_cast(literal([kind.value for kind in NewsKind], ARRAY(Text)), ARRAY(Text)),
        Subscriber.source: literal(SubscriberSource.IMPORT.value),
        Subscriber.consent: literal(row.consent),
        Subscriber.import_id: literal(row.id, Uuid),
        Subscriber.requested_at: literal(now),
        Subscriber.manage_token_hash: func.decode(incoming.c.hash, "hex", type_=LargeBinary),
        Subscriber.confirmed_at: literal(now),
        Subscriber.created_at: literal(now),
    }
    added = (
        insert_or_skip(Subscriber)
        .from_select(list(values), select(*values.values()).select_from(incoming).where(~left))
        .on_conflict_do_nothing(constraint="subscribers_mailbox_key")
        .returning(Subscriber.id)
        .cte("added")
    )
    return scope.session.scalar(select(func.count()).select_from(added)) or 0


def _add_choices(scope: Scope, claim: Claim, position: int) -> None:
    """What those who were added asked to hear of, where the table said so."""
    for place, key in (("services", SubscriberChoice.service_id), ("groups", SubscriberChoice.group_id)):
        incoming = _incoming(claim, position)
        rows = (
            select(
                literal(claim.organization_id, Uuid),
                func.gen_random_uuid(),
                incoming.c.id,
                sql_cast(func.jsonb_array_elements_text(incoming.c[place]), Uuid),
                literal(clock.now()),
            )
            .select_from(incoming)
            .join(
                Subscriber,
                and_(Subscriber.organization_id == claim.organization_id, Subscriber.id == incoming.c.id),
            )
        )
        scope.session.execute(
            insert(SubscriberChoice).from_select(
                [
                    SubscriberChoice.organization_id,
                    SubscriberChoice.id,
                    SubscriberChoice.subscriber_id,
                    key,
                    SubscriberChoice.created_at,
                ],
                rows,
            )
        )


def _incoming(claim: Claim, position: int) -> TableValuedAlias:
    """The rows of a piece, read by the database from what it keeps."""
    content = (
        select(sql_cast(func.convert_from(ImportPiece.content, "UTF8"), JSONB))
        .where(_piece(claim, Part.ROWS), ImportPiece.position == position)
        .scalar_subquery()
    )
    return (
        func.jsonb_to_recordset(content)
        .table_valued(
            column("id", Uuid),
            column("email", Text),
            column("mailbox", Text),
            column("hash", Text),
            column("services", JSONB),
            column("groups", JSONB),
            name="incoming",
        )
        .render_derived(with_types=True)
    )


def _finish(scope: Scope, row: SubscriberImport) -> None:
    end(scope, row, ImportState.DONE)
    scope.record("subscriber_import.finished", row, name=row.file_name)
    scope.emit("subscriber_import.finished", {"import_id": str(row.id)}, visible=False)
