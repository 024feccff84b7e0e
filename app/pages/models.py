"""Status pages: where an organization is seen from outside, and what each of them shows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.pages.rules import Visibility
from app.pages.settings import Theme
from app.text.languages import PageLanguage


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
    language: Mapped[PageLanguage] = mapped_column(Words(PageLanguage), default=PageLanguage.ENGLISH)
    """What its own words are in for whoever reads none of the others; its members write in it."""
    languages: Mapped[list[PageLanguage]] = mapped_column(
        ARRAY(Words(PageLanguage)), default=lambda: [PageLanguage.ENGLISH]
    )
    """All that it is offered in, `language` among them, in the order in which they stand on the page."""
    created_at: Mapped[datetime]

    # How it looks and what it says of itself (app.pages.settings).
    theme: Mapped[Theme] = mapped_column(Words(Theme), default=Theme.AUTO)
    visitor_time_zone: Mapped[bool] = mapped_column(default=False)
    accent_light: Mapped[str] = mapped_column(default="")
    """As "#rrggbb", like the other; empty: ours."""
    accent_dark: Mapped[str] = mapped_column(default="")
    """Empty: made of the light one."""
    header_links: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    """In their order, each with `label` and `url`."""
    support_address: Mapped[str] = mapped_column(default="")
    footer: Mapped[str] = mapped_column(default="")
    footer_html: Mapped[str] = mapped_column(default="")
    """Made of `footer` once, sanitised, when it is written."""
    noindex: Mapped[bool] = mapped_column(default=False)
    powered_by: Mapped[bool] = mapped_column(default=True)
    past_days: Mapped[int] = mapped_column(default=14)
    shows_uptime: Mapped[bool] = mapped_column(default=True)
    shows_response_times: Mapped[bool] = mapped_column(default=False)
    weights: Mapped[dict[str, float] | None] = mapped_column(JSONB(none_as_null=True))
    """How much of a moment in each fault counts as down, by status; None: ours (`app.services.history`)."""
    css: Mapped[str] = mapped_column(default="", deferred=True)
    """As it was typed; `style` is what was made of it."""
    logo_light: Mapped[str | None]
    """Name of a `PageFile`, like the next three."""
    logo_dark: Mapped[str | None]
    favicon: Mapped[str | None]
    style: Mapped[str | None]


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
