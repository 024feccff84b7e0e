"""Titles and messages in further languages."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, Words
from app.edits.rules import Subject
from app.text.languages import PageLanguage


class TextTranslation(Base):
    """What one thing says in one language. What is empty is told in the original."""

    __tablename__ = "text_translations"

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[PageLanguage] = mapped_column(Words(PageLanguage), primary_key=True)
    subject: Mapped[Subject] = mapped_column(Words(Subject))
    title: Mapped[str]
    message: Mapped[str]
    """As typed, in markdown."""
    html: Mapped[str]
    """The message, rendered and sanitised."""
