"""Templates, with the services that they name."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.incidents.message_templates.rules import TemplateKind
from app.incidents.rules import Impact, Stage


class MessageTemplate(Base):
    """A title and a message with placeholders. What is None or empty leaves the form as it is."""

    __tablename__ = "message_templates"
    __table_args__ = (
        Index("message_templates_name_key", "organization_id", text("lower(name)"), unique=True),
        Index("message_templates_author_idx", "author_user_id"),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    kind: Mapped[TemplateKind] = mapped_column(Words(TemplateKind))
    name: Mapped[str]
    """What editors call it; unique in the organization, whatever the case of its letters."""
    title: Mapped[str]
    message: Mapped[str]
    stage: Mapped[Stage | None] = mapped_column(Words(Stage))
    impact: Mapped[Impact | None] = mapped_column(Words(Impact))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    author_user_id: Mapped[UUID | None]
    author_name: Mapped[str]
    """Who wrote it last."""


class TemplateService(Base):
    """A service that a template adds to the form."""

    __tablename__ = "message_template_services"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "template_id"],
            ["message_templates.organization_id", "message_templates.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["organization_id", "service_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        Index("message_template_services_service_idx", "organization_id", "service_id"),
    )

    organization_id: Mapped[OrganizationId]
    template_id: Mapped[UUID] = mapped_column(primary_key=True)
    service_id: Mapped[UUID] = mapped_column(primary_key=True)
