"""The only two doors to the database: one organization's rows, or, with a reason, everybody's.

Row-level security lets a transaction see nothing until it says for whom it works. Both scopes are one
transaction: committed when the block ends, rolled back when it raises. What they emitted is announced after the commit.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app import clock
from app.database.actor import Actor
from app.database.audit import Changes, ChangeWatch, make_entry
from app.database.base import Base
from app.database.outbox import Event, Revision, announce
from app.database.roles import SYSTEM_ROLE
from app.errors import NotFound
from app.extensions import db

Row = TypeVar("Row", bound=Base)

_IDENTIFY = text(
    "SELECT set_config('app.organization_id', :organization_id, true),"
    " set_config('app.actor_role', :role, true), set_config('app.user_id', :user_id, true)"
)


class Scope:
    """One open transaction: its session, and what it will tell the world once committed."""

    def __init__(self, session: Session, actor: Actor | None) -> None:
        self.session = session
        self._actor = actor
        self._events: list[Event] = []
        self._watch = ChangeWatch(session)

    @property
    def actor(self) -> Actor:
        """Whom this transaction works for. A system scope works for nobody in particular and has none."""
        if self._actor is None:
            raise RuntimeError("a system scope has no actor: enter an organization_scope to act for one")
        return self._actor

    @property
    def organization_id(self) -> UUID:
        return self.actor.organization_id

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(self._events)

    def find(self, table: type[Row], row_id: UUID, *, lock: bool = False) -> Row | None:
        """The organization's row with this id, or None when it is missing or another organization's."""
        query = select(table).filter_by(organization_id=self.organization_id, id=row_id)
        return self.session.scalar(query.with_for_update() if lock else query)

    def get(self, table: type[Row], row_id: UUID) -> Row:
        """The organization's row with this id.

        Raises:
            NotFound: it is missing or another organization's; both look the same.
        """
        row = self.find(table, row_id)
        if row is None:
            raise NotFound
        return row

    def lock(self, table: type[Row], row_id: UUID) -> Row:
        """Like `get`, and no other transaction changes the row until this one ends."""
        row = self.find(table, row_id, lock=True)
        if row is None:
            raise NotFound
        return row

    def take_turns(self, what: str) -> None:
        """Wait for whoever does the same in this organization at this moment, until that transaction has ended.

        For what no row stands for yet: a name that is free, room for one more, a form that is sent twice.
        """
        key = func.hashtextextended(f"{what} {self.organization_id}", 0)
        self.session.execute(select(func.pg_advisory_xact_lock(key)))

    def read_revision(self) -> int:
        """The organization's revision as this transaction sees it. Read it before what is kept under it, never after.

        Raises:
            NotFound: there is no such organization.
        """
        number = self.session.scalar(select(Revision.number).where(Revision.organization_id == self.organization_id))
        if number is None:
            raise NotFound
        return number

    def emit(self, kind: str, payload: Mapping[str, Any], *, visible: bool = True) -> Event:
        """Append an event to the outbox, to be announced after the commit.

        `visible` raises the organization's revision, which renews every cached answer and live stream: say False for
        what no visitor could see. Call it last: the revision's row is locked from here to the commit.
        """
        session = self.session
        session.flush()
        revision = self._raise_revision() if visible else self.read_revision()
        event = Event(
            organization_id=self.organization_id,
            kind=kind,
            payload=dict(payload),
            revision=revision,
            visible=visible,
            created_at=clock.now(),
        )
        session.add(event)
        self._events.append(event)
        return event

    def record(
        self,
        action: str,
        row: Base | None = None,
        *,
        name: str = "",
        subject_id: UUID | None = None,
        changes: Changes | None = None,
        by: Actor | None = None,
    ) -> None:
        """Write down in the audit log what the actor did, in this transaction.

        What has changed in `row` so far is found out here; a row in which nothing has changed makes no entry.

        Args:
            action: `thing.verb`, like an event's kind.
            row: what was changed, made or deleted.
            name: what people call it.
            subject_id: of what was changed, where `row` does not say it.
            changes: what else changed, beside the row or without one: `{"role": ("viewer", "editor")}`.
            by: who did it, where that is not the actor of the scope (a system scope may have none).
        """
        self.session.flush()
        found = {**(self._watch.take(row) if row is not None else {}), **(changes or {})}
        if row is not None and not found:
            return
        subject = subject_id or getattr(row, "id", None)
        self.session.add(make_entry(by or self.actor, action, subject_id=subject, name=name, changes=found))

    def _raise_revision(self) -> int:
        raised = (
            update(Revision)
            .where(Revision.organization_id == self.organization_id)
            .values(number=Revision.number + 1)
            .returning(Revision.number)
        )
        number = self.session.scalar(raised)
        if number is None:
            raise NotFound
        return number


@contextmanager
def organization_scope(actor: Actor, *, read_only: bool = False) -> Iterator[Scope]:
    """Work inside one organization, with the rights of `actor`.

    `read_only` gives one consistent picture across several statements (repeatable read) and refuses writes.
    """
    with Session(db.engine, expire_on_commit=False) as session:
        if read_only:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
        session.execute(
            _IDENTIFY,
            {
                "organization_id": str(actor.organization_id),
                "role": actor.role.value,
                "user_id": "" if actor.user_id is None else str(actor.user_id),
            },
        )
        scope = Scope(session, actor)
        yield scope
        session.commit()
    announce(scope.events)


@contextmanager
def system_scope(reason: str, *, acting: Actor | None = None) -> Iterator[Scope]:
    """Work across organizations. Every place that may do so is found by this name, and says why.

    With `acting`, the scope can also emit events for that organization (one that is only just being made, say).
    """
    if not reason:
        raise ValueError("crossing tenants takes a reason")
    with Session(db.engine, expire_on_commit=False) as session:
        session.execute(text(f"SET LOCAL ROLE {SYSTEM_ROLE}"))
        scope = Scope(session, acting)
        yield scope
        session.commit()
    announce(scope.events)
