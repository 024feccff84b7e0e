"""Planned windows and the services that they touch."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.maintenance.rules import MaintenanceStage


class Maintenance(Base):
    """A window in which work is planned."""

    __tablename__ = "maintenances"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("maintenances_ends_idx", "organization_id", "ends_at"),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    title: Mapped[str]
    message: Mapped[str]
    html: Mapped[str]
    stage: Mapped[MaintenanceStage] = mapped_column(Words(MaintenanceStage), default=MaintenanceStage.SCHEDULED)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    """When it really began; None while it is still to come."""
    created_at: Mapped[datetime]


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
