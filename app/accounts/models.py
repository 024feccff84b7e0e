"""People, how they prove who they are, and where they are signed in.

These tables span organizations: a person is one person in all of them. Only the system scope reads identities and
sessions; of users, a member's connection sees those of its own organization.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, RowId


class User(Base):
    """A person."""

    __tablename__ = "users"

    id: Mapped[RowId]
    email: Mapped[str]
    """The address that the provider vouched for at the last sign-in: to write to, never to recognise someone by."""
    name: Mapped[str]
    created_at: Mapped[datetime]


class Identity(Base):
    """A person as an OpenID provider knows them: issuer and subject, which never change (OpenID Connect Core §2)."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"), Index("identities_user_id_idx", "user_id"))

    id: Mapped[RowId]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    issuer: Mapped[str]
    subject: Mapped[str]
    created_at: Mapped[datetime]


class SignInSession(Base):
    """A browser in which someone is signed in. Deleting the row signs it out on its next request."""

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_user_id_idx", "user_id"),)

    id: Mapped[RowId]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    user_agent: Mapped[str]
    address: Mapped[str]
