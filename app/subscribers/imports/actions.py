"""What members do with a table of subscribers: upload it, say yes to what was found in it, or let it go.

A table goes through these steps; the second and the last are a worker's (`work`):

1. `upload` keeps the file in pieces and rings.
2. It is *checked*: each row is read and sorted, nobody is added.
3. `agree`: its member has seen how many are new.
4. They are *imported*, piece by piece.
"""

from datetime import timedelta
from typing import IO
from uuid import UUID

from sqlalchemy import delete, func, select

from app import clock
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope, system_scope
from app.database.sweeps import take_each
from app.errors import Conflict, Invalid
from app.organizations.membership import check_still_editor
from app.subscribers.imports.bell import AGREED, UPLOADED
from app.subscribers.imports.models import ImportPiece, Part, SubscriberImport
from app.subscribers.imports.rules import MOST_BYTES, ImportState, check_beginning, check_consent
from app.subscribers.rules import PageKey

PIECE_BYTES = 512 * 1024

MOST_UNDER_WAY = 5
"""Tables of one organization that are neither done nor cancelled: each keeps its file."""

WAITS_FOR = timedelta(days=1)
"""For so long a checked table waits for somebody to say yes; then its addresses are forgotten."""
FAULTS_KEPT_FOR = timedelta(days=30)

TOO_LARGE = "This file is larger than 50 MB. Split it, and import one part after the other."
TOO_MANY = "Five tables are under way already. Finish or cancel one of them first."


def upload(page: PageKey, file: IO[bytes], file_name: str, consent: str, *, by: Actor) -> UUID:
    """Keep a table to be looked through; returns the import's id. The file is read piece by piece.

    Args:
        page: what these people are to be told of.
        file: open for reading, at its beginning.
        file_name: as its owner calls it.
        consent: where they agreed to get these mails.

    Raises:
        Invalid: there is no file, it is no table or too large, nothing says where the consent comes from.
        Denied: they may not any more: who they are was asked before the file came, which may have taken long.
    """
    head = file.read(PIECE_BYTES)
    faults = {"file": check_beginning(head), "consent": check_consent(consent)}
    if any(faults.values()):
        raise Invalid({name: fault for name, fault in faults.items() if fault})
    with organization_scope(by) as scope:
        check_still_editor(scope)
        scope.take_turns("upload subscribers")
        _check_room(scope)
        row = SubscriberImport(
            organization_id=scope.organization_id,
            id=new_id(),
            page_id=page.page_id,
            file_name=file_name,
            size_bytes=0,
            consent=consent,
            created_at=clock.now(),
            created_by_user_id=by.user_id,
            created_by_name=by.name,
        )
        scope.session.add(row)
        scope.session.flush()
        row.size_bytes = _keep_file(scope, row.id, head, file)
        scope.record("subscriber_import.uploaded", row, name=file_name)
        scope.emit(UPLOADED, {"import_id": str(row.id)}, visible=False)
        return row.id


def agree(import_id: UUID, *, by: Actor) -> None:
    """Have those taken in that were found to be new. Twice is once.

    Raises:
        NotFound: there is no such import.
        Conflict: it is over, or not looked through yet.
    """
    with organization_scope(by) as scope:
        row = scope.lock(SubscriberImport, import_id)
        if row.state in (ImportState.IMPORTING, ImportState.DONE):
            return
        if row.state is not ImportState.CHECKED:
            raise Conflict("This table cannot be imported any more. Upload it again.")
        row.state = ImportState.IMPORTING
        row.lease_until = None
        scope.record("subscriber_import.agreed", row, name=row.file_name)
        scope.emit(AGREED, {"import_id": str(import_id)}, visible=False)


def cancel(import_id: UUID, *, by: Actor) -> None:
    """Let a table go, and forget what stood in it. Whoever was added already stays. Twice is once.

    Raises:
        NotFound: there is no such import.
    """
    with organization_scope(by) as scope:
        row = scope.lock(SubscriberImport, import_id)
        if not row.state.is_over:
            end(scope, row, ImportState.CANCELLED)
            scope.record("subscriber_import.cancelled", row, name=row.file_name)


def end(scope: Scope, row: SubscriberImport, state: ImportState) -> None:
    """Nothing is done with a table any more; only what was wrong in it is kept for a while."""
    row.state = state
    row.lease_until = None
    row.finished_at = clock.now()
    _forget_pieces(scope, row.id, Part.FILE, Part.ROWS)


def forget_imports() -> None:
    """Cancel tables that nobody said yes to, and forget what was wrong in those that are long over."""
    now = clock.now()
    with system_scope("tables of all organizations are not kept for longer than they are needed") as scope:
        waiting = scope.session.execute(
            select(SubscriberImport.organization_id, SubscriberImport.id).where(
                SubscriberImport.state == ImportState.CHECKED, SubscriberImport.created_at < now - WAITS_FOR
            )
        ).all()
        scope.session.execute(
            delete(ImportPiece).where(
                ImportPiece.part == Part.FAULTS,
                ImportPiece.import_id.in_(
                    select(SubscriberImport.id).where(SubscriberImport.finished_at < now - FAULTS_KEPT_FOR)
                ),
            )
        )
    take_each(
        ((organization_id, import_id) for organization_id, import_id in waiting),
        lambda organization_id, import_id: cancel(import_id, by=Actor.clock(organization_id)),
    )


def _check_room(scope: Scope) -> None:
    under_way = scope.session.scalar(
        select(func.count()).where(
            SubscriberImport.organization_id == scope.organization_id,
            SubscriberImport.state.in_([state for state in ImportState if not state.is_over]),
        )
    )
    if (under_way or 0) >= MOST_UNDER_WAY:
        raise Invalid({"file": TOO_MANY})


def _keep_file(scope: Scope, import_id: UUID, piece: bytes, rest: IO[bytes]) -> int:
    """Write the file down piece by piece; returns how long it is."""
    length = position = 0
    while piece:
        length += len(piece)
        if length > MOST_BYTES:
            raise Invalid({"file": TOO_LARGE})
        add_piece(scope, import_id, Part.FILE, position, piece)
        position += 1
        piece = rest.read(PIECE_BYTES)
    return length


def add_piece(scope: Scope, import_id: UUID, part: Part, position: int, content: bytes) -> None:
    """Write a piece down, and hold none of it in the session."""
    piece = ImportPiece(
        organization_id=scope.organization_id, import_id=import_id, part=part, position=position, content=content
    )
    scope.session.add(piece)
    scope.session.flush()
    scope.session.expunge(piece)


def _forget_pieces(scope: Scope, import_id: UUID, *parts: Part) -> None:
    scope.session.execute(
        delete(ImportPiece).where(
            ImportPiece.organization_id == scope.organization_id,
            ImportPiece.import_id == import_id,
            ImportPiece.part.in_(parts),
        )
    )
