"""Walks every table: what a visitor of the organization may read of it, whatever a query of ours asks for.

Rows only: who wrote a message stands in the same row as the message, and is left out where pages are built.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from app.access.queries import read_access, read_password_hash
from app.addresses.actions import move_page
from app.addresses.pages import NewPage, create_page
from app.announcements.actions import remove_announcement
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.extensions import db
from app.tables import Base
from tests.builders import Team, World

ALL = "true"
OF_PUBLIC_INCIDENT = "incident_id IN (SELECT id FROM incidents WHERE deleted_at IS NULL)"
PUBLIC_ANNOUNCEMENT = "published_at IS NOT NULL AND removed_at IS NULL"

PUBLIC = {
    "organizations": ALL,
    "revisions": ALL,
    # The rows of private pages are for their gate, which looks before it is known who asks.
    "pages": "visibility = 'public'",
    # Whose pages these belong to, the gate has asked; a closed page is made of them for those whom it lets in.
    "page_items": ALL,
    "page_files": ALL,
    "service_groups": ALL,
    "services": ALL,
    "status_changes": ALL,
    "service_days": ALL,
    "incidents": "deleted_at IS NULL",
    "incident_services": OF_PUBLIC_INCIDENT,
    "incident_updates": OF_PUBLIC_INCIDENT,
    "postmortems": f"published_at IS NOT NULL AND {OF_PUBLIC_INCIDENT}",
    "maintenances": ALL,
    "maintenance_services": ALL,
    "maintenance_updates": ALL,
    "announcements": PUBLIC_ANNOUNCEMENT,
    "text_translations": f"""subject_id IN (
        SELECT id FROM incidents WHERE deleted_at IS NULL UNION ALL
        SELECT id FROM incident_updates WHERE {OF_PUBLIC_INCIDENT} UNION ALL
        SELECT id FROM maintenances UNION ALL SELECT id FROM maintenance_updates UNION ALL
        SELECT id FROM announcements WHERE {PUBLIC_ANNOUNCEMENT}
    )""",
    "told_figures": ALL,
}
"""Tables of which visitors see something, and which rows that is."""

NOTHING = {
    "access_links",
    "asked_mailboxes",
    "audit_entries",
    "avatars",
    "claim_periods",
    "closings",
    "day_zones",
    "deliveries",
    "delivery_batches",
    "events",
    "first_steps",
    "identities",
    "incident_drafts",
    "incident_statements",
    "incident_words",
    "invitations",
    "mail_senders",
    "maintenance_series",
    "maintenance_series_services",
    "memberships",
    "message_template_services",
    "message_templates",
    "notifications",
    "page_access",
    "page_domains",
    "provider_reports",
    "push_endpoints",
    "retired_slugs",
    "service_claims",
    "service_dependencies",
    "sessions",
    "subscriber_choices",
    "subscriber_errands",
    "subscriber_import_pieces",
    "subscriber_imports",
    "subscribers",
    "suppressions",
    "text_edits",
    "users",
}
"""Tables that are no visitor's business."""

TRANSLATED = {
    "incident": ("incidents", "incident_drafts"),
    "incident_update": ("incident_updates",),
    "maintenance": ("maintenances",),
    "maintenance_update": ("maintenance_updates",),
    "announcement": ("announcements",),
}


def test_of_every_table_it_is_said_what_visitors_see():
    assert PUBLIC.keys() | NOTHING == set(Base.metadata.tables)
    assert not PUBLIC.keys() & NOTHING


@pytest.mark.parametrize("table", sorted(PUBLIC))
def test_visitors_see_what_is_public(owner: Connection, visitor: Connection, team: Team, table: str):
    mine = "id" if table == "organizations" else "organization_id"
    rows = f"SELECT ctid::text FROM {table} WHERE {mine} = :team"

    seen = set(visitor.execute(text(rows), {"team": team.id}).scalars())

    assert seen == set(owner.execute(text(f"{rows} AND {PUBLIC[table]}"), {"team": team.id}).scalars())
    if PUBLIC[table] != ALL:
        assert 0 < len(seen) < len(owner.execute(text(rows), {"team": team.id}).all()), "there is nothing to hide"


@pytest.mark.parametrize("table", sorted(NOTHING))
def test_visitors_see_nothing_else(owner: Connection, visitor: Connection, table: str):
    may_ask = visitor.scalar(text("SELECT has_table_privilege(:table, 'SELECT')"), {"table": table})

    seen = visitor.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() if may_ask else 0

    assert seen == 0


def test_the_gate_is_told_of_one_page_what_it_needs_to_know(app: Flask, world: World):
    by_password, by_network = world.team("Acme"), world.team("Contoso")
    by_network.close_page("password", password="open sesame")
    page = by_network.close_page("networks", networks="203.0.113.0/24")
    other = by_password.close_page("password", password="open sesame")

    assert read_access(page).networks == ("203.0.113.0/24",)
    assert read_password_hash(page) == "", "it is not asked for any more"
    assert read_access(other).networks == ()
    assert read_password_hash(other) != ""


def test_nobody_asks_for_the_gate_of_another_organizations_page(app: Flask, world: World):
    theirs = world.team("Contoso").close_page("password", password="open sesame")
    visitor = Actor.visitor(world.team("Acme").id)

    with organization_scope(visitor) as scope:
        answers = scope.session.execute(
            text("SELECT password_hash_of_page(:page), (SELECT way FROM way_into_page(:page))"),
            {"page": theirs.page_id},
        ).one()

    assert tuple(answers) == (None, None)


@pytest.fixture(scope="module")
def filled(emptied: Callable[[], AbstractContextManager[Flask]], owner_url: str) -> Iterator[Team]:
    """Made once, with something in each table that is not for visitors: no test here changes anything."""
    with emptied() as app:
        team = World(app).team("Northwind Cloud", "northwind")
        team.fill()
        gone = team.incident("Gone", affects={team.service("Website"): "major_outage"}, stage="resolved")
        team.postmortem(gone)
        team.delete(gone)
        team.postmortem(team.incident("Not yet", stage="resolved"), published=False)
        remove_announcement(team.announcement("Removed").id, by=team.actor())
        team.close_page("password", password="open sesame")
        create_page(NewPage("Another", "another", "UTC"), by=team.actor())
        move_page(team.page.page_id, "moved", by=team.actor())
        engine = create_engine(owner_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as owner:
            owner.execute(text("DELETE FROM text_translations"))
            for subject, tables in TRANSLATED.items():
                for table in tables:
                    owner.execute(
                        text(
                            "INSERT INTO text_translations SELECT organization_id, id, 'de', :subject, 'x', 'x', 'x'"
                            f" FROM {table}"
                        ),
                        {"subject": subject},
                    )
        yield team


@pytest.fixture
def team(filled: Team) -> Team:
    return filled


@pytest.fixture
def owner(application: Flask, owner_url: str) -> Iterator[Connection]:
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def visitor(application: Flask, team: Team) -> Iterator[Connection]:
    """A connection of the application's that works for a visitor of the team."""
    with application.app_context(), db.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT set_config('app.organization_id', :team, true), set_config('app.actor_role', 'visitor', true),"
                " set_config('app.user_id', '', true)"
            ),
            {"team": str(team.id)},
        )
        yield connection
        connection.rollback()
