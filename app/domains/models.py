"""The domain that a page has, or is to have."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId


class PageDomain(Base):
    """A domain that admins entered for a page, and what is known of its proof. While it is proved, it is the page's.

    Several pages may be waiting for one domain; `pages.domain` holds whose it is.
    """

    __tablename__ = "page_domains"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "page_id"], ["pages.organization_id", "pages.id"], ondelete="CASCADE"),
        CheckConstraint("host = lower(host)", name="host_lower"),
        Index("page_domains_host_idx", "host"),
        Index("page_domains_due_idx", "next_check_at"),
    )

    organization_id: Mapped[OrganizationId]
    page_id: Mapped[UUID] = mapped_column(primary_key=True)
    host: Mapped[str]
    """In the letters of DNS."""
    proof: Mapped[str]
    """What the record must hold. No secret: everybody can read it there."""
    entered_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    found_at: Mapped[datetime | None]
    """When its record was last seen."""
    checked_at: Mapped[datetime | None]
    fault: Mapped[str] = mapped_column(default="")
    """What was wrong when it was last looked for, in words for its admins; empty when all was well."""
    next_check_at: Mapped[datetime | None]
    """When the clock has it looked for again; None: when somebody asks."""
