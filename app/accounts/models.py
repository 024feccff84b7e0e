"""People, how they prove who they are, and where they are signed in.

These tables span organizations: a person is one person in all of them. Only the system scope reads identities and
sessions; of users, a member's connection sees those of its own organization.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, RowId, Words
from app.text.languages import Language


class User(Base):
    """A person."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("language IN ('en-GB', 'en-US', 'de', 'es', 'fr', 'ja')", name="language"),)

    id: Mapped[RowId]
    email: Mapped[str]
    """The address that the provider vouched for at the last sign-in: to write to, never to recognise someone by."""
    name: Mapped[str]
    name_is_own: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether they chose the name themselves; else it is the provider's, anew with each sign-in."""
    time_zone: Mapped[str | None]
    """In which the dashboard tells them times; None: the organization's."""
    language: Mapped[Language | None] = mapped_column(Words(Language))
    """How dates and numbers are written for them; None: as in British English."""
    avatar_id: Mapped[UUID | None]
    """Of their picture, if they have one: a new one with each picture, so that its address never means another."""
    created_at: Mapped[datetime]


class Avatar(Base):
    """A person's picture, small, as we encoded it ourselves."""

    __tablename__ = "avatars"

    id: Mapped[RowId]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    image: Mapped[bytes] = mapped_column(LargeBinary)
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
