"""Who wants to be told, about what, and how they said so."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.subscribers.rules import SubscriberState


class Subscriber(Base):
    """One address that is told of what one page shows. Of the tokens in its mails only the hashes are kept."""

    __tablename__ = "subscribers"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "page_id"], ["pages.organization_id", "pages.id"], ondelete="CASCADE"),
        UniqueConstraint("organization_id", "page_id", "email"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        Index("subscribers_confirmed_idx", "organization_id", "id", postgresql_where=text("state = 'confirmed'")),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    page_id: Mapped[UUID]
    email: Mapped[str]
    state: Mapped[SubscriberState] = mapped_column(Words(SubscriberState), default=SubscriberState.PENDING)
    all_services: Mapped[bool] = mapped_column(default=True)
    requested_at: Mapped[datetime]
    """When a confirmation was last asked for; its link works for 24 hours from then."""
    confirm_token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    manage_token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Of the token behind "choose what you hear about" and "unsubscribe"; derived, see `tokens`."""
    confirmed_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SubscriberService(Base):
    """A service that a subscriber chose, when they did not choose all."""

    __tablename__ = "subscriber_services"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "subscriber_id"], ["subscribers.organization_id", "subscribers.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organization_id", "service_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        Index("subscriber_services_service_idx", "organization_id", "service_id"),
    )

    organization_id: Mapped[OrganizationId]
    subscriber_id: Mapped[UUID] = mapped_column(primary_key=True)
    service_id: Mapped[UUID] = mapped_column(primary_key=True)
