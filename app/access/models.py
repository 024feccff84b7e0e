"""Who may see a private page, and the links that let somebody in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.access.rules import Way
from app.database.base import Base, OrganizationId, RowId, Words


class PageAccess(Base):
    """How visitors are let in to a page while it is private. What the other ways need is kept for when they are chosen.

    Without a row only members are.
    """

    __tablename__ = "page_access"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "page_id"], ["pages.organization_id", "pages.id"], ondelete="CASCADE"),
        CheckConstraint("way <> 'password' OR password_hash <> ''", name="password"),
        CheckConstraint("way <> 'addresses' OR cardinality(addresses) > 0", name="addresses"),
        CheckConstraint("way <> 'networks' OR cardinality(networks) > 0", name="networks"),
    )

    organization_id: Mapped[OrganizationId]
    page_id: Mapped[UUID] = mapped_column(primary_key=True)
    way: Mapped[Way] = mapped_column(Words(Way))
    password_hash: Mapped[str] = mapped_column(default="")
    """As `access.passwords` makes it; empty while there is none."""
    addresses: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    """E-mail addresses, and domains with an @ before them."""
    networks: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    changed_at: Mapped[datetime]


class AccessLink(Base):
    """What somebody was sent who asked to see a page: one row for each address, with its newest link.

    There is one for an address that is not on the list, too: asking must do the same work for all.
    """

    __tablename__ = "access_links"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "page_id"], ["pages.organization_id", "pages.id"], ondelete="CASCADE"),
        UniqueConstraint("organization_id", "page_id", "email"),
        UniqueConstraint("token_hash"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        Index("access_links_requested_idx", "requested_at"),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[RowId]
    page_id: Mapped[UUID]
    email: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    requested_at: Mapped[datetime]
    """The token is derived from it, so an older link opens nothing any more."""
    access_version: Mapped[int]
    """Of the page when it was asked for: who was taken off the list since has no use for it."""
    spent_at: Mapped[datetime | None]
