"""Who has been asked to join, and whether they said yes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId, RowId, Words
from app.organizations.rules import Role
from app.teams.rules import InvitationState


class Invitation(Base):
    """An address that was asked to join with a role. Only the hash of the token in its newest mail is here."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        UniqueConstraint("token_hash"),
        Index(
            "invitations_open_key",
            "organization_id",
            "email",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("invitations_email_idx", "email", postgresql_where=text("state = 'open'")),
        Index(
            "invitations_requested_idx",
            "requested_at",
            postgresql_where=text("state = 'open' AND requested_at IS NOT NULL"),
        ),
    )

    organization_id: Mapped[OrganizationId] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    id: Mapped[RowId]
    email: Mapped[str]
    """As `text.addresses.normalize_address` has it."""
    role: Mapped[Role] = mapped_column(Words(Role))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[InvitationState] = mapped_column(Words(InvitationState), default=InvitationState.OPEN)
    sent_at: Mapped[datetime]
    """When its newest mail was asked for; the token is derived from it, so an older one opens nothing any more."""
    expires_at: Mapped[datetime]
    invited_by_user_id: Mapped[UUID | None]
    """Whoever had the newest mail sent."""
    invited_by_name: Mapped[str]
    requested_at: Mapped[datetime | None]
    """When its acceptance was asked for: from then on a worker, or else the clock, carries it out."""
    requested_by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    requested_from: Mapped[str] = mapped_column(default="")
    """Where that request came from, for the audit log."""
    closed_at: Mapped[datetime | None]
    """When it was accepted or revoked."""
    created_at: Mapped[datetime]
