"""Builders that make a test read like the story: `team.service("API")`, `team.incident("Errors", affects={…})`.

They go through the product's own actions, so what they build is what the product would have built.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.accounts.actions import Browser, sign_in
from app.accounts.queries import find_signed_in
from app.accounts.rules import Claims
from app.database.actor import Actor, ActorRole
from app.database.scope import system_scope
from app.onboarding.actions import NewOrganization, create_organization
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role

ISSUER = "https://accounts.google.com"
_numbers = count(1)


@dataclass
class Person:
    """Someone signed in, in a browser of their own."""

    app: Flask
    name: str
    email: str
    token: str

    @property
    def user_id(self):
        person = find_signed_in(self.token)
        assert person is not None
        return person.user_id

    def browser(self) -> FlaskClient:
        """A browser in which they are signed in; CSRF tokens come from `csrf_token`."""
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = self.token
            cookie["_fresh"] = True
        return client


@dataclass
class World:
    """Makes people and organizations."""

    app: Flask

    def person(self, name: str = "Mara Lind") -> Person:
        number = next(_numbers)
        email = f"{name.split()[0].lower()}{number}@northwind.example"
        token = sign_in(Claims(ISSUER, f"subject-{number}", email, name), Browser("Firefox", "127.0.0.1"))
        return Person(self.app, name, email, token)

    def team(self, name: str = "Northwind Cloud", slug: str | None = None, time_zone: str = "Europe/Berlin") -> "Team":
        founder = self.person()
        slug = slug or f"team-number-{next(_numbers)}"
        organization = create_organization(
            NewOrganization(name, slug, time_zone), user_id=founder.user_id, user_name=founder.name
        )
        return Team(self, organization, founder)


@dataclass
class Team:
    """One organization and its founder, who acts unless a test says otherwise."""

    world: World
    organization: Organization
    founder: Person
    _members: dict[Role, Person] = field(default_factory=dict)

    @property
    def id(self):
        return self.organization.id

    @property
    def slug(self) -> str:
        return self.organization.slug

    def actor(self, role: ActorRole = ActorRole.ADMIN) -> Actor:
        return Actor(self.organization.id, role, self.founder.user_id, self.founder.name)

    def member(self, role: Role) -> Person:
        """A person with this role, made on first use; the founder is the admin."""
        if role is Role.ADMIN:
            return self.founder
        if role not in self._members:
            person = self.world.person({Role.EDITOR: "Jonas Berg", Role.VIEWER: "Vera Holt"}[role])
            with system_scope("a test adds a member") as scope:
                scope.session.add(
                    Membership(
                        organization_id=self.organization.id,
                        user_id=person.user_id,
                        role=role,
                        created_at=clock.now(),
                    )
                )
            self._members[role] = person
        return self._members[role]
