"""Signing in and out."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, or_, select

from app import clock
from app.accounts.models import Identity, SignInSession, User
from app.accounts.rules import ABSOLUTE_LIMIT, IDLE_LIMIT, Claims
from app.accounts.tokens import new_token, token_hash
from app.database.scope import system_scope

USER_AGENT_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Browser:
    """Where someone signs in from, for their list of sessions."""

    user_agent: str
    address: str


def sign_in(claims: Claims, browser: Browser) -> str:
    """Open a session for the person that the provider vouches for, and return its token.

    The person is recognised by issuer and subject, never by the address, which may pass to somebody else.
    """
    now = clock.now()
    token = new_token()
    with system_scope("a person signs in before any organization is known") as scope:
        # Two tabs may finish a first sign-in at once: the second waits here and then finds the person.
        key = func.hashtextextended(f"{claims.issuer} {claims.subject}", 0)
        scope.session.execute(select(func.pg_advisory_xact_lock(key)))
        identity = scope.session.scalar(
            select(Identity).where(Identity.issuer == claims.issuer, Identity.subject == claims.subject)
        )
        if identity is None:
            user = User(email=claims.email, name=claims.name, created_at=now)
            scope.session.add(user)
            scope.session.flush()
            scope.session.add(Identity(user_id=user.id, issuer=claims.issuer, subject=claims.subject, created_at=now))
        else:
            user = scope.session.get_one(User, identity.user_id)
            user.email, user.name = claims.email, claims.name
        scope.session.add(
            SignInSession(
                user_id=user.id,
                token_hash=token_hash(token),
                created_at=now,
                last_seen_at=now,
                expires_at=now + ABSOLUTE_LIMIT,
                user_agent=browser.user_agent[:USER_AGENT_LENGTH],
                address=browser.address,
            )
        )
    return token


def sign_out(session_id: UUID) -> None:
    """End one session. One that has ended already is fine."""
    with system_scope("a person ends a session of theirs") as scope:
        scope.session.execute(delete(SignInSession).where(SignInSession.id == session_id))


def sign_out_everywhere(user_id: UUID) -> None:
    """End all of a person's sessions, this one too."""
    with system_scope("a person ends all their sessions") as scope:
        scope.session.execute(delete(SignInSession).where(SignInSession.user_id == user_id))


def forget_ended_sessions() -> None:
    """Delete the sessions that time has ended: they open nothing, and still tell who was where with what browser."""
    now = clock.now()
    with system_scope("sessions of everybody that have ended are not kept") as scope:
        ended = or_(SignInSession.expires_at <= now, SignInSession.last_seen_at <= now - IDLE_LIMIT)
        scope.session.execute(delete(SignInSession).where(ended))
