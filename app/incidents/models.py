"""What went wrong, what it touched, and what was said about it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.incidents.rules import Impact, Stage
from app.services.rules import ServiceStatus


class Incident(Base):
    """A trouble that users feel. `stage` is its newest update's, `version` counts what was done to it."""

    __tablename__ = "incidents"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "follows_id"], ["incidents.organization_id", "incidents.id"]),
        Index("incidents_started_idx", "organization_id", "started_at"),
        Index("incidents_author_idx", "created_by_user_id"),
        Index(
            "incidents_open_idx",
            "organization_id",
            postgresql_where=text("resolved_at IS NULL AND deleted_at IS NULL"),
        ),
        Index(
            "incidents_deleted_idx", "organization_id", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")
        ),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    title: Mapped[str]
    stage: Mapped[Stage] = mapped_column(Words(Stage))
    impact: Mapped[Impact] = mapped_column(Words(Impact))
    started_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    follows_id: Mapped[UUID | None]
    """The resolved incident that this one goes back to: resolved ones are never reopened."""
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by_user_id: Mapped[UUID | None]
    created_by_name: Mapped[str]
    deleted_at: Mapped[datetime | None]
    deleted_by_user_id: Mapped[UUID | None]
    deleted_by_name: Mapped[str | None]


class IncidentService(Base):
    """What an incident asks for one service. It counts while the incident is open (decision 0001)."""

    __tablename__ = "incident_services"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "incident_id"], ["incidents.organization_id", "incidents.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organization_id", "service_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        Index("incident_services_service_idx", "organization_id", "service_id"),
    )

    organization_id: Mapped[OrganizationId]
    incident_id: Mapped[UUID] = mapped_column(primary_key=True)
    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[ServiceStatus] = mapped_column(Words(ServiceStatus))
    asked_at: Mapped[datetime]
    from_status: Mapped[ServiceStatus] = mapped_column(Words(ServiceStatus))
    """What the service showed just before."""


class IncidentUpdate(Base):
    """One public message. `html` is made of `message` once, sanitised, when it is written."""

    __tablename__ = "incident_updates"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "incident_id"], ["incidents.organization_id", "incidents.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("organization_id", "form_id", name="incident_updates_once_key"),
        Index("incident_updates_timeline_idx", "organization_id", "incident_id", "posted_at"),
        Index("incident_updates_recent_idx", "organization_id", "posted_at"),
        Index("incident_updates_author_idx", "author_user_id"),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[RowId]
    incident_id: Mapped[UUID]
    stage: Mapped[Stage] = mapped_column(Words(Stage))
    message: Mapped[str]
    html: Mapped[str]
    notify: Mapped[bool]
    """Whether subscribers are told; the page always shows it."""
    posted_at: Mapped[datetime]
    author_user_id: Mapped[UUID | None]
    author_name: Mapped[str]
    edited_at: Mapped[datetime | None]
    form_id: Mapped[UUID | None]
    """The form that it was written in: a form that is sent twice posts once."""
