"""Status pages: where an organization is seen from outside."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.pages.rules import Visibility


class Page(Base):
    """A status page at `/<slug>`. Slugs are one namespace over all organizations."""

    __tablename__ = "pages"
    __table_args__ = (CheckConstraint("slug = lower(slug)", name="slug_lower"),)

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    visibility: Mapped[Visibility] = mapped_column(Words(Visibility), default=Visibility.PUBLIC)
    time_zone: Mapped[str]
    created_at: Mapped[datetime]
