"""Addresses that nobody has at present."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.addresses.rules import SlugKind
from app.database.base import Base, RowId, Words


class RetiredSlug(Base):
    """An address that an organization or a page had: it leads to the new one for a while, and is kept from others.

    It outlives the organization, whose id it then forgets (decision 0013).
    """

    __tablename__ = "retired_slugs"
    __table_args__ = (
        Index("retired_slugs_slug_idx", "slug", "retired_at"),
        Index("retired_slugs_organization_idx", "organization_id"),
    )

    id: Mapped[RowId]
    slug: Mapped[str]
    kind: Mapped[SlugKind] = mapped_column(Words(SlugKind))
    organization_id: Mapped[UUID | None]
    """Whose it was, and who may have it back at any time."""
    page_id: Mapped[UUID | None]
    """Of a page's address: which page's."""
    retired_at: Mapped[datetime]
    redirects_until: Mapped[datetime]
    held_until: Mapped[datetime]
    """Until then nobody else gets it."""
