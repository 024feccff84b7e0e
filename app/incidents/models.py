"""What went wrong, what it touched, and what was said about it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.incidents.rules import Impact, LastChange, Stage
from app.services.rules import ServiceStatus


class Incident(Base):
    """A trouble that users feel. `stage` is its newest update's, `version` counts what was done to it.

    One that turned out to be another's duplicate is resolved by being merged, whatever its newest update says.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "follows_id"], ["incidents.organization_id", "incidents.id"]),
        ForeignKeyConstraint(["organization_id", "merged_into_id"], ["incidents.organization_id", "incidents.id"]),
        ForeignKeyConstraint(
            ["organization_id", "handler_user_id"],
            ["memberships.organization_id", "memberships.user_id"],
            ondelete="SET NULL (handler_user_id)",
        ),
        CheckConstraint("(merged_into_id IS NULL) = (merged_at IS NULL)", name="merged_at"),
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        Index("incidents_started_idx", "organization_id", "started_at"),
        Index(
            "incidents_handler_idx",
            "organization_id",
            "handler_user_id",
            postgresql_where=text("handler_user_id IS NOT NULL"),
        ),
        Index(
            "incidents_merged_idx",
            "organization_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        Index("incidents_author_idx", "created_by_user_id"),
        Index(
            "incidents_open_idx",
            "organization_id",
            postgresql_where=text("resolved_at IS NULL AND deleted_at IS NULL"),
        ),
        Index("incidents_remind_idx", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
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
    next_update_at: Mapped[datetime | None]
    """When its newest update promised the next one."""
    remind_at: Mapped[datetime | None]
    """The next moment at which the team is reminded of it (`promises.rules`); None once it is over."""
    follows_id: Mapped[UUID | None]
    """The resolved incident that this one goes back to: resolved ones are never reopened."""
    handler_user_id: Mapped[UUID | None]
    """The member who handles it; nobody once they are a member no more."""
    merged_into_id: Mapped[UUID | None]
    """The incident of which this is a duplicate; never one that is itself a duplicate."""
    merged_at: Mapped[datetime | None]
    title_edited_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    last_change: Mapped[LastChange | None] = mapped_column(Words(LastChange))
    """What raised the version last; None since it was reported."""
    changed_by_user_id: Mapped[UUID | None]
    changed_by_name: Mapped[str | None]
    """Who did that."""
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
    edited_by_user_id: Mapped[UUID | None]
    edited_by_name: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    entered_at: Mapped[datetime | None]
    """When it was really written, if it was given an earlier time."""
    next_update_at: Mapped[datetime | None]
    """When it promised the next one."""
    form_id: Mapped[UUID | None]
    """The form that it was written in: a form that is sent twice posts once."""


class IncidentStatement(Base):
    """All that an incident asked of services from one moment until its next statement.

    What it asks now (`IncidentService`), and asked when (`services.ClaimPeriod`), is made of these in the order of
    their times: so something that is learnt later finds its place among them (decision 0018).
    """

    __tablename__ = "incident_statements"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "incident_id"], ["incidents.organization_id", "incidents.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organization_id", "update_id"],
            ["incident_updates.organization_id", "incident_updates.id"],
            ondelete="CASCADE",
        ),
        Index("incident_statements_order_idx", "organization_id", "incident_id", "at", "id"),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[RowId]
    incident_id: Mapped[UUID]
    update_id: Mapped[UUID | None]
    """The message that came with it, if one did."""
    at: Mapped[datetime]
    affected: Mapped[dict[str, Any]]
    """Status by service id. A service that is not there is not asked anything."""
    kept_since: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Times by service id, of what was asked before already: of a duplicate's asks, which this incident took over."""


class IncidentDraft(Base):
    """An incident that nobody but members knows of. Published, it becomes an incident with the same id, and goes.

    It is no row of `incidents`: nothing that reads those for visitors can come upon it.
    """

    __tablename__ = "incident_drafts"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "follows_id"], ["incidents.organization_id", "incidents.id"]),
        UniqueConstraint("organization_id", "form_id", name="incident_drafts_once_key"),
        CheckConstraint("num_nonnulls(next_update_at, next_update_in) < 2", name="one_promise"),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    title: Mapped[str]
    message: Mapped[str]
    stage: Mapped[Stage] = mapped_column(Words(Stage))
    impact: Mapped[Impact] = mapped_column(Words(Impact))
    affected: Mapped[dict[str, Any]]
    """Status by service id; null where the service follows the suggestion."""
    started_at: Mapped[datetime | None]
    """When it began; None: when it is published."""
    next_update_at: Mapped[datetime | None]
    """When the next update is promised; None, and no `next_update_in` either: none is."""
    next_update_in: Mapped[timedelta | None]
    """The same, from its publication on."""
    notify: Mapped[bool]
    follows_id: Mapped[UUID | None]
    form_id: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by_user_id: Mapped[UUID | None]
    created_by_name: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by_user_id: Mapped[UUID | None]
    changed_by_name: Mapped[str]
