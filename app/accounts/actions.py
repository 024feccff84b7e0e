"""Signing in and out."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, or_, select

from app import clock
from app.accounts.devices import device_name
from app.accounts.models import Identity, SignInSession, User
from app.accounts.records import record_everywhere
from app.accounts.rules import ABSOLUTE_LIMIT, IDLE_LIMIT, Claims
from app.accounts.tokens import new_token, token_hash
from app.database.audit import Changes
from app.database.scope import Scope, system_scope

USER_AGENT_LENGTH = 400

FORGOTTEN_AT_ONCE = 500
"""Ended sessions that are deleted in one transaction."""


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
        identity = _find_identity(scope, claims.issuer, claims.subject)
        if identity is None:
            user = User(email=claims.email, name=claims.name, created_at=now)
            scope.session.add(user)
            scope.session.flush()
            scope.session.add(Identity(user_id=user.id, issuer=claims.issuer, subject=claims.subject, created_at=now))
        else:
            user = scope.session.get_one(User, identity.user_id)
            user.email = claims.email
            if not user.name_is_own:
                user.name = claims.name
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
        scope.session.flush()
        device = {"device": (None, device_name(browser.user_agent))}
        record_everywhere(scope, user.id, "session.started", address=browser.address, changes=device)
    return token


def note_refused_sign_in(issuer: str, subject: str, reason: str, browser: Browser) -> None:
    """Write down that somebody who is known to us was not let in. Of strangers nothing is kept."""
    with system_scope("a person is refused before any organization is known") as scope:
        identity = _find_identity(scope, issuer, subject)
        if identity is not None:
            said = {"reason": (None, reason), "device": (None, device_name(browser.user_agent))}
            record_everywhere(scope, identity.user_id, "session.refused", address=browser.address, changes=said)


def sign_out(session_id: UUID, *, address: str = "") -> None:
    """End one session. One that has ended already is fine. `address` is where the person asks from."""
    with system_scope("a person ends a session of theirs") as scope:
        ended = scope.session.execute(
            delete(SignInSession)
            .where(SignInSession.id == session_id)
            .returning(SignInSession.user_id, SignInSession.user_agent)
        ).one_or_none()
        if ended is not None:
            device = {"device": (device_name(ended.user_agent), None)}
            record_everywhere(scope, ended.user_id, "session.ended", address=address, changes=device)


def sign_out_everywhere(user_id: UUID, *, address: str = "") -> None:
    """End all of a person's sessions, this one too."""
    with system_scope("a person ends all their sessions") as scope:
        ended = scope.session.scalars(
            delete(SignInSession).where(SignInSession.user_id == user_id).returning(SignInSession.user_agent)
        ).all()
        devices: Changes = {"devices": (sorted(device_name(user_agent) for user_agent in ended), None)}
        record_everywhere(scope, user_id, "session.all_ended", address=address, changes=devices)


def forget_ended_sessions() -> None:
    """Delete the sessions that time has ended: they open nothing, and still tell who was where with what browser."""
    while _forget_some() == FORGOTTEN_AT_ONCE:
        pass


def _forget_some() -> int:
    now = clock.now()
    with system_scope("sessions of everybody that have ended are not kept") as scope:
        over = or_(SignInSession.expires_at <= now, SignInSession.last_seen_at <= now - IDLE_LIMIT)
        some = select(SignInSession.id).where(over).limit(FORGOTTEN_AT_ONCE)
        ended = scope.session.execute(
            delete(SignInSession)
            .where(SignInSession.id.in_(some))
            .returning(SignInSession.user_id, SignInSession.user_agent)
        ).all()
        for user_id, user_agent in ended:
            device = {"device": (device_name(user_agent), None)}
            record_everywhere(scope, user_id, "session.expired", changes=device, by_clock=True)
        return len(ended)


def _find_identity(scope: Scope, issuer: str, subject: str) -> Identity | None:
    return scope.session.scalar(select(Identity).where(Identity.issuer == issuer, Identity.subject == subject))
