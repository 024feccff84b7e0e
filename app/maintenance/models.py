"""Planned windows, what was said of them, and the series that some of them come from."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.maintenance.rules import MaintenanceStage


class MaintenanceSeries(Base):
    """Windows that come again and again. Each is a `Maintenance` of its own as soon as it is near enough."""

    __tablename__ = "maintenance_series"
    __table_args__ = (
        UniqueConstraint("organization_id", "form_id", name="maintenance_series_once_key"),
        Index("maintenance_series_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    title: Mapped[str]
    message: Mapped[str]
    html: Mapped[str]
    rule: Mapped[str]
    """RFC 5545 RRULE without its name: "FREQ=WEEKLY;BYDAY=SU"."""
    time_zone: Mapped[str]
    first_start: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    """What a clock in `time_zone` shows when the first one begins: this, not an instant, is what comes again."""
    length: Mapped[timedelta]
    lead_minutes: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    auto_start: Mapped[bool]
    auto_complete: Mapped[bool]
    expects_failures: Mapped[bool]
    notify: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime | None]
    """When the clock has to add the next occurrences; None: there are no more."""
    ended_at: Mapped[datetime | None]
    """When somebody ended it; no occurrence is added any more."""
    created_at: Mapped[datetime]
    created_by_user_id: Mapped[UUID | None]
    created_by_name: Mapped[str]
    form_id: Mapped[UUID | None]


class MaintenanceSeriesService(Base):
    """A service that each new occurrence of a series touches."""

    __tablename__ = "maintenance_series_services"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "series_id"],
            ["maintenance_series.organization_id", "maintenance_series.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["organization_id", "service_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        Index("maintenance_series_services_service_idx", "organization_id", "service_id"),
    )

    organization_id: Mapped[OrganizationId]
    series_id: Mapped[UUID] = mapped_column(primary_key=True)
    service_id: Mapped[UUID] = mapped_column(primary_key=True)


class Maintenance(Base):
    """A window in which work is planned."""

    __tablename__ = "maintenances"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        ForeignKeyConstraint(
            ["organization_id", "series_id"], ["maintenance_series.organization_id", "maintenance_series.id"]
        ),
        UniqueConstraint("organization_id", "series_id", "original_start", name="maintenances_occurrence_key"),
        UniqueConstraint("organization_id", "form_id", name="maintenances_once_key"),
        Index("maintenances_ends_idx", "organization_id", "ends_at"),
        Index("maintenances_starts_idx", "organization_id", "starts_at", "id"),
        Index("maintenances_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    title: Mapped[str]
    message: Mapped[str]
    html: Mapped[str]
    stage: Mapped[MaintenanceStage] = mapped_column(Words(MaintenanceStage), default=MaintenanceStage.SCHEDULED)
    starts_at: Mapped[datetime]
    """As planned, like `ends_at`."""
    ends_at: Mapped[datetime]
    planned_at: Mapped[datetime]
    """When the start was last set: the clock lets nothing begin before somebody had planned it."""
    started_at: Mapped[datetime | None]
    """When it really began; None while it is still to come."""
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    overran_at: Mapped[datetime | None]
    """When the members were told that its end has passed and nobody has ended it."""
    lead_minutes: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    """How long before the start reminders go, longest first."""
    reminded_through: Mapped[datetime]
    """Reminders up to this instant are sent, or were past already when the window was planned."""
    auto_start: Mapped[bool]
    auto_complete: Mapped[bool]
    expects_failures: Mapped[bool]
    """Whether what monitors find in its services while it runs was to be expected, and is not shown."""
    notify: Mapped[bool]
    """Whether subscribers are told of what the clock does: reminders, start, completion."""
    due_at: Mapped[datetime | None]
    """When the clock has something to do; None: nothing any more."""
    series_id: Mapped[UUID | None]
    original_start: Mapped[datetime | None]
    """When the series lets it begin, wherever it was moved since."""
    follows_series: Mapped[bool] = mapped_column(default=False)
    """Whether it changes with its series; False once somebody has moved, edited or skipped this one."""
    version: Mapped[int] = mapped_column(default=1)
    """Rises with everything that is done to it."""
    changed_at: Mapped[datetime]
    """When that was last."""
    edited_at: Mapped[datetime | None]
    """When its title or message were mended."""
    created_at: Mapped[datetime]
    created_by_user_id: Mapped[UUID | None]
    created_by_name: Mapped[str]
    form_id: Mapped[UUID | None]
    """The form that it was planned in: a form that is sent twice plans once."""


class MaintenanceService(Base):
    """A service that a window touches."""

    __tablename__ = "maintenance_services"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "maintenance_id"],
            ["maintenances.organization_id", "maintenances.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["organization_id", "service_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        Index("maintenance_services_service_idx", "organization_id", "service_id"),
    )

    organization_id: Mapped[OrganizationId]
    maintenance_id: Mapped[UUID] = mapped_column(primary_key=True)
    service_id: Mapped[UUID] = mapped_column(primary_key=True)


class MaintenanceUpdate(Base):
    """One public message of a window. `html` is made of `message` once, sanitised, when it is written."""

    __tablename__ = "maintenance_updates"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "maintenance_id"],
            ["maintenances.organization_id", "maintenances.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("organization_id", "form_id", name="maintenance_updates_once_key"),
        Index("maintenance_updates_timeline_idx", "organization_id", "maintenance_id", "posted_at"),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[RowId]
    maintenance_id: Mapped[UUID]
    stage: Mapped[MaintenanceStage] = mapped_column(Words(MaintenanceStage))
    message: Mapped[str]
    html: Mapped[str]
    notify: Mapped[bool]
    """Whether subscribers are told; the page always shows it."""
    posted_at: Mapped[datetime]
    author_user_id: Mapped[UUID | None]
    author_name: Mapped[str]
    edited_at: Mapped[datetime | None]
    form_id: Mapped[UUID | None]
