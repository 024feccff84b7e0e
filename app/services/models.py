"""What an organization's users depend on, and everything that was ever said of its state."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.services.rules import ServiceStatus, Source


class ServiceGroup(Base):
    """A heading under which services fold together, and other groups: two levels at most."""

    __tablename__ = "service_groups"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "parent_id"],
            ["service_groups.organization_id", "service_groups.id"],
            ondelete="SET NULL (parent_id)",
        ),
        CheckConstraint("parent_id <> id", name="not_itself"),
        Index(
            "service_groups_parent_idx", "organization_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")
        ),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    name: Mapped[str]
    parent_id: Mapped[UUID | None]
    """The group that it stands in."""
    position: Mapped[int]
    created_at: Mapped[datetime]


class Service(Base):
    """One thing that works or does not. `status` is what `rules.resolve_status` made of all that bears on it."""

    __tablename__ = "services"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "group_id"],
            ["service_groups.organization_id", "service_groups.id"],
        ),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    group_id: Mapped[UUID | None]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    position: Mapped[int]
    status: Mapped[ServiceStatus] = mapped_column(Words(ServiceStatus), default=ServiceStatus.OPERATIONAL)
    status_since: Mapped[datetime]
    manual_status: Mapped[ServiceStatus | None] = mapped_column(Words(ServiceStatus))
    manual_status_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class ServiceDependency(Base):
    """A service that does not work well when another one does not. Nothing follows by itself: it makes suggestions."""

    __tablename__ = "service_dependencies"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "service_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organization_id", "needs_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        CheckConstraint("service_id <> needs_id", name="not_itself"),
        Index("service_dependencies_needs_idx", "organization_id", "needs_id"),
    )

    organization_id: Mapped[OrganizationId]
    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    needs_id: Mapped[UUID] = mapped_column(primary_key=True)


class ServiceClaim(Base):
    """What something above asks of a service at present: an open incident, a running maintenance, a monitor.

    Whoever claims takes it back when it is over; what the service shows is made of these and the manual status alone.
    """

    __tablename__ = "service_claims"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "service_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        Index("service_claims_claimant_idx", "organization_id", "claimant_id"),
    )

    organization_id: Mapped[OrganizationId]
    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[Source] = mapped_column(Words(Source), primary_key=True)
    claimant_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The incident, maintenance or monitor."""
    status: Mapped[ServiceStatus] = mapped_column(Words(ServiceStatus))
    since: Mapped[datetime]
    expects_failures: Mapped[bool] = mapped_column(default=False)
    """Of a maintenance: what monitors find while it runs is no news (decision 0015)."""


class ClaimPeriod(Base):
    """When a claim bore on its service: the memory of `ServiceClaim`, from which the past can be told anew."""

    __tablename__ = "claim_periods"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "service_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        CheckConstraint("ends_at >= begins_at", name="order"),
        Index("claim_periods_service_idx", "organization_id", "service_id", "begins_at"),
        Index("claim_periods_claimant_idx", "organization_id", "claimant_id"),
        Index("claim_periods_open_idx", "organization_id", "service_id", postgresql_where=text("ends_at IS NULL")),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    service_id: Mapped[UUID]
    source: Mapped[Source] = mapped_column(Words(Source))
    claimant_id: Mapped[UUID]
    status: Mapped[ServiceStatus] = mapped_column(Words(ServiceStatus))
    since: Mapped[datetime]
    """As in the claim, like `expects_failures`: what a human's setting is compared with."""
    expects_failures: Mapped[bool] = mapped_column(default=False)
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    """Not part of it; None while it bears on the service."""


class StatusChange(Base):
    """One append-only row: the application's role may insert and read it, never change or delete it."""

    __tablename__ = "status_changes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "service_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        Index("status_changes_history_idx", "organization_id", "service_id", "at", "id"),
        Index("status_changes_recent_idx", "organization_id", "at"),
        Index(
            "status_changes_maintenance_idx",
            "organization_id",
            "maintenance_id",
            postgresql_where=text("maintenance_id IS NOT NULL"),
        ),
        Index("status_changes_actor_idx", "actor_user_id", postgresql_where=text("actor_user_id IS NOT NULL")),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    service_id: Mapped[UUID]
    old_status: Mapped[ServiceStatus | None] = mapped_column(Words(ServiceStatus))
    """None for the first one: before it nothing is known."""
    new_status: Mapped[ServiceStatus] = mapped_column(Words(ServiceStatus))
    at: Mapped[datetime]
    source: Mapped[Source] = mapped_column(Words(Source))
    actor_user_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    comment: Mapped[str] = mapped_column(default="")
    incident_id: Mapped[UUID | None]
    entered_at: Mapped[datetime | None]
    """When it was written, if that was only learnt later; of rows with the same `at`, the last written stands."""
    maintenance_id: Mapped[UUID | None]
