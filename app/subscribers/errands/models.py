"""Something that is done with all subscribers that were found: what, with whom, and how far it is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.subscribers.errands.rules import Act
from app.subscribers.rules import SubscriberState


class SubscriberErrand(Base):
    """What a member wants done with all whom they found. Workers do it a chunk at a time, in the order of the ids."""

    __tablename__ = "subscriber_errands"
    __table_args__ = (
        Index("subscriber_errands_unfinished_idx", "touched_at", postgresql_where=text("finished_at IS NULL")),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    act: Mapped[Act] = mapped_column(Words(Act))
    text: Mapped[str]
    """A part of the address that was looked for, as the other filters; forgotten when it is over: it names somebody."""
    state: Mapped[SubscriberState | None] = mapped_column(Words(SubscriberState))
    page_id: Mapped[UUID | None]
    service_id: Mapped[UUID | None]
    newest_id: Mapped[UUID]
    """The newest of those whom the member saw counted: who came later is left alone."""
    after_id: Mapped[UUID | None]
    """The last one whose turn it was: what was cut off goes on behind them."""
    people: Mapped[int]
    """How many there were for whom it could be done when it began."""
    looked_at: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    """Also the moment that all who are asked were asked at: their links are made of it."""
    created_by_user_id: Mapped[UUID | None]
    created_by_name: Mapped[str]
    touched_at: Mapped[datetime]
    """When the last chunk was done."""
    finished_at: Mapped[datetime | None]
    is_stopped: Mapped[bool] = mapped_column(default=False)
    """It ended before all had their turn."""
