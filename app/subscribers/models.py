"""Who wants to be told, about what, and how they said so."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.subscribers.rules import NewsKind, SubscriberChannel, SubscriberSource, SubscriberState, SuppressionReason
from app.text.languages import PageLanguage


class Subscriber(Base):
    """One address that is told of what one page shows. Of the tokens in its mails only the hashes are kept."""

    __tablename__ = "subscribers"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "page_id"], ["pages.organization_id", "pages.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["organization_id", "import_id"],
            ["subscriber_imports.organization_id", "subscriber_imports.id"],
            ondelete="SET NULL (import_id)",
        ),
        ForeignKeyConstraint(
            ["organization_id", "asked_incident_id"],
            ["incidents.organization_id", "incidents.id"],
            ondelete="SET NULL (asked_incident_id)",
        ),
        UniqueConstraint("organization_id", "page_id", "mailbox", name="subscribers_mailbox_key"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("(quarantine_reason IS NULL) = (quarantined_at IS NULL)", name="quarantine"),
        Index(
            "subscribers_confirmed_idx",
            "organization_id",
            "page_id",
            "id",
            postgresql_where=text("state = 'confirmed'"),
        ),
        # The others are few: they are found and counted without looking at the many.
        Index(
            "subscribers_others_idx", "organization_id", "state", "id", postgresql_where=text("state <> 'confirmed'")
        ),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[RowId]
    page_id: Mapped[UUID]
    channel: Mapped[SubscriberChannel] = mapped_column(Words(SubscriberChannel), default=SubscriberChannel.EMAIL)
    email: Mapped[str]
    """What is written to; of a browser, which has no address, a name that leads nowhere: "browser:" and the id."""
    mailbox: Mapped[str] = mapped_column(
        Computed(r"regexp_replace(email, '^([^+@]+)\+[^@]+@'::text, '\1@'::text)", persisted=True)
    )
    """Whose inbox that is, as `text.addresses.mailbox_of` says: one of each on a page."""
    state: Mapped[SubscriberState] = mapped_column(Words(SubscriberState), default=SubscriberState.PENDING)
    all_services: Mapped[bool] = mapped_column(default=True)
    """Else their choices say of which."""
    kinds: Mapped[list[NewsKind]] = mapped_column(ARRAY(Words(NewsKind)), default=lambda: list(NewsKind))
    """What they are told of; none: of the incidents alone that they follow."""
    language: Mapped[PageLanguage | None] = mapped_column(Words(PageLanguage))
    """Which of the page's languages they are written to in; None: the page's own."""
    source: Mapped[SubscriberSource] = mapped_column(Words(SubscriberSource), default=SubscriberSource.FORM)
    consent: Mapped[str] = mapped_column(default="")
    """Where their consent comes from, in a member's words; empty where they gave it to us themselves."""
    import_id: Mapped[UUID | None]
    requested_at: Mapped[datetime]
    """When a confirmation was last asked for; its link works for 24 hours from then."""
    confirm_token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    manage_token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Of the token behind "choose what you hear about" and "unsubscribe"; derived, see `tokens`."""
    asked_incident_id: Mapped[UUID | None]
    """The incident that the latest request wants to follow; None: it was for all that the page tells."""
    confirmed_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    quarantined_at: Mapped[datetime | None]
    quarantine_reason: Mapped[str | None]
    """Why nothing is sent to them at present, as their provider said it."""
    created_at: Mapped[datetime]


class SubscriberChoice(Base):
    """One thing that a subscriber chose to hear of: a service, a group with all that is or comes in it, an incident."""

    __tablename__ = "subscriber_choices"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "subscriber_id"], ["subscribers.organization_id", "subscribers.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organization_id", "service_id"], ["services.organization_id", "services.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organization_id", "group_id"], ["service_groups.organization_id", "service_groups.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organization_id", "incident_id"], ["incidents.organization_id", "incidents.id"], ondelete="CASCADE"
        ),
        CheckConstraint("num_nonnulls(service_id, group_id, incident_id) = 1", name="one"),
        UniqueConstraint(
            "organization_id",
            "subscriber_id",
            "service_id",
            "group_id",
            "incident_id",
            name="subscriber_choices_once_key",
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "subscriber_choices_service_idx",
            "organization_id",
            "service_id",
            postgresql_where=text("service_id IS NOT NULL"),
        ),
        Index(
            "subscriber_choices_group_idx", "organization_id", "group_id", postgresql_where=text("group_id IS NOT NULL")
        ),
        Index(
            "subscriber_choices_incident_idx",
            "organization_id",
            "incident_id",
            postgresql_where=text("incident_id IS NOT NULL"),
        ),
    )

    organization_id: Mapped[OrganizationId]
    id: Mapped[RowId]
    subscriber_id: Mapped[UUID]
    service_id: Mapped[UUID | None]
    group_id: Mapped[UUID | None]
    incident_id: Mapped[UUID | None]
    """Of an incident they follow: they hear of it until it is over (`follows`), whatever else they chose."""
    created_at: Mapped[datetime]


class Suppression(Base):
    """A mailbox that is not to be written to: its hash, which says nothing but that, and why (`suppression`)."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("organization_id", "mailbox_hash", name="suppressions_mailbox_key"),)

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    mailbox_hash: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[SuppressionReason] = mapped_column(Words(SuppressionReason))
    since: Mapped[datetime]
