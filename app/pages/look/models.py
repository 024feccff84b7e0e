"""The files that belong to a page's look."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId


class PageFile(Base):
    """A logo, a favicon or a style sheet, made by us. Its name says what is in it, so it never changes."""

    __tablename__ = "page_files"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "page_id"], ["pages.organization_id", "pages.id"], ondelete="CASCADE"),
        CheckConstraint("octet_length(content) <= 2097152", name="size"),
    )

    organization_id: Mapped[OrganizationId]
    page_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    """Also the last part of its address: "logo-light-0123456789abcdef.png"."""
    media_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    """When the page began to do without it: copies of the page that others keep may ask for it a while longer."""
