"""What there is to say on a page apart from incidents."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.announcements.rules import Audience, Level, Period
from app.database.base import Base, OrganizationId, RowId, Words


class Announcement(Base):
    """A banner. Row-level security hides it from visitors until it is published, and once it is removed."""

    __tablename__ = "announcements"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "page_id"], ["pages.organization_id", "pages.id"], ondelete="CASCADE"),
        CheckConstraint("ends_at >= begins_at", name="order"),
        UniqueConstraint("organization_id", "form_id", name="announcements_once_key"),
        Index("announcements_page_idx", "organization_id", "page_id", postgresql_where=text("page_id IS NOT NULL")),
        Index("announcements_begins_idx", "organization_id", "begins_at", "id"),
        Index("announcements_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    title: Mapped[str]
    message: Mapped[str]
    html: Mapped[str]
    """Made of `message` once, sanitised, when it is written."""
    level: Mapped[Level] = mapped_column(Words(Level))
    audience: Mapped[Audience] = mapped_column(Words(Audience))
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    """None: until somebody ends it."""
    published_at: Mapped[datetime | None]
    """When the page began to show it; None while it is still to come."""
    due_at: Mapped[datetime | None]
    """When the clock has to publish or to end it; None: it has nothing more to do."""
    edited_at: Mapped[datetime | None]
    """When its words were last changed after it was published."""
    removed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by_user_id: Mapped[UUID | None]
    created_by_name: Mapped[str]
    page_id: Mapped[UUID | None]
    """The page that it is for; None: all of them."""
    form_id: Mapped[UUID | None]
    """The form that it was written in: a form that is sent twice announces once."""

    @property
    def period(self) -> Period:
        return Period(self.begins_at, self.ends_at)
