"""The audit log's rules: what an entry says, whose it is, and that nobody can change or forge one."""

from collections.abc import Iterator
from itertools import product
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import ProgrammingError

from app import clock
from app.database.actor import Actor, ActorRole
from app.database.audit import AuditEntry
from app.database.scope import Scope, organization_scope, system_scope
from app.errors import NotFound
from app.extensions import db
from app.services.models import Service, ServiceGroup
from app.services.rules import ServiceStatus
from app.subscribers.models import Subscriber
from tests.builders import Team, World


def test_before_is_the_first_value_and_after_the_last_across_several_flushes(team: Team):
    service = team.service("API")

    with organization_scope(team.actor()) as scope:
        row = scope.lock(Service, service.id)
        for name in ("Second", "Third", "Public API"):
            row.name = name
            scope.session.flush()
        row.status = ServiceStatus.PARTIAL_OUTAGE
        scope.record("service.edited", row, name=row.name)

    assert newest(team).changes == {"name": ["API", "Public API"], "status": ["operational", "partial_outage"]}


def test_a_value_that_came_back_to_what_it_was_has_not_changed(team: Team):
    service = team.service("API")

    with organization_scope(team.actor()) as scope:
        row = scope.lock(Service, service.id)
        row.name = "Other"
        scope.session.flush()
        row.name, row.description = "API", "What partners call"
        scope.record("service.edited", row, name=row.name)

    assert newest(team).changes == {"description": ["", "What partners call"]}


def test_a_new_row_has_nothing_before(team: Team):
    with organization_scope(team.actor()) as scope:
        group = new_group(scope, "Platform")
        scope.session.flush()
        group.position = 4
        scope.record("service_group.created", group, name=group.name)

    entry = newest(team)
    assert entry.changes == {"name": [None, "Platform"], "position": [None, 4]}
    assert (entry.subject_id, entry.subject_name) == (group.id, "Platform")


def test_a_deleted_row_has_nothing_after(team: Team):
    group = team.group("Platform")

    with organization_scope(team.actor()) as scope:
        row = scope.lock(ServiceGroup, group.id)
        scope.session.delete(row)
        scope.record("service_group.deleted", row, name=row.name)

    assert newest(team).changes == {"name": ["Platform", None], "position": [1, None]}


def test_a_row_in_which_nothing_has_changed_makes_no_entry(team: Team):
    service = team.service("API")
    before = len(entries(team))

    with organization_scope(team.actor()) as scope:
        row = scope.lock(Service, service.id)
        row.name = "API"
        scope.record("service.edited", row, name=row.name)

    assert len(entries(team)) == before


def test_what_was_recorded_is_not_recorded_again(team: Team):
    service = team.service("API")

    with organization_scope(team.actor()) as scope:
        row = scope.lock(Service, service.id)
        row.name = "Second"
        scope.record("service.edited", row, name=row.name)
        row.description = "What partners call"
        scope.record("service.described", row, name=row.name)

    assert [entry.changes for entry in entries(team)[-2:]] == [
        {"name": ["API", "Second"]},
        {"description": ["", "What partners call"]},
    ]


def test_what_changed_beside_a_row_is_told_with_it_and_without_one(team: Team):
    with organization_scope(team.actor()) as scope:
        scope.record("member.role_changed", name="Jonas", changes={"role": (ActorRole.VIEWER, ActorRole.EDITOR)})

    entry = newest(team)
    assert (entry.changes, entry.subject_id) == ({"role": ["viewer", "editor"]}, None)


def test_an_entry_goes_with_its_transaction(team: Team):
    before = len(entries(team))

    with pytest.raises(NotFound):
        record_and_fail(team)

    assert len(entries(team)) == before


def test_it_says_who_when_and_from_where(team: Team):
    by = Actor(team.id, ActorRole.ADMIN, team.founder.user_id, "Mara Lind", "203.0.113.9")

    with organization_scope(by) as scope:
        scope.record("service.edited", name="API")

    entry = newest(team)
    assert (entry.actor_name, entry.actor_role, entry.address) == ("Mara Lind", "admin", "203.0.113.9")
    assert entry.actor_user_id == team.founder.user_id


def test_what_happens_because_it_is_time_was_done_by_the_clock(team: Team):
    with organization_scope(Actor.clock(team.id)) as scope:
        scope.record("maintenance.started", name="Upgrade")

    entry = newest(team)
    assert (entry.actor_name, entry.actor_role, entry.actor_user_id) == ("Clock", "worker", None)


def test_what_must_not_outlive_its_row_is_not_in_the_log(team: Team):
    subscriber = team.subscriber("reader@customer.example")

    with organization_scope(team.actor()) as scope:
        row = scope.lock(Subscriber, subscriber.id)
        row.email, row.all_services = "other@customer.example", False
        row.manage_token_hash = b"x" * 32
        scope.record("subscriber.chose", row)

    assert newest(team).changes == {"all_services": [True, False]}


def test_an_entry_is_never_in_another_organization(team: Team, world: World):
    contoso = world.team("Contoso", "contoso")
    before = len(entries(contoso))
    theirs = Actor(contoso.id, ActorRole.ADMIN, team.founder.user_id, "Mara Lind")

    with pytest.raises(ProgrammingError, match="row-level security"):
        record(team, by=theirs)

    assert len(entries(contoso)) == before


@pytest.mark.parametrize("whose", ["somebody else", "nobody", "another role"])
def test_an_entry_in_anothers_name_is_refused(team: Team, world: World, whose: str):
    other = world.person("Eve Adams").user_id
    forged = {
        "somebody else": Actor(team.id, ActorRole.ADMIN, other, "Eve Adams"),
        "nobody": Actor(team.id, ActorRole.ADMIN, None, "Clock"),
        "another role": Actor(team.id, ActorRole.WORKER, team.founder.user_id, "Mara Lind"),
    }[whose]

    with pytest.raises(ProgrammingError, match="row-level security"):
        record(team, by=forged)


WRITES = (
    "UPDATE audit_entries SET actor_name = 'Nobody'",
    "DELETE FROM audit_entries",
    "TRUNCATE audit_entries",
    "INSERT INTO audit_entries SELECT * FROM audit_entries ON CONFLICT (organization_id, id) DO UPDATE SET action = ''",
)


@pytest.mark.parametrize(("role", "statement"), list(product([None, "upfront_system"], WRITES)))
def test_nobody_of_ours_can_change_empty_or_overwrite_the_log(
    login: Connection, team: Team, role: str | None, statement: str
):
    act_as(login, team.id, "admin")
    if role is not None:
        login.execute(text(f"SET LOCAL ROLE {role}"))

    with pytest.raises(ProgrammingError, match="permission denied"), login.begin_nested():
        login.execute(text(statement))


def test_the_application_may_add_and_read_and_nothing_else(login: Connection, app: Flask):
    kinds = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    asking = text("SELECT has_table_privilege(:role, 'audit_entries', :kind)")

    allowed = {
        role: [kind for kind in kinds if login.scalar(asking, {"role": role, "kind": kind})]
        for role in ("upfront_app", "upfront_system")
    }
    any_column = text("SELECT has_any_column_privilege(:role, 'audit_entries', 'UPDATE')")

    assert allowed == {"upfront_app": ["SELECT", "INSERT"], "upfront_system": ["SELECT", "INSERT"]}
    assert not any(login.scalar(any_column, {"role": role}) for role in allowed)


def test_what_has_expired_goes_only_by_the_systems_hand(login: Connection, team: Team):
    act_as(login, team.id, "admin")

    with pytest.raises(ProgrammingError, match="permission denied"), login.begin_nested():
        login.execute(text("SELECT forget_expired_audit_entries(10)"))


def test_a_system_scope_writes_in_the_name_it_is_told(team: Team):
    with system_scope("a test writes for somebody") as scope:
        scope.record("session.started", name="Mara Lind", by=team.actor())

    assert newest(team).action == "session.started"


def record(team: Team, *, by: Actor) -> None:
    """Write an entry in somebody's name, in a transaction of the team's founder."""
    with organization_scope(team.actor()) as scope:
        scope.record("service.edited", name="API", by=by)


def record_and_fail(team: Team) -> None:
    with organization_scope(team.actor()) as scope:
        scope.record("service.edited", name="API", changes={"name": ("API", "Other")})
        raise NotFound


def new_group(scope: Scope, name: str) -> ServiceGroup:
    group = ServiceGroup(organization_id=scope.organization_id, name=name, position=0, created_at=clock.now())
    scope.session.add(group)
    return group


def entries(team: Team) -> list[AuditEntry]:
    with organization_scope(team.actor()) as scope:
        return list(scope.session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id)))


def newest(team: Team) -> AuditEntry:
    return entries(team)[-1]


def act_as(connection: Connection, organization_id: UUID, role: str) -> None:
    settings = text("SELECT set_config('app.organization_id', :id, true), set_config('app.actor_role', :role, true)")
    connection.execute(settings, {"id": str(organization_id), "role": role})


@pytest.fixture
def login(app: Flask) -> Iterator[Connection]:
    """A connection of the application's own."""
    with db.engine.connect() as connection:
        yield connection
        connection.rollback()
