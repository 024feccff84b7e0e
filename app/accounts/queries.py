"""Who is signed in, and where."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, update

from app import clock
from app.accounts.models import SignInSession, User
from app.accounts.rules import SEEN_GRANULARITY, is_alive
from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.scope import organization_scope, system_scope
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role
from app.text.languages import Language

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MembershipView:
    """An organization that a person belongs to."""

    organization_id: UUID
    name: str
    slug: str
    time_zone: str
    role: Role
    last_used_at: datetime | None
    is_closing: bool = False
    """Whether the organization is being deleted: nobody works there any more."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Someone signed in, with every organization that they belong to."""

    session_id: UUID
    user_id: UUID
    name: str
    email: str
    memberships: tuple[MembershipView, ...]
    time_zone: str | None = None
    """Their own; None: the organization's."""
    language: Language | None = None
    avatar_id: UUID | None = None

    def membership(self, organization_slug: str) -> MembershipView | None:
        """Theirs in the organization of this slug, if any."""
        return next((one for one in self.memberships if one.slug == organization_slug), None)

    @property
    def last_used(self) -> MembershipView | None:
        """Theirs in the organization where they were last; the first by name if they never were anywhere."""
        living = (one for one in self.memberships if not one.is_closing)
        return max(living, key=lambda one: one.last_used_at or NEVER, default=None)


@dataclass(frozen=True, slots=True)
class SessionView:
    """A browser that is signed in."""

    id: UUID
    user_agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime


def find_signed_in(token: str) -> SignedIn | None:
    """Who holds this session token, or None when it has ended. Also notes that the session is in use."""
    now = clock.now()
    with system_scope("a session belongs to a person, not to one of their organizations") as scope:
        found = scope.session.execute(
            select(SignInSession, User)
            .join(User, User.id == SignInSession.user_id)
            .where(SignInSession.token_hash == token_hash(token))
        ).one_or_none()
        if found is None:
            return None
        session, user = found
        if not is_alive(session.last_seen_at, session.expires_at, now):
            return None
        if now - session.last_seen_at > SEEN_GRANULARITY:
            scope.session.execute(update(SignInSession).where(SignInSession.id == session.id).values(last_seen_at=now))
        memberships = scope.session.execute(
            select(
                Organization.id,
                Organization.name,
                Organization.slug,
                Organization.time_zone,
                Membership.role,
                Membership.last_used_at,
                Organization.closing_at.is_not(None),
            )
            .join(Membership, Membership.organization_id == Organization.id)
            .where(Membership.user_id == user.id)
            .order_by(Organization.name, Organization.id)
        )
        return SignedIn(
            session_id=session.id,
            user_id=user.id,
            name=user.name,
            email=user.email,
            memberships=tuple(MembershipView(*row) for row in memberships),
            time_zone=user.time_zone,
            language=user.language,
            avatar_id=user.avatar_id,
        )


def is_session_open(session_id: UUID, organization_id: UUID, role: Role) -> bool:
    """Whether a session lives on and its person still has this role in the organization: asked by open sockets."""
    with system_scope("a session belongs to a person, not to one of their organizations") as scope:
        found = scope.session.execute(
            select(SignInSession.last_seen_at, SignInSession.expires_at)
            .join(Membership, Membership.user_id == SignInSession.user_id)
            .join(Organization, Organization.id == Membership.organization_id)
            .where(
                SignInSession.id == session_id,
                Membership.organization_id == organization_id,
                Membership.role == role,
                Organization.closing_at.is_(None),
            )
        ).one_or_none()
    return found is not None and is_alive(found.last_seen_at, found.expires_at, clock.now())


def sessions_of(user_id: UUID) -> tuple[SessionView, ...]:
    """Where a person is signed in, last used first."""
    with system_scope("a person lists their own sessions") as scope:
        rows = scope.session.scalars(
            select(SignInSession).where(SignInSession.user_id == user_id).order_by(SignInSession.last_seen_at.desc())
        )
        return tuple(
            SessionView(row.id, row.user_agent, row.address, row.created_at, row.last_seen_at)
            for row in rows
            if is_alive(row.last_seen_at, row.expires_at, clock.now())
        )


def admin_names(actor: Actor, *, at_most: int) -> tuple[str, ...]:
    """Whom a member can ask for what their role does not allow; those who have been admins longest first."""
    with organization_scope(actor, read_only=True) as scope:
        names = scope.session.scalars(
            select(User.name)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.organization_id == actor.organization_id, Membership.role == Role.ADMIN)
            .order_by(Membership.created_at, User.id)
            .limit(at_most)
        )
        return tuple(names)
