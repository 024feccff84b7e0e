"""The tenant, and who belongs to it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, Words
from app.database.ids import new_id
from app.organizations.rules import Role


class Organization(Base):
    """A team with its own services, pages, members and subscribers; nothing of it is seen by another."""

    __tablename__ = "organizations"
    __table_args__ = (
        CheckConstraint("slug = lower(slug)", name="slug_lower"),
        CheckConstraint("audit_days BETWEEN 30 AND 3650", name="audit_days"),
        Index("organizations_closing_idx", "closing_at", postgresql_where=text("closing_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    """Its address on the dashboard; the addresses of its pages are their own."""
    time_zone: Mapped[str]
    audit_days: Mapped[int] = mapped_column(default=365, server_default="365")
    """For so many days entries of the audit log are kept."""
    created_at: Mapped[datetime]
    closing_at: Mapped[datetime | None]
    """When an admin had it deleted: from then on nobody sees or changes anything of it, until it is gone."""


class Membership(Base):
    """A user in an organization, with a role. A user may be in several."""

    __tablename__ = "memberships"
    __table_args__ = (Index("memberships_user_id_idx", "user_id"),)

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[Role] = mapped_column(Words(Role))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    """When they last opened the dashboard here, to some minutes: with several organizations they begin there again."""
