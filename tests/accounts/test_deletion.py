"""How somebody goes for good: they are gone, what they wrote stays, and no organization is left without an admin."""

from functools import partial
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.accounts.deletion import FORMER_MEMBER, delete_account, last_admin_of, signatures
from app.accounts.models import Identity, SignInSession, User
from app.accounts.queries import find_signed_in
from app.closing.actions import close_organization
from app.database.actor import Actor, ActorRole
from app.database.audit import AuditEntry
from app.database.scope import organization_scope, system_scope
from app.errors import Invalid, NotFound
from app.extensions import db
from app.incidents.models import Incident, IncidentUpdate
from app.onboarding.actions import NewOrganization, create_organization
from app.organizations.models import Membership
from app.organizations.rules import Role
from app.services.models import StatusChange
from app.tables import Base
from app.teams.actions import leave
from tests.builders import Team, World
from tests.together import run_together


@pytest.fixture
def shared(team: Team) -> Team:
    """Northwind with a second admin, so that the founder may go."""
    team.join(team.world.person("Ada Zweig"), Role.ADMIN)
    return team


def test_nothing_is_left_of_who_they_were(shared: Team):
    mara = shared.founder
    user_id = mara.user_id

    delete_account(user_id, mara.email)

    assert find_signed_in(mara.token) is None
    with system_scope("a test looks for what is left") as scope:
        for table, column in ((User, User.id), (Identity, Identity.user_id), (SignInSession, SignInSession.user_id)):
            assert scope.session.scalar(select(func.count()).select_from(table).where(column == user_id)) == 0
        assert scope.session.scalar(select(func.count()).where(Membership.user_id == user_id)) == 0


def test_what_they_wrote_stays_signed_by_a_former_member(shared: Team):
    incident = shared.incident(affects={shared.service("API"): "partial_outage"})

    delete_account(shared.founder.user_id, shared.founder.email)

    with organization_scope(Actor(shared.id, ActorRole.VIEWER)) as scope:
        assert scope.get(Incident, incident.id).created_by_name == FORMER_MEMBER
        assert set(scope.session.scalars(select(IncidentUpdate.author_name))) == {FORMER_MEMBER}
        assert set(scope.session.scalars(select(StatusChange.actor_name))) == {FORMER_MEMBER}


def test_what_they_wrote_where_they_left_long_ago_is_signed_so_too(world: World, shared: Team):
    mara = shared.founder
    incident = shared.incident()
    leave(by=shared.actor())

    delete_account(mara.user_id, mara.email)

    with organization_scope(Actor(shared.id, ActorRole.VIEWER)) as scope:
        assert scope.get(Incident, incident.id).created_by_name == FORMER_MEMBER


def test_what_others_wrote_keeps_their_names(shared: Team, world: World):
    theirs = world.team("Contoso", "contoso")
    incident = theirs.incident()

    delete_account(shared.founder.user_id, shared.founder.email)

    with organization_scope(theirs.actor()) as scope:
        assert scope.get(Incident, incident.id).created_by_name == "Mara Lind"


def test_the_audit_log_keeps_their_name_and_says_that_they_went(shared: Team):
    delete_account(shared.founder.user_id, shared.founder.email, address="203.0.113.9")

    with organization_scope(Actor(shared.id, ActorRole.ADMIN)) as scope:
        entry = scope.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.actor_name, entry.address) == ("account.deleted", "Mara Lind", "203.0.113.9")


@pytest.mark.parametrize("typed", ["", "mara", "ada@northwind.example"])
def test_something_else_than_their_address_deletes_nothing(shared: Team, typed: str):
    with pytest.raises(Invalid) as refusal:
        delete_account(shared.founder.user_id, typed)

    assert list(refusal.value.faults) == ["confirmation"]
    assert find_signed_in(shared.founder.token) is not None


def test_the_last_admin_cannot_go_and_reads_where_and_what_to_do(team: Team):
    mara = team.founder
    create_organization(NewOrganization("Contoso", "contoso", "UTC"), user_id=mara.user_id, user_name=mara.name)
    team.member(Role.EDITOR)

    with pytest.raises(Invalid, match=r"You are the last admin of Contoso and Northwind Cloud\. Make somebody else"):
        delete_account(mara.user_id, mara.email)

    assert last_admin_of(mara.user_id) == ("Contoso", "Northwind Cloud")
    assert find_signed_in(mara.token) is not None


def test_an_organization_that_is_being_deleted_holds_nobody(team: Team):
    close_organization("Northwind Cloud", by=team.actor())

    delete_account(team.founder.user_id, team.founder.email)

    assert find_signed_in(team.founder.token) is None


def test_whoever_belongs_nowhere_may_go(world: World):
    nina = world.person("Nina Neu")

    delete_account(nina.user_id, nina.email)

    assert find_signed_in(nina.token) is None


def test_somebody_who_is_gone_cannot_go_again(world: World):
    nina = world.person("Nina Neu")
    user_id = nina.user_id
    delete_account(user_id, nina.email)

    with pytest.raises(NotFound):
        delete_account(user_id, nina.email)


def test_of_two_last_admins_who_go_at_the_same_moment_one_stays(app: Flask, team: Team, world: World):
    other = team.join(world.person("Ada Zweig"), Role.ADMIN)
    people = [(team.founder.user_id, team.founder.email), (other.user_id, other.email)]
    refused: list[Invalid] = []

    def go(user_id: UUID, email: str) -> None:
        try:
            delete_account(user_id, email)
        except Invalid as refusal:
            refused.append(refusal)

    run_together(app, [partial(go, *one) for one in people])

    assert len(refused) == 1
    with system_scope("a test counts who is left") as scope:
        admins = scope.session.scalar(
            select(func.count()).where(Membership.organization_id == team.id, Membership.role == Role.ADMIN)
        )
    assert admins == 1


def test_every_signature_may_be_changed_by_the_system_role_and_by_nothing_else_of_ours(app: Flask):
    asking = text("SELECT has_column_privilege('upfront_system', :table, :column, 'UPDATE')")

    with db.engine.connect() as connection:
        missing = [
            f"{table.name}.{name.name}"
            for table, _, name in signatures()
            if not connection.scalar(asking, {"table": table.name, "column": name.name})
        ]

    assert missing == [], "in their migration: GRANT UPDATE (…_name) ON … TO upfront_system"


def test_nobody_is_held_by_what_points_at_them():
    holding = [
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in ("users", "memberships") and not (key.ondelete or "").startswith(("CASCADE", "SET"))
    ]

    assert holding == []
