"""Status pages: where an organization is seen from outside, and what each of them shows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.pages.rules import Visibility


class Page(Base):
    """A status page at `/<slug>`. Slugs are one namespace over all organizations."""

    __tablename__ = "pages"
    __table_args__ = (
        CheckConstraint("slug = lower(slug)", name="slug_lower"),
        CheckConstraint("domain = lower(domain)", name="domain_lower"),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    visibility: Mapped[Visibility] = mapped_column(Words(Visibility), default=Visibility.PUBLIC)
    access_version: Mapped[int] = mapped_column(default=1)
    """Raised by whatever changes who may see it: who was let in before is asked anew."""
    domain: Mapped[str | None] = mapped_column(unique=True)
    """The host that is its own, proved by its admins (`app.domains`); the page is found there and nowhere else."""
    time_zone: Mapped[str]
    shows_all: Mapped[bool] = mapped_column(default=True)
    """Each service of the organization, in its order; else what its items name, in theirs."""
    created_at: Mapped[datetime]


class PageItem(Base):
    """One thing that a page shows: a service, or a group with whatever is in it, now or later."""

    __tablename__ = "page_items"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "page_id"], ["pages.organization_id", "pages.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["organization_id", "service_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organization_id", "group_id"], ["service_groups.organization_id", "service_groups.id"], ondelete="CASCADE"
        ),
        CheckConstraint("num_nonnulls(service_id, group_id) = 1", name="one"),
        UniqueConstraint("organization_id", "page_id", "service_id", name="page_items_service_key"),
        UniqueConstraint("organization_id", "page_id", "group_id", name="page_items_group_key"),
        Index(
            "page_items_service_idx",
            "organization_id",
            "service_id",
            postgresql_where=text("service_id IS NOT NULL"),
        ),
        Index("page_items_group_idx", "organization_id", "group_id", postgresql_where=text("group_id IS NOT NULL")),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[RowId]
    page_id: Mapped[UUID]
    service_id: Mapped[UUID | None]
    group_id: Mapped[UUID | None]
    position: Mapped[int]
