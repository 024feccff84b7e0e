"""Days that are over, as they were, and the zones in which they are counted."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, Words
from app.services.rules import ServiceStatus


class ServiceDay(Base):
    """One day of one service in one zone, from midnight to midnight there: made of its status changes and nothing else.

    There is one for each day that is over since the service was created, or none while it has to be made anew: a
    change to what is known of it deletes it, in the same transaction (a trigger on `status_changes`). A row that is
    there is right.
    """

    __tablename__ = "service_days"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "service_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        CheckConstraint("ends_at >= starts_at", name="order"),
        CheckConstraint(
            "operational + under_maintenance + degraded_performance + partial_outage + major_outage + unknown"
            " = ends_at - starts_at",
            name="whole",
        ),
    )

    organization_id: Mapped[OrganizationId]
    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """Not part of it. A day that the zone skipped ends where it begins."""
    operational: Mapped[timedelta]
    under_maintenance: Mapped[timedelta]
    degraded_performance: Mapped[timedelta]
    partial_outage: Mapped[timedelta]
    major_outage: Mapped[timedelta]
    unknown: Mapped[timedelta]
    """Before the service was there."""
    worst: Mapped[ServiceStatus | None] = mapped_column(Words(ServiceStatus))
    """The loudest status that it had, however short; None where nothing is known."""


class DayZone(Base):
    """A zone in whose days an organization's history is read: its own, and those of its pages."""

    __tablename__ = "day_zones"
    __table_args__ = (Index("day_zones_due_idx", "due_at"),)

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    zone: Mapped[str] = mapped_column(primary_key=True)
    rolled_until: Mapped[datetime]
    """Days that were over by then may be rolled up; a change from before then makes them anew."""
    due_at: Mapped[datetime]
    """When there is something to roll up: at the end of the running day, or at once."""
    edits: Mapped[int]
    """Rises each time that a rolled up day turned out to have been otherwise."""
    checked_at: Mapped[datetime | None]
    """When a share of its days was last compared with the status changes."""
    differences: Mapped[int]
    """How many of these were not as they should have been. They are repaired; any at all is a fault of ours."""
