"""The ledger of who was told what: PostgreSQL is the truth, RQ only rings the bell (decision 0008)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.delivery.rules import BatchState, Channel, DeliveryState


class Notification(Base):
    """What there is to tell. `notice` is the snapshot that every mail of it is made from, so that retries are equal."""

    __tablename__ = "notifications"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "page_id"], ["pages.organization_id", "pages.id"], ondelete="CASCADE"),
        UniqueConstraint("organization_id", "event_id", "page_id", postgresql_nulls_not_distinct=True),
        Index("notifications_story_idx", "organization_id", "story_id", "revision"),
        Index("notifications_unfinished_idx", "created_at", postgresql_where=text("fanned_out_at IS NULL")),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    event_id: Mapped[UUID]
    page_id: Mapped[UUID | None]
    """The page whose subscribers are told, of what it shows; None for what concerns no page: members, those invited."""
    kind: Mapped[str]
    story_id: Mapped[UUID | None]
    """What it goes on telling of, an incident, a maintenance: of one story, the later makes the earlier ones stale."""
    update_id: Mapped[UUID | None]
    subscriber_id: Mapped[UUID | None]
    """For what concerns one subscriber only (the confirmation of an address)."""
    revision: Mapped[int]
    """The organization's revision that it tells of."""
    service_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """Who chose one of these is told, and who chose all. It holds those of the story's earlier notifications too."""
    notice: Mapped[dict[str, Any]]
    fanned_out_through: Mapped[UUID | None]
    """The last subscriber for whom deliveries are written: a fan-out that was cut off goes on after it."""
    fanned_out_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class DeliveryBatch(Base):
    """Up to 100 deliveries that go to the provider in one request: the same members and the same key at each try."""

    __tablename__ = "delivery_batches"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "notification_id"],
            ["notifications.organization_id", "notifications.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("organization_id", "notification_id", "sequence"),
        Index(
            "delivery_batches_due_idx",
            "sequence",
            "id",
            postgresql_where=text("state IN ('ready', 'sending')"),
        ),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[RowId]
    notification_id: Mapped[UUID]
    sequence: Mapped[int]
    """Its place in its notification. Batches are taken in this order first, so no organization waits for another's."""
    state: Mapped[BatchState] = mapped_column(Words(BatchState), default=BatchState.READY)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    first_tried_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    finished_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Delivery(Base):
    """One telling to one person by one channel: written once, whatever is tried (decision 0023)."""

    __tablename__ = "deliveries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "notification_id"],
            ["notifications.organization_id", "notifications.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["organization_id", "batch_id"],
            ["delivery_batches.organization_id", "delivery_batches.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["organization_id", "subscriber_id"], ["subscribers.organization_id", "subscribers.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("organization_id", "notification_id", "subscriber_id", "channel", name="deliveries_once_key"),
        Index(
            "deliveries_address_once_idx",
            "organization_id",
            "notification_id",
            "address",
            "channel",
            unique=True,
            postgresql_where=text("subscriber_id IS NULL"),
        ),
        Index("deliveries_batch_idx", "organization_id", "batch_id"),
        Index("deliveries_subscriber_idx", "organization_id", "subscriber_id"),
        Index("deliveries_failed_idx", "organization_id", "id", postgresql_where=text("state = 'failed'")),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[RowId]
    notification_id: Mapped[UUID]
    batch_id: Mapped[UUID]
    subscriber_id: Mapped[UUID | None]
    """None for an address that is no subscriber's: a member's, or that of someone who is invited."""
    channel: Mapped[Channel] = mapped_column(Words(Channel), default=Channel.EMAIL)
    address: Mapped[str]
    """The address at the time of the fan-out: a retry goes to the same one."""
    about: Mapped[str] = mapped_column(default="")
    """The services that the subscriber had chosen then, as the mail names them; empty for all."""
    state: Mapped[DeliveryState] = mapped_column(Words(DeliveryState), default=DeliveryState.PENDING)
    provider_id: Mapped[str | None]
    error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
