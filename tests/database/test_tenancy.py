"""Walks every table: each is another tenant's closed room, or says why it belongs to nobody in particular."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import Connection, TextClause, create_engine, inspect, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from app.database.roles import faults_of
from app.extensions import db
from app.tables import Base
from tests.builders import Team, World

GLOBAL_TABLES = {
    "users": "a person is one person in every organization; members see those they share one with",
    "identities": "how a person proves who they are, before any organization is known; the system role only",
    "sessions": "where a person is signed in, for all of their organizations; the system role only",
    "avatars": "a person's picture, the same in every organization; the system role only",
    "retired_slugs": "addresses are one namespace over all organizations; one sees its own, and the hold outlives it",
    "provider_reports": "what the mail provider says, before it is known of whose mail; the system role only",
    "asked_mailboxes": "a mailbox is one whichever organizations it is named to, so none may count alone; hashes only",
    "closings": "how far the deletion of an organization is, which it outlives; the system role only",
}
TENANT_TABLES = sorted(set(Base.metadata.tables) - set(GLOBAL_TABLES) - {"organizations"})
EVERY_ROLE = ("admin", "editor", "viewer", "visitor", "subscriber", "worker", "")


def test_every_table_of_the_database_is_known_here(owner: Connection):
    in_database = set(inspect(owner).get_table_names()) - {"alembic_version"}

    assert in_database == set(Base.metadata.tables)


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
def test_row_security_is_enabled_and_forced(owner: Connection, table: str):
    enabled, forced = owner.execute(
        text("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = CAST(:table AS regclass)"),
        {"table": table},
    ).one()

    assert (enabled, forced) == (True, True)


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_the_key_of_a_tenant_table_begins_with_the_organization(table: str):
    assert next(column.name for column in Base.metadata.tables[table].primary_key) == "organization_id"


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_foreign_keys_between_tenant_tables_carry_the_organization(table: str):
    for key in Base.metadata.tables[table].foreign_key_constraints:
        if key.referred_table.name in TENANT_TABLES:
            columns = {(element.parent.name, element.column.name) for element in key.elements}
            assert ("organization_id", "organization_id") in columns, key.name


@pytest.mark.parametrize("table", [*TENANT_TABLES, "organizations", "users", "identities", "sessions"])
def test_another_tenant_cannot_read_change_or_delete(
    app_login: Connection, full_team: Team, stranger: Team, table: str
):
    where = own_rows(table)
    statements = (f"SELECT count(*) FROM {table} WHERE {where}", *writes(table, f" WHERE {where}"))

    for role, statement in product(EVERY_ROLE, statements):
        act_as(app_login, stranger.id, role)
        assert touched(app_login, statement, victim=full_team.id, person=full_team.founder.user_id) == 0


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_another_tenant_cannot_insert(
    owner: Connection, app_login: Connection, full_team: Team, stranger: Team, table: str
):
    statement, row = copied_row(owner, table, full_team)

    for role in EVERY_ROLE:
        act_as(app_login, stranger.id, role)
        refused = pytest.raises(ProgrammingError, match=r"row-level security|permission denied")
        with refused, app_login.begin_nested():
            app_login.execute(statement, row)


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_without_a_setting_there_are_no_rows(app_login: Connection, full_team: Team, table: str):
    assert app_login.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_the_team_itself_sees_its_rows(app_login: Connection, full_team: Team, table: str):
    act_as(app_login, full_team.id, "admin")

    assert app_login.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() > 0


@pytest.mark.parametrize("table", [*TENANT_TABLES, "organizations"])
def test_a_viewer_and_a_visitor_write_nothing(app_login: Connection, full_team: Team, table: str):
    for role, statement in product(("viewer", "visitor", ""), writes(table)):
        act_as(app_login, full_team.id, role)
        assert touched(app_login, statement) == 0


@pytest.mark.parametrize("table", ["invitations", "memberships", "organizations", "page_items", "pages"])
def test_an_editor_does_not_touch_what_admins_keep(app_login: Connection, full_team: Team, table: str):
    act_as(app_login, full_team.id, "editor")

    assert [touched(app_login, statement) for statement in writes(table)] == [0, 0]


def test_who_has_been_invited_is_for_admins(app_login: Connection, full_team: Team):
    for role in ("editor", "viewer", "visitor", "subscriber", ""):
        act_as(app_login, full_team.id, role)
        assert app_login.execute(text("SELECT count(*) FROM invitations")).scalar_one() == 0


@pytest.mark.parametrize("table", sorted(set(TENANT_TABLES) - {"audit_entries"}))
def test_a_viewer_and_a_visitor_add_nothing(owner: Connection, app_login: Connection, full_team: Team, table: str):
    """Nor does an editor add what admins keep. (What somebody did by themselves is for everybody to write down.)"""
    statement, row = copied_row(owner, table, full_team)
    kept_by_admins = ("invitations", "memberships", "page_items", "pages")
    roles = ["viewer", "visitor", "", *(["editor"] if table in kept_by_admins else [])]

    for role in roles:
        act_as(app_login, full_team.id, role)
        refused = pytest.raises(ProgrammingError, match=r"row-level security|permission denied")
        with refused, app_login.begin_nested():
            app_login.execute(statement, row)


def test_what_was_said_of_a_service_can_be_neither_changed_nor_deleted(app_login: Connection, full_team: Team):
    statements = ("DELETE FROM status_changes", "UPDATE status_changes SET comment = 'other'")

    for role, statement in product(EVERY_ROLE, statements):
        act_as(app_login, full_team.id, role)
        with pytest.raises(ProgrammingError, match="permission denied"), app_login.begin_nested():
            app_login.execute(text(statement))


def test_the_applications_login_is_weak(app_login: Connection):
    assert faults_of(app_login) == []


def test_the_system_role_is_entered_only_on_purpose(app_login: Connection, full_team: Team):
    before = app_login.execute(text("SELECT count(*) FROM services")).scalar_one()

    app_login.execute(text("SET LOCAL ROLE upfront_system"))

    assert before == 0
    assert app_login.execute(text("SELECT count(*) FROM services")).scalar_one() > 0


def copied_row(owner: Connection, table: str, victim: Team) -> tuple[TextClause, dict[str, str]]:
    """A statement that adds one of the victim's rows once more, under another id, and what it is given."""
    given = [column for column in Base.metadata.tables[table].columns if not column.identity and not column.computed]
    columns = ", ".join(f'"{column.name}"' for column in given)
    row = owner.execute(
        text(f"SELECT to_jsonb({table}) FROM {table} WHERE organization_id = :victim LIMIT 1"), {"victim": victim.id}
    ).scalar_one()
    row |= {"id": str(uuid.uuid4())} if isinstance(row.get("id"), str) else {}
    statement = text(
        f"INSERT INTO {table} ({columns}) SELECT {columns}"
        f" FROM jsonb_populate_record(NULL::{table}, CAST(:row AS jsonb))"
    )
    return statement, {"row": json.dumps(row)}


def act_as(connection: Connection, organization_id: uuid.UUID, role: str) -> None:
    connection.execute(
        text("SELECT set_config('app.organization_id', :id, true), set_config('app.actor_role', :role, true)"),
        {"id": str(organization_id), "role": role},
    )


def own_rows(table: str) -> str:
    """The victim's rows of a table, also of one that knows people and not organizations."""
    if table == "users":
        return "id = :person"
    if table in ("identities", "sessions"):
        return "user_id = :person"
    return "id = :victim" if table == "organizations" else "organization_id = :victim"


def writes(table: str, where: str = "") -> tuple[str, str]:
    """Statements that delete and change rows, and count how many they reached."""
    column = next(column.name for column in Base.metadata.tables[table].columns)
    return (
        f"WITH gone AS (DELETE FROM {table}{where} RETURNING 1) SELECT count(*) FROM gone",
        f"WITH taken AS (UPDATE {table} SET {column} = {column}{where} RETURNING 1) SELECT count(*) FROM taken",
    )


def touched(connection: Connection, statement: str, **values: object) -> int:
    """How many rows a statement reached; one that may not be run at all reached none."""
    try:
        with connection.begin_nested():
            return connection.execute(text(statement), values).scalar_one()
    except ProgrammingError as error:
        if "permission denied" not in str(error):
            raise
        return 0


@pytest.fixture(scope="module")
def teams(emptied: Callable[[], AbstractContextManager[Flask]]) -> Iterator[tuple[Team, Team]]:
    """Made once: no test of this module leaves a change behind."""
    with emptied() as app:
        world = World(app)
        team = world.team("Northwind Cloud", "northwind")
        team.fill()
        yield team, world.team("Contoso", "contoso")


@pytest.fixture
def full_team(teams: tuple[Team, Team]) -> Team:
    """A team with a row in every tenant table."""
    return teams[0]


@pytest.fixture
def stranger(teams: tuple[Team, Team]) -> Team:
    return teams[1]


@pytest.fixture
def owner(application: Flask, owner_url: str) -> Iterator[Connection]:
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def app_login(application: Flask) -> Iterator[Connection]:
    """A connection of the application's, in a transaction that says nothing of anybody yet."""
    with application.app_context(), db.engine.connect() as connection:
        yield connection
        connection.rollback()
