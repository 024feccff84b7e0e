"""The outbox: what changed, written in the same transaction as the change, told to the others after the commit.

If the process dies between commit and announcement, the clock finds the event undispatched and announces it again;
whoever listens must take the same event twice without harm.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from redis import RedisError
from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId

log = structlog.get_logger(__name__)


class Revision(Base):
    """An organization's counter, raised by each change that a visitor could see: caches and streams are keyed by it."""

    __tablename__ = "revisions"

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(default=1)


class Event(Base):
    """One change, as everything live, e-mailed or sent by webhook learns of it."""

    __tablename__ = "events"
    __table_args__ = (Index("events_undispatched_idx", "created_at", postgresql_where=text("dispatched_at IS NULL")),)

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    kind: Mapped[str]
    """What happened, as `thing.verb`: "incident.updated"."""
    payload: Mapped[dict[str, Any]]
    revision: Mapped[int]
    """The organization's revision after the change."""
    visible: Mapped[bool]
    created_at: Mapped[datetime]
    dispatched_at: Mapped[datetime | None]
    """When whoever turns events into deliveries had done so; None: the clock announces it again."""


Listener = Callable[[Sequence[Event]], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have `listener` told of events after their commit, once per process however often the application is made."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(events: Sequence[Event]) -> None:
    """Tell the listeners. The commit stands: a listener whose Redis is away only waits for the clock."""
    if not events:
        return
    for listener in _listeners:
        try:
            listener(events)
        except (RedisError, OSError):
            log.warning("outbox.announcement_failed", events=[str(event.id) for event in events], exc_info=True)
