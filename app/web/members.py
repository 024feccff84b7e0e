"""Who is signed in, and as what: from the cookie to the actor that an action takes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import Flask, g, request, session
from flask_login import current_user, login_user, logout_user
from werkzeug.local import LocalProxy

from app import clock
from app.accounts.queries import MembershipView, SignedIn, admin_names, find_signed_in
from app.database.actor import Actor, ActorRole
from app.errors import Denied, NotFound, SignInRequired
from app.extensions import login_manager
from app.organizations.rules import Role
from app.teams.actions import note_use
from app.teams.rules import is_news

P = ParamSpec("P")
R = TypeVar("R")

OAUTH_STATE_PREFIX = "_state_"

ADMINS_NAMED = 3


class SignedInUser:
    """What Flask-Login keeps in the cookie: the session's token, nothing of the person."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str, person: SignedIn) -> None:
        self._token = token
        self.person = person

    def get_id(self) -> str:
        return self._token


@dataclass(frozen=True, slots=True)
class Member:
    """The person of this request in the organization of this request."""

    person: SignedIn
    membership: MembershipView

    @property
    def role(self) -> Role:
        return self.membership.role

    @property
    def actor(self) -> Actor:
        """For actions and scopes: the database weighs each write by it."""
        return Actor(
            self.membership.organization_id,
            ActorRole(self.role.value),
            self.person.user_id,
            self.person.name,
            request.remote_addr or "",
        )

    def may(self, role: str) -> bool:
        """Whether they may do what `role` may: for templates, which leave out what would be refused."""
        return self.role.includes(Role(role))


def register(app: Flask) -> None:
    login_manager.session_protection = None  # a session row says more than an address and a browser's name

    @login_manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login is not typed
    def load(token: str) -> SignedInUser | None:
        person = find_signed_in(token)
        return None if person is None else SignedInUser(token, person)

    @app.context_processor
    def add_member() -> dict[str, object]:
        return {"member": g.get("member")}


def start_session(token: str) -> None:
    """Put a fresh session into the cookie and nothing else, but for sign-ins that other tabs have begun."""
    person = find_signed_in(token)
    if person is None:
        raise SignInRequired
    begun = {key: value for key, value in session.items() if key.startswith(OAUTH_STATE_PREFIX)}
    session.clear()
    session.update(begun)
    session.permanent = True
    login_user(SignedInUser(token, person))


def end_session() -> None:
    """Take everything out of the cookie. The session itself is ended by `accounts.actions`."""
    logout_user()
    session.clear()


def find_person() -> SignedIn | None:
    """Who is signed in, if anybody."""
    return current_user.person if current_user.is_authenticated else None


def get_person() -> SignedIn:
    """Who is signed in.

    Raises:
        SignInRequired: nobody; the answer sends them to sign in and back.
    """
    person = find_person()
    if person is None:
        raise SignInRequired
    return person


def enter_organization(slug: str) -> None:
    """Make the person of this request a member of the organization in its address.

    Raises:
        SignInRequired: nobody is signed in.
        NotFound: there is no such organization, or they do not belong to it; both look the same.
    """
    person = get_person()
    membership = person.membership(slug)
    if membership is None:
        raise NotFound
    g.member = Member(person, membership)


def remember_organization() -> None:
    """Have the person of this request begin in this organization when they come back."""
    here, theirs = current_member.membership, current_member.person.memberships
    if len(theirs) == 1:
        return
    elsewhere = max((one.last_used_at for one in theirs if one.last_used_at and one != here), default=None)
    if is_news(here.last_used_at, elsewhere, clock.now()):
        note_use(here.organization_id, current_member.person.user_id)


current_member = cast(Member, LocalProxy(lambda: g.member))


def of_organization(kind: str) -> Callable[[], str]:
    """For `limiter.limit`: what all members of an organization do counts together, each kind of it for itself."""
    return lambda: f"{kind}:{current_member.membership.organization_id}"


def requires(role: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a view be used by members of at least this role only."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_member.role.includes(role):
                raise Denied(_why_denied(current_member))
            return view(*args, **kwargs)

        guarded.required_role = role  # type: ignore[attr-defined]  # the test that walks all routes reads it
        return guarded

    return decorate


def _why_denied(member: Member) -> str:
    admins = ", ".join(admin_names(member.actor, at_most=ADMINS_NAMED))
    return (
        f"You are {with_article(member.role)} at {member.membership.name}."
        f" Ask an admin ({admins}) if you need to do this."
    )


def with_article(role: Role) -> str:
    return f"{'an' if role.value[0] in 'ae' else 'a'} {role.value}"
