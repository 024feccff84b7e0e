"""The audit log: who did what to what, before and after, when and from where. Written in the transaction of the change.

The application's role can add entries and read them, nothing else; expired ones go by a function of the database.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, event, inspect, text
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.attributes import History

from app import clock
from app.database.actor import Actor, ActorRole
from app.database.base import Base, OrganizationId, RowId, Words

Changes = Mapping[str, tuple[object, object]]
"""What changed: a field's name, its value before and after. Values that did not exist are None."""

_OMITTED = frozenset(
    {
        "organization_id",
        "id",
        "version",
        "access_version",
        "html",
        "created_at",
        "created_by_user_id",
        "created_by_name",
    }
    | {"deleted_by_user_id", "deleted_by_name", "author_user_id", "author_name", "form_id", "remind_at"}
    | {"css", "footer_html"}
    | {"changed_at", "changed_by_user_id", "changed_by_name", "edited_by_user_id", "edited_by_name", "last_change"}
)
"""Columns that say nothing about a change, or what the entry says already."""

_NEVER_KEPT = {"invitations": frozenset({"email"}), "subscribers": frozenset({"email", "mailbox", "quarantine_reason"})}
"""Per table: what must not outlive its row, since the log cannot be changed. A subscriber may ask to be forgotten
(why a mail came back names their address, too), and somebody who was invited has asked for nothing."""


class AuditEntry(Base):
    """One thing that somebody did. Never changed, and deleted only when the organization's retention is over."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("audit_entries_recent_idx", "organization_id", "at", "id"),
        Index("audit_entries_actor_idx", "organization_id", "actor_user_id", "at"),
        Index("audit_entries_subject_idx", "organization_id", "subject_id", "at"),
        # For what every member may see (`app/audit/activity.py`): is_activity() is a function of the database.
        Index(
            "audit_entries_activity_idx", "organization_id", "at", "id", postgresql_where=text("is_activity(action)")
        ),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    at: Mapped[datetime]
    action: Mapped[str]
    """What was done, as `thing.verb`: "incident.created"."""
    subject_id: Mapped[UUID | None]
    subject_name: Mapped[str]
    """What people called it at that time."""
    changes: Mapped[dict[str, Any]]
    """`{field: [before, after]}` as JSON."""
    actor_role: Mapped[ActorRole] = mapped_column(Words(ActorRole))
    actor_user_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    address: Mapped[str]
    """Where the request came from; empty for background work."""


class ChangeWatch:
    """Remembers what a session writes to each row, from its first value in the transaction to its last."""

    def __init__(self, session: Session) -> None:
        self._changes: dict[Base, dict[str, tuple[object, object]]] = {}
        event.listen(session, "before_flush", self._note)

    def take(self, row: Base) -> Changes:
        """What has changed in the row since the last call; the session must have been flushed."""
        changes = self._changes.pop(row, {})
        return {field: (before, after) for field, (before, after) in changes.items() if before != after}

    def _note(self, session: Session, *_: object) -> None:
        for row in session.dirty:
            self._add(
                row, ((name, _before_after(history)) for name, history in _histories(row) if history.has_changes())
            )
        for row in session.new:
            self._add(row, ((name, (None, _only(history.added))) for name, history in _histories(row)))
        for row in session.deleted:
            self._add(row, ((name, (getattr(row, name), None)) for name, _ in _histories(row)))

    def _add(self, row: Base, changes: Iterable[tuple[str, tuple[object, object]]]) -> None:
        known = self._changes.setdefault(row, {})
        for name, (before, after) in changes:
            known[name] = (known[name][0] if name in known else before, after)


def make_entry(actor: Actor, action: str, *, subject_id: UUID | None, name: str, changes: Changes) -> AuditEntry:
    """An entry of this moment."""
    return AuditEntry(
        organization_id=actor.organization_id,
        at=clock.now(),
        action=action,
        subject_id=subject_id,
        subject_name=name,
        changes={field: [_plain(before), _plain(after)] for field, (before, after) in changes.items()},
        actor_role=actor.role,
        actor_user_id=actor.user_id,
        actor_name=actor.name,
        address=actor.address,
    )


def _histories(row: Base) -> Iterable[tuple[str, History]]:
    state = inspect(row)
    omitted = _OMITTED | _NEVER_KEPT.get(row.__tablename__, frozenset())
    for column in state.mapper.column_attrs:
        if column.key not in omitted and not column.key.endswith("_hash"):
            yield column.key, state.attrs[column.key].history


def _before_after(history: History) -> tuple[object, object]:
    return _only(history.deleted), _only(history.added)


def _only(values: Iterable[object] | None) -> object:
    return next(iter(values or ()), None)


def _plain(value: object) -> object:
    """The value as JSON has it."""
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(one) for one in value]
        case _:
            return str(value)
