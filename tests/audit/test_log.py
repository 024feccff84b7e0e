"""The log, read by filters a page at a time; taken along; forgotten when its time is over."""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import UUID

import pytest
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.pool import NullPool

from app import clock
from app.addresses.actions import OrganizationDetails, edit_organization
from app.audit import queries
from app.audit.actions import COLUMNS, begin_export, forget_expired_entries, write_table
from app.audit.queries import PAGE, Filters, list_entries, list_people
from app.database.actor import Actor, ActorRole
from app.database.audit import AuditEntry
from app.database.scope import organization_scope
from app.errors import Denied
from app.extensions import db
from app.organizations.rules import Role
from app.teams.actions import change_role
from tests.builders import Team, World


def test_the_newest_comes_first_with_who_what_and_where(team: Team):
    team.service("API")
    team.service("Web")

    entries = list_entries(team.actor(), Filters()).entries

    assert [entry.subject_name for entry in entries[:2]] == ["Web", "API"]
    assert (entries[0].action, entries[0].actor_name, entries[0].actor_role) == (
        "service.created",
        "Mara Lind",
        "admin",
    )


def test_the_filters_narrow_it_down_alone_and_together(team: Team):
    team.incident(affects={team.service("API"): "partial_outage"})
    with organization_scope(Actor.clock(team.id)) as scope:
        scope.record("maintenance.started", name="Upgrade")
    actor, mara = team.actor(), team.founder.user_id
    names = {
        "person": Filters(user_id=mara),
        "clock": Filters(role=ActorRole.WORKER),
        "thing": Filters(thing="service"),
        "action": Filters(action="incident.created"),
        "subject": Filters(subject="rror RATES"),
        "together": Filters(user_id=mara, thing="incident", subject="elevated"),
        "nothing": Filters(role=ActorRole.WORKER, thing="incident"),
    }

    found = {name: [entry.action for entry in list_entries(actor, wanted).entries] for name, wanted in names.items()}

    assert found["clock"] == ["maintenance.started"]
    assert found["thing"] == ["service.created"]
    assert found["action"] == found["subject"] == found["together"] == ["incident.created"]
    assert found["nothing"] == []
    assert found["person"][:2] == ["incident.created", "service.created"]


def test_a_kind_of_thing_is_not_taken_for_a_longer_one(team: Team):
    team.group("Platform")

    assert list_entries(team.actor(), Filters(thing="service")).entries == ()


def test_letters_that_mean_something_to_the_database_are_letters(team: Team):
    team.service("100% API")
    team.service("1000 API")

    found = list_entries(team.actor(), Filters(subject="100%")).entries

    assert [entry.subject_name for entry in found] == ["100% API"]


def test_everything_about_one_thing_is_found_by_its_id(team: Team):
    service = team.service("API")
    team.service("Web")
    team.set_status(service, "major_outage")

    found = list_entries(team.actor(), Filters(subject_id=service.id)).entries

    assert [entry.action for entry in found] == ["service.status_changed", "service.created"]


def test_days_are_bounds(team: Team):
    team.service("API")
    now = clock.now()

    def found(**bounds: datetime) -> int:
        return len(list_entries(team.actor(), Filters(thing="service", **bounds)).entries)

    assert found(since=now - timedelta(hours=1), until=now + timedelta(hours=1)) == 1
    assert found(since=now + timedelta(hours=1)) == found(until=now - timedelta(hours=1)) == 0


def test_it_goes_on_where_the_last_page_ended_without_gap_or_repetition(team: Team, owner_url: str):
    add_entries(owner_url, team, 2 * PAGE + 10)  # many at the very same moment
    actor = team.actor()
    pages, after = [], None
    while True:
        listed = list_entries(actor, Filters(thing="bulk"), after=after)
        pages.append([entry.id for entry in listed.entries])
        after = listed.next_page
        if after is None:
            break

    ids = [one for page in pages for one in page]
    assert [len(page) for page in pages] == [PAGE, PAGE, 10]
    assert len(set(ids)) == 2 * PAGE + 10


def test_a_page_far_down_in_a_hundred_thousand_entries_reads_no_more_than_itself(team: Team, owner_url: str):
    add_entries(owner_url, team, 100_000)
    actor = team.actor()
    middle = nth_entry(owner_url, team, 50_000)
    statements: list[tuple[str, object]] = []

    def note(_c: object, _cu: object, statement: str, parameters: object, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    list_entries(actor, Filters(), after=middle)
    list_entries(actor, Filters(user_id=team.founder.user_id), after=middle)
    event.remove(db.engine, "before_cursor_execute", note)

    reads = [one for one in statements if "FROM audit_entries" in one[0]]
    assert len(reads) == 2
    for statement, parameters in reads:
        assert rows_read(actor, statement, parameters) < 5 * PAGE


def test_another_organizations_log_is_not_seen(team: Team, world: World):
    contoso = world.team("Contoso", "contoso")
    service = contoso.service("Theirs")

    found = list_entries(team.actor(), Filters(subject_id=service.id)).entries

    assert found == ()
    assert all("Contoso" not in entry.subject_name for entry in list_entries(team.actor(), Filters()).entries)


def test_editors_and_viewers_read_nothing_of_it(team: Team):
    team.service("API")

    for role in (ActorRole.EDITOR, ActorRole.VIEWER, ActorRole.VISITOR):
        assert list_entries(team.actor(role), Filters()).entries == ()


def test_the_members_are_there_to_filter_by(team: Team):
    team.member(Role.EDITOR)

    assert [person.name for person in list_people(team.actor())] == ["Jonas Berg", "Mara Lind"]


def test_the_table_has_a_line_for_each_entry_and_no_formula(team: Team):
    team.service("=HYPERLINK(1)")

    lines = list(csv.reader(StringIO("".join(write_table(Filters(thing="service"), by=team.actor())), newline="")))

    assert tuple(lines[0]) == COLUMNS
    cells = dict(zip(COLUMNS, lines[1], strict=True))
    assert len(lines) == 2
    assert cells["subject"] == "'=HYPERLINK(1)"
    assert cells["what"] == "created the service =HYPERLINK(1)"
    assert cells["at"].endswith("Z")


def test_that_somebody_took_the_log_along_stands_in_it(team: Team):
    begin_export(Filters(thing="service", since=datetime(2026, 11, 1, tzinfo=UTC)), by=team.actor())

    entry = list_entries(team.actor(), Filters()).entries[0]
    assert entry.action == "audit_log.exported"
    assert entry.changes == {"thing": [None, "service"], "since": [None, "2026-11-01T00:00:00+00:00"]}


def test_what_is_older_than_the_retention_is_forgotten_and_nothing_else(team: Team, world: World, owner_url: str):
    contoso = world.team("Contoso", "contoso")
    for one in (team, contoso):
        add_entries(owner_url, one, 3, days_ago=40)
        add_entries(owner_url, one, 2, days_ago=20)
    edit_organization(OrganizationDetails("Northwind Cloud", "Europe/Berlin", 30), by=team.actor())

    forget_expired_entries()

    assert count_bulk(team) == 2
    assert count_bulk(contoso) == 5


def add_entries(owner_url: str, team: Team, number: int, *, days_ago: int = 0) -> None:
    """So many entries at once, ten at each second."""
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as owner:
        owner.execute(
            text(
                "INSERT INTO audit_entries (organization_id, id, at, action, subject_name, changes, actor_role,"
                " actor_user_id, actor_name, address)"
                " SELECT :mine, gen_random_uuid(), now() - make_interval(days => :days_ago, secs => n / 10),"
                " 'bulk.made', 'Entry ' || n, '{}', 'admin', :person, 'Mara Lind', ''"
                " FROM generate_series(1, :number) AS n"
            ),
            {"mine": team.id, "person": team.founder.user_id, "number": number, "days_ago": days_ago},
        )
        if number > 1000:
            owner.execute(text("ANALYZE audit_entries"))


def nth_entry(owner_url: str, team: Team, number: int) -> UUID:
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.connect() as owner:
        found: UUID = owner.execute(
            text("SELECT id FROM audit_entries WHERE organization_id = :mine ORDER BY at DESC OFFSET :number LIMIT 1"),
            {"mine": team.id, "number": number},
        ).scalar_one()
    return found


def rows_read(actor: Actor, statement: str, parameters: object) -> float:
    """The most rows that any step of the plan produced or threw away."""
    with organization_scope(actor) as scope:
        explained = scope.session.connection().exec_driver_sql(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}",
            parameters,  # type: ignore[arg-type]
        )
        plan = explained.scalar_one()[0]["Plan"]

    def most(node: Mapping[str, object]) -> float:
        own = float(str(node["Actual Rows"])) + float(str(node.get("Rows Removed by Filter", 0)))
        return max([own, *(most(child) for child in node.get("Plans", []))])  # type: ignore[attr-defined]

    return most(plan)


def count_bulk(team: Team) -> int:
    with organization_scope(team.actor()) as scope:
        return len(scope.session.scalars(select(AuditEntry.id).where(AuditEntry.action == "bulk.made")).all())


def test_the_table_breaks_off_when_its_reader_is_no_admin_any_more(team: Team, world: World, monkeypatch):
    monkeypatch.setattr(queries, "TABLE_PAGE", 2)
    jonas = team.join(world.person("Jonas Berg"), Role.ADMIN)
    before = Actor(team.id, ActorRole.ADMIN, jonas.user_id, jonas.name)
    lines = write_table(Filters(), by=before)
    begun = [next(lines), next(lines)]

    change_role(jonas.user_id, Role.EDITOR, by=team.actor())

    assert len(begun) == 2
    with pytest.raises(Denied):
        list(lines)
    with pytest.raises(Denied):
        begin_export(Filters(), by=before)
