"""Taking everything along: whole, plain, without secrets, and in little memory."""

import json
import re
import tracemalloc
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.pool import NullPool

from app.addresses.actions import move_organization
from app.closing import export
from app.closing.actions import close_organization
from app.closing.export import begin_export, exported_columns, exported_tables, write_export
from app.database.actor import Actor, ActorRole
from app.database.audit import AuditEntry
from app.database.scope import organization_scope
from app.errors import Denied
from app.organizations.rules import Role
from app.tables import Base
from app.teams.actions import change_role
from tests.builders import Team, World

DOCUMENT = Path(__file__).parents[2] / "docs" / "export.md"


def test_it_holds_every_row_of_the_organization_and_none_of_another(team: Team, world: World):
    team.fill()
    contoso = world.team("Contoso", "contoso")
    contoso.fill()

    exported = export_of(team)

    assert exported["format"] == "upfront-export"
    assert exported["organization"]["slug"] == "northwind"
    assert {table.name for table in exported_tables()} == set(exported["tables"]) - {"people"}
    assert [person["name"] for person in exported["tables"]["people"]] == ["Mara Lind"]
    written = json.dumps(exported)
    assert "Contoso" not in written
    assert str(contoso.id) not in written


def test_times_and_ids_are_text_and_choices_are_words(team: Team):
    service = team.service("API")

    row = next(row for row in export_of(team)["tables"]["services"] if row["id"] == str(service.id))

    assert row["status"] == "operational"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", row["created_at"])


def test_nothing_that_opens_something_is_in_it():
    names = {f"{table.name}.{column.name}" for table in exported_tables() for column in exported_columns(table)}

    assert not {name for name in names if re.search("hash|secret|token|password", name)}


def test_more_than_a_page_of_rows_comes_once_each(team: Team, monkeypatch):
    monkeypatch.setattr(export, "PAGE", 3)
    for number in range(7):
        team.service(f"Service {number}")

    rows = export_of(team)["tables"]["services"]

    assert sorted(row["name"] for row in rows) == [f"Service {number}" for number in range(7)]


def test_memory_stays_flat_however_much_there_is(team: Team, owner_url: str):
    add_subscribers(owner_url, team, 10_000)
    tracemalloc.start()

    length = sum(len(piece) for piece in write_export(team.actor()))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert length > 2_500_000
    assert peak < 4_000_000  # a page of a thousand rows, whatever comes after it


def test_it_breaks_off_when_its_reader_is_no_admin_any_more(team: Team, world: World):
    jonas = team.join(world.person("Jonas Berg"), Role.ADMIN)
    pieces = write_export(Actor(team.id, ActorRole.ADMIN, jonas.user_id, jonas.name))
    begun = next(pieces)

    change_role(jonas.user_id, Role.EDITOR, by=team.actor())

    assert "upfront-export" in begun
    with pytest.raises(Denied):
        list(pieces)


def test_who_was_demoted_meanwhile_takes_nothing_along_and_closes_nothing(team: Team, world: World):
    """Their request began while they were an admin."""
    jonas = team.join(world.person("Jonas Berg"), Role.ADMIN)
    before = Actor(team.id, ActorRole.ADMIN, jonas.user_id, jonas.name)
    change_role(jonas.user_id, Role.EDITOR, by=team.actor())

    for act in (
        lambda: begin_export(before),
        lambda: next(write_export(before)),
        lambda: close_organization(team.organization.name, by=before),
        lambda: move_organization("elsewhere", by=before),
    ):
        with pytest.raises(Denied):
            act()


def test_that_somebody_took_it_is_written_down(team: Team):
    begin_export(team.actor())

    with organization_scope(team.actor()) as scope:
        entry = scope.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.actor_name) == ("organization.exported", "Mara Lind")


def test_the_document_names_every_table_and_column():
    told = DOCUMENT.read_text()

    for table in exported_tables():
        section = told.partition(f"\n| `{table.name}` |")[2].partition("\n")[0]
        assert section, f"docs/export.md does not tell of {table.name}: run `python docs/export_format.py`"
        for column in exported_columns(table):
            assert f"`{column.name}`" in section, f"docs/export.md: {table.name} lacks {column.name}"
    assert Base.metadata.tables


def export_of(team: Team) -> dict:  # type: ignore[type-arg]
    return json.loads("".join(write_export(team.actor())))  # type: ignore[no-any-return]


def add_subscribers(owner_url: str, team: Team, number: int) -> None:
    """So many confirmed subscribers at once."""
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as owner:
        owner.execute(
            text(
                "INSERT INTO subscribers (organization_id, id, page_id, email, state, all_services, kinds,"
                " channel, source, consent, requested_at, manage_token_hash, confirmed_at, created_at)"
                " SELECT :mine, gen_random_uuid(), :page, 'reader' || n || '@customer.example', 'confirmed', true,"
                " '{incidents}', 'email', 'form', '', now(),"
                " sha256(n::text::bytea), now(), now() FROM generate_series(1, :number) AS n"
            ),
            {"mine": team.id, "page": team.page.page_id, "number": number},
        )
