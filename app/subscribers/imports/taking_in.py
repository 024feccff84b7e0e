"""Taking in those who were found to be new in a table, a piece of its rows at a time, each in a transaction.

Whoever goes on after a worker that died goes on behind the last piece that was taken in.
"""

from sqlalchemy import (
    ARRAY,
    LargeBinary,
    Text,
    Uuid,
    and_,
    column,
    exists,
    func,
    insert,
    literal,
    select,
    true,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as insert_or_skip
from sqlalchemy.sql.selectable import TableValuedAlias

from app import clock
from app.database.scope import Scope, organization_scope
from app.services.models import Service, ServiceGroup
from app.subscribers.imports.actions import end
from app.subscribers.imports.claims import Claim, is_piece, renewed
from app.subscribers.imports.models import ImportPiece, Part, SubscriberImport
from app.subscribers.imports.rules import ImportState
from app.subscribers.models import Subscriber, SubscriberChoice, Suppression
from app.subscribers.rules import NewsKind, SubscriberSource, SubscriberState
from app.subscribers.suppression import hash_of

_CHOICES = '"services":'
"""In a piece in which somebody asks for less than everything."""


def take_in(claim: Claim) -> None:
    """Add those who are new, a piece at a time. Who has subscribed or left since the check is passed over."""
    while True:
        with organization_scope(claim.actor) as scope:
            row = renewed(scope, claim)
            names_choices = func.strpos(func.convert_from(ImportPiece.content, "UTF8"), _CHOICES) > 0
            piece = scope.session.execute(
                select(ImportPiece.position, names_choices)
                .where(is_piece(claim, Part.ROWS), ImportPiece.position >= row.pieces_done)
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
        Subscriber.kinds: func.coalesce(
            incoming.c.kinds, sql_cast(literal([kind.value for kind in NewsKind], ARRAY(Text)), ARRAY(Text))
        ),
        Subscriber.language: incoming.c.language,
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
    """What those who were added asked to hear of, where the table said so, and of that what is there still."""
    for table, place, key in (
        (Service, "services", SubscriberChoice.service_id),
        (ServiceGroup, "groups", SubscriberChoice.group_id),
    ):
        incoming = _incoming(claim, position)
        named = func.jsonb_array_elements_text(incoming.c[place]).table_valued("value").lateral()
        rows = (
            select(
                literal(claim.organization_id, Uuid),
                func.gen_random_uuid(),
                incoming.c.id,
                table.id,
                literal(clock.now()),
            )
            .select_from(incoming)
            .join(
                Subscriber,
                and_(Subscriber.organization_id == claim.organization_id, Subscriber.id == incoming.c.id),
            )
            .join(named, true())
            .join(
                table, and_(table.organization_id == claim.organization_id, table.id == sql_cast(named.c.value, Uuid))
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
        .where(is_piece(claim, Part.ROWS), ImportPiece.position == position)
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
            column("kinds", ARRAY(Text)),
            column("language", Text),
            name="incoming",
        )
        .render_derived(with_types=True)
    )


def _finish(scope: Scope, row: SubscriberImport) -> None:
    end(scope, row, ImportState.DONE)
    scope.record("subscriber_import.finished", row, name=row.file_name)
    scope.emit("subscriber_import.finished", {"import_id": str(row.id)}, visible=False)
