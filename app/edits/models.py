"""What was replaced when somebody edited a text that visitors read."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.edits.rules import Subject


class TextEdit(Base):
    """One edit of one text: append-only. What it became is the next edit's `replaced`, or the text as it is now."""

    __tablename__ = "text_edits"
    __table_args__ = (Index("text_edits_subject_idx", "organization_id", "subject_id", "edited_at"),)

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    subject: Mapped[Subject] = mapped_column(Words(Subject))
    subject_id: Mapped[UUID]
    field: Mapped[str]
    """Which of its texts: "title", "message"."""
    replaced: Mapped[str]
    edited_at: Mapped[datetime]
    edited_by_user_id: Mapped[UUID | None]
    edited_by_name: Mapped[str]
