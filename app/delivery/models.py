"""The ledger of who was told what: PostgreSQL is the truth, RQ only rings the bell (decision 0008)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.delivery.reports.rules import Fate
from app.delivery.rules import BatchState, Channel, DeliveryState
from app.text.languages import PageLanguage


class Notification(Base):
    """What there is to tell. `notice` is the snapshot that every mail of it is made from, so that retries are equal."""

    __tablename__ = "notifications"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "page_id"], ["pages.organization_id", "pages.id"], ondelete="CASCADE"),
        UniqueConstraint("organization_id", "event_id", "page_id", postgresql_nulls_not_distinct=True),
        Index("notifications_story_idx", "organization_id", "story_id", "revision"),
        Index("notifications_unfinished_idx", "created_at", postgresql_where=text("fanned_out_at IS NULL")),
        Index("notifications_news_idx", "organization_id", "id", postgresql_where=text("subscriber_id IS NULL")),
        Index("notifications_unsettled_idx", "created_at", postgresql_where=text("settled_at IS NULL")),
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
    settled_at: Mapped[datetime | None]
    """When nothing was left to send: until then it is looked at as something that goes on."""
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
    channel: Mapped[Channel] = mapped_column(Words(Channel), default=Channel.EMAIL)
    """Its deliveries all go the same way."""
    is_retry: Mapped[bool] = mapped_column(default=False)
    """Whether a member had those sent again who could not be told."""
    size: Mapped[int] = mapped_column(default=0)
    """How many deliveries it had when it was written. The numbers below say what became of them; the rest waits."""
    sent: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    superseded: Mapped[int] = mapped_column(default=0)
    retried: Mapped[int] = mapped_column(default=0)
    """Those of them that had failed and are in a later batch now."""
    bounced: Mapped[int] = mapped_column(default=0)
    """Of those sent, how many came back."""
    complained: Mapped[int] = mapped_column(default=0)
    last_sent_at: Mapped[datetime | None]


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
        Index("deliveries_notification_idx", "organization_id", "notification_id", "id"),
        Index("deliveries_provider_idx", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
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
    language: Mapped[PageLanguage] = mapped_column(Words(PageLanguage), default=PageLanguage.ENGLISH)
    """What they were to be written to in then: a retry has the same words."""
    about: Mapped[str] = mapped_column(default="")
    """The services that the subscriber had chosen then, as the mail names them; empty for all."""
    state: Mapped[DeliveryState] = mapped_column(Words(DeliveryState), default=DeliveryState.PENDING)
    provider_id: Mapped[str | None]
    """What the provider calls it: its reports name it so."""
    error: Mapped[str | None]
    is_doubtful: Mapped[bool] = mapped_column(default=False)
    """Of a failure: an earlier try may have arrived, so it is not sent again."""
    sent_at: Mapped[datetime | None]
    fate: Mapped[Fate | None] = mapped_column(Words(Fate))
    """What the provider reported of it after it took it; None: nothing yet."""
    fate_at: Mapped[datetime | None]
    fate_reason: Mapped[str | None]
    created_at: Mapped[datetime]


class MailSender(Base):
    """How an organization's mails are signed, and whether its page says how many they reached. No row: as ours are."""

    __tablename__ = "mail_senders"

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(default="")
    """Stands before our address in `From`; empty for our own name."""
    reply_to: Mapped[str] = mapped_column(default="")
    """Where answers go; empty for nowhere in particular."""
    shows_figures: Mapped[bool] = mapped_column(default=False)


class ToldFigure(Base):
    """How many a notification reached and how fast, as anybody may see it: written when it is settled, where wanted."""

    __tablename__ = "told_figures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "notification_id"],
            ["notifications.organization_id", "notifications.id"],
            ondelete="CASCADE",
        ),
        Index("told_figures_update_idx", "organization_id", "page_id", "story_id"),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    notification_id: Mapped[UUID] = mapped_column(primary_key=True)
    page_id: Mapped[UUID]
    story_id: Mapped[UUID]
    update_id: Mapped[UUID]
    sent: Mapped[int]
    """Those who were reached within `took_seconds`."""
    total: Mapped[int]
    took_seconds: Mapped[float]


class ProviderReport(Base):
    """A report of the mail provider, kept by its own id: once more is no news, and what comes early waits."""

    __tablename__ = "provider_reports"
    __table_args__ = (
        Index("provider_reports_waiting_idx", "received_at", postgresql_where=text("applied_at IS NULL")),
        Index("provider_reports_received_idx", "received_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str]
    fate: Mapped[Fate] = mapped_column(Words(Fate))
    reason: Mapped[str]
    reported_at: Mapped[datetime]
    received_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
