"""Postmortems: one for each resolved incident that somebody writes one for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId


class Postmortem(Base):
    """Row-level security hides it from visitors until it is published. `html` is made of `message`, once."""

    __tablename__ = "postmortems"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "incident_id"], ["incidents.organization_id", "incidents.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("organization_id", "incident_id", name="postmortems_incident_key"),
        Index("postmortems_author_idx", "author_user_id"),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[RowId]
    incident_id: Mapped[UUID]
    message: Mapped[str]
    html: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    author_user_id: Mapped[UUID | None]
    author_name: Mapped[str]
    """Who wrote it last."""
    first_published_at: Mapped[datetime | None]
    """Since when its text may have been read: what is changed from then on is an edit."""
    published_at: Mapped[datetime | None]
    """None: a draft, or withdrawn."""
    edited_at: Mapped[datetime | None]
