"""Emptying a closed organization, batch by batch; each batch is a transaction that also says how far it is.

1. `begin` silences it: what waits is not sent, fan-outs that are under way stop. It also counts what there is.
2. `remove_some` deletes the next rows, children before parents. What is left is in the tables themselves, so whoever
   comes after a crash just goes on. Two at once: the second finds the first one's row locked, and leaves.
3. What the application may only add to (status changes, the audit log) goes with the organization's own row at the end.
"""

from datetime import timedelta
from enum import StrEnum
from typing import cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CursorResult,
    Table,
    Text,
    delete,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.addresses.models import RetiredSlug
from app.closing.models import Closing
from app.database.base import Base
from app.database.outbox import Event
from app.database.scope import Scope, system_scope
from app.delivery.models import DeliveryBatch, Notification
from app.delivery.rules import BatchState
from app.organizations.models import Membership, Organization

BATCH = 2_000
SMALL_BATCH = 10
"""Of rows with a long history that goes with them."""

GRACE = timedelta(seconds=10)
"""For so long its revision stays: other processes must have heard that what they keep of its page is old."""

LAST_STATEMENT_SECONDS = 600

_KEPT_TO_THE_END = frozenset({"memberships", "pages", "revisions"})
"""By these it is still known who belongs to it, and that its addresses are taken."""
_WITH_HISTORY = frozenset({"services"})


class Left(StrEnum):
    """What remains to be done after a step."""

    MORE = "more"
    LATER = "later"
    """Not now: somebody else is at it, or the grace is not over."""
    NOTHING = "nothing"


def tenant_tables() -> tuple[Table, ...]:
    """Every table whose rows belong to an organization, children before their parents."""
    return tuple(
        table
        for table in reversed(Base.metadata.sorted_tables)
        if next(iter(table.primary_key)).name == "organization_id" and table is not Closing.__table__
    )


def begin(organization_id: UUID) -> None:
    """Stop whatever is under way for a closed organization, and count what there is. Twice without harm."""
    now = clock.now()
    with system_scope("an organization that goes tells nobody anything any more") as scope:
        session = scope.session
        closed = session.scalar(select(Organization.closing_at).where(Organization.id == organization_id))
        if closed is None:
            return
        # In the order in which one leads to the next, so that nothing new comes behind our back.
        session.execute(
            update(Event)
            .where(Event.organization_id == organization_id, Event.dispatched_at.is_(None))
            .values(dispatched_at=now)
        )
        session.execute(
            update(Notification)
            .where(Notification.organization_id == organization_id, Notification.fanned_out_at.is_(None))
            .values(fanned_out_at=now)
        )
        session.execute(
            update(DeliveryBatch)
            .where(
                DeliveryBatch.organization_id == organization_id,
                DeliveryBatch.state.in_([BatchState.READY, BatchState.SENDING]),
            )
            .values(state=BatchState.SUPERSEDED, lease_until=None, finished_at=now)
        )
        members = session.scalars(select(Membership.user_id).where(Membership.organization_id == organization_id))
        session.execute(
            insert(Closing)
            .values(
                organization_id=organization_id,
                member_ids=sorted(members),
                rows_total=sum(_count(scope, table, organization_id) for table in _emptied(scope)),
                rows_gone=0,
                requested_at=closed,
            )
            .on_conflict_do_nothing()
        )


def remove_some(organization_id: UUID) -> Left:
    """Delete the next rows of a closed organization, or at the end itself."""
    now = clock.now()
    with system_scope("what belonged to an organization goes with it") as scope:
        closing = scope.session.scalar(
            select(Closing).where(Closing.organization_id == organization_id).with_for_update(skip_locked=True)
        )
        if closing is None:
            return Left.LATER
        if closing.finished_at is not None:
            return Left.NOTHING
        for table in _emptied(scope):
            gone = _delete_some(scope, table, organization_id)
            if gone:
                closing.rows_gone += gone
                return Left.MORE
        if now - closing.requested_at < GRACE:
            return Left.LATER
        _delete_organization(scope, organization_id)
        closing.rows_gone, closing.finished_at = max(closing.rows_gone, closing.rows_total), now
        return Left.NOTHING


def _emptied(scope: Scope) -> list[Table]:
    """The tables from which rows may be deleted one by one, children before their parents."""
    tables = {table.name: table for table in tenant_tables() if table.name not in _KEPT_TO_THE_END}
    names = func.unnest(sql_cast(list(tables), ARRAY(Text))).column_valued("name")
    allowed = scope.session.scalars(select(names).where(func.has_table_privilege(names, "DELETE"))).all()
    return [table for name, table in tables.items() if name in allowed]


def _count(scope: Scope, table: Table, organization_id: UUID) -> int:
    mine = select(func.count()).select_from(table).where(table.c.organization_id == organization_id)
    return scope.session.scalar(mine) or 0


def _delete_some(scope: Scope, table: Table, organization_id: UUID) -> int:
    mine = table.c.organization_id == organization_id
    some = delete(table).where(mine)
    # Rows that point at others of their own table go together: in no order of ours would all batches be allowed.
    if not any(key.referred_table is table for key in table.foreign_key_constraints):
        place: ColumnElement[str] = literal_column("ctid")
        size = SMALL_BATCH if table.name in _WITH_HISTORY else BATCH
        some = some.where(place.in_(select(place).select_from(table).where(mine).limit(size)))
    return cast("CursorResult[object]", scope.session.execute(some)).rowcount


def _delete_organization(scope: Scope, organization_id: UUID) -> None:
    """The row itself, and by its keys what only it may take along. Its addresses stay held, as nobody's."""
    now = clock.now()
    scope.session.execute(text(f"SET LOCAL statement_timeout = '{LAST_STATEMENT_SECONDS}s'"))
    scope.session.execute(
        update(RetiredSlug)
        .where(RetiredSlug.organization_id == organization_id)
        .values(organization_id=None, page_id=None, redirects_until=func.least(RetiredSlug.redirects_until, now))
    )
    scope.session.execute(delete(Organization).where(Organization.id == organization_id))
