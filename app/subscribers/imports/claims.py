"""Who goes through an uploaded table: at most one worker, and at most one table at a time, of whichever organization.

A worker holds a lease that each transaction of its work renews; when it dies, the next one takes the table up. The
other workers have mails to send.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, system_scope
from app.subscribers.imports.models import ImportPiece, Part, SubscriberImport
from app.subscribers.imports.rules import ImportState

LEASE = timedelta(seconds=60)

ONE_AT_A_TIME = 0x7375627363726962
"""Key of the PostgreSQL advisory lock under which a table is taken up ("subscrib" in ASCII)."""


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


def at_work(scope: Scope) -> bool:
    """Whether some worker goes through a table at present."""
    busy = exists().where(_is_at_work(), SubscriberImport.lease_until > clock.now())
    return bool(scope.session.scalar(select(busy)))


def waiting_for_a_worker(scope: Scope) -> Sequence[tuple[UUID, UUID]]:
    """The tables of all organizations that a worker should go on with, by organization and id.

    What was tried least comes first, then the oldest: one that fails each time must not keep the others waiting.
    """
    rows = scope.session.execute(
        select(SubscriberImport.organization_id, SubscriberImport.id)
        .where(_is_at_work(), func.coalesce(SubscriberImport.lease_until, clock.now()) <= clock.now())
        .order_by(SubscriberImport.run, SubscriberImport.created_at)
        .limit(10)
    )
    return [(organization_id, import_id) for organization_id, import_id in rows]


def take_up(organization_id: UUID, import_id: UUID) -> Claim | None:
    """Claim a table; None when it waits for nobody, or a worker goes through one already."""
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


def renewed(scope: Scope, claim: Claim) -> SubscriberImport:
    """The import, locked, with a new lease.

    Raises:
        Superseded: nobody waits for this worker any more.
    """
    row = scope.find(SubscriberImport, claim.import_id, lock=True)
    if row is None or row.run != claim.run or row.state is not claim.state:
        raise Superseded
    row.lease_until = clock.now() + LEASE
    return row


def is_piece(claim: Claim, part: Part) -> ColumnElement[bool]:
    """Whether an `ImportPiece` is one of this table's, of this part."""
    return and_(
        ImportPiece.organization_id == claim.organization_id,
        ImportPiece.import_id == claim.import_id,
        ImportPiece.part == part,
    )


def _is_at_work() -> ColumnElement[bool]:
    return SubscriberImport.state.in_([state for state in ImportState if state.is_at_work])
