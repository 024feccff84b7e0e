"""The three who work at Northwind Cloud, known to the local sign-in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Identity, User
from app.database.scope import Scope, system_scope
from app.demo.catalogue import SLUG
from app.development.people import PEOPLE, Person
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the demo who can sign in."""

    user_id: UUID
    name: str
    role: Role


def ensure_people(issuer: str, now: datetime) -> Mapping[str, Colleague]:
    """The demo's people, by address, as this provider knows them; made where they are missing."""
    with system_scope("the demo's people exist before their organization does") as scope:
        return {person.email: _ensure_person(scope, person, issuer, now) for person in PEOPLE}


def ensure_memberships(organization_id: UUID, people: Mapping[str, Colleague], now: datetime) -> None:
    """Make them members with the roles that the local sign-in announces; who has a role keeps it."""
    with system_scope("the demo's people join their organization") as scope:
        members = set(
            scope.session.scalars(select(Membership.user_id).where(Membership.organization_id == organization_id))
        )
        for person in PEOPLE:
            user_id = people[person.email].user_id
            if user_id not in members:
                scope.session.add(
                    Membership(organization_id=organization_id, user_id=user_id, role=Role(person.role), created_at=now)
                )


def _ensure_person(scope: Scope, person: Person, issuer: str, now: datetime) -> Colleague:
    session = scope.session
    user = session.scalar(
        select(User)
        .join(Identity, Identity.user_id == User.id)
        .where(Identity.issuer == issuer, Identity.subject == person.subject)
    )
    if user is None:
        # The provider may have moved to another port since: then it is the same person with one more identity.
        user = _find_member(scope, person) or User(email=person.email, name=person.name, created_at=now)
        session.add(user)
        session.flush()
        session.add(Identity(user_id=user.id, issuer=issuer, subject=person.subject, created_at=now))
    return Colleague(user.id, user.name, Role(person.role))


def _find_member(scope: Scope, person: Person) -> User | None:
    return scope.session.scalar(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .join(Organization, Organization.id == Membership.organization_id)
        .where(Organization.slug == SLUG, User.email == person.email)
    )
