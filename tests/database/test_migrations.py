"""The migrations make what the models say, and can be taken back."""

from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from app import create_app
from app.config import Environment, Settings
from app.database.migrations import newest_revision
from app.development.embedded import EmbeddedServers
from app.tables import Base

DIRECTORY = str(Path(__file__).parents[2] / "migrations")


@pytest.fixture
def own_database(servers: EmbeddedServers, template: str) -> str:
    """A migrated database of this test alone, as its owner."""
    server = create_engine(servers.database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as owner:
        owner.execute(text("DROP DATABASE IF EXISTS upfront_migrations"))
        owner.execute(text(f"CREATE DATABASE upfront_migrations TEMPLATE {template}"))
    return make_url(servers.database_url).set(database="upfront_migrations").render_as_string(hide_password=False)


def test_models_and_migrations_agree(own_database: str):
    engine = create_engine(own_database, poolclass=NullPool)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def test_they_can_be_taken_back_and_done_again(servers: EmbeddedServers, own_database: str):
    settings = Settings(
        environment=Environment.TESTING,
        database_url=own_database,
        database_owner_url=own_database,
        redis_url=servers.redis_url,
    )

    with create_app(settings).app_context():
        downgrade(directory=DIRECTORY, revision="base")
        upgrade(directory=DIRECTORY)

    engine = create_engine(own_database, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == newest_revision()


def test_windows_from_before_the_clock_are_kept_by_it(servers: EmbeddedServers, own_database: str):
    settings = Settings(
        environment=Environment.TESTING,
        database_url=own_database,
        database_owner_url=own_database,
        redis_url=servers.redis_url,
    )
    engine = create_engine(own_database, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    with create_app(settings).app_context(), engine.connect() as connection:
        downgrade(directory=DIRECTORY, revision="0004")
        connection.execute(text(OLD_WINDOWS))
        upgrade(directory=DIRECTORY)

    with engine.connect() as connection:
        kept = connection.execute(
            text(
                "SELECT stage, due_at - starts_at, completed_at - starts_at, lead_minutes, notify"
                " FROM maintenances ORDER BY title"
            )
        ).all()
    hour = timedelta(hours=1)
    assert kept == [
        ("scheduled", 0 * hour, None, [], True),
        ("in_progress", 2 * hour, None, [], True),
        ("completed", None, 2 * hour, [], True),
    ]


def test_incidents_from_before_keep_what_they_asked_and_when(servers: EmbeddedServers, own_database: str):
    settings = Settings(
        environment=Environment.TESTING,
        database_url=own_database,
        database_owner_url=own_database,
        redis_url=servers.redis_url,
    )
    engine = create_engine(own_database, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    with create_app(settings).app_context(), engine.connect() as connection:
        downgrade(directory=DIRECTORY, revision="0005")
        connection.execute(text(OLD_INCIDENTS))
        upgrade(directory=DIRECTORY)

    with engine.connect() as connection:
        said = connection.execute(
            text("SELECT at::time::text, affected FROM incident_statements ORDER BY incident_id, at")
        ).all()
        bore = connection.execute(
            text(
                "SELECT status, begins_at::time::text, ends_at::time::text FROM claim_periods"
                " ORDER BY begins_at, status, ends_at"
            )
        ).all()
    first, second = (f"00000000-0000-7000-8000-00000000000{number}" for number in (1, 2))
    assert said == [
        ("09:00:00", {first: "major_outage"}),
        ("09:30:00", {first: "major_outage", second: "partial_outage"}),
        ("09:00:00", {first: "major_outage"}),
    ]
    assert bore == [
        ("major_outage", "09:00:00", "10:00:00"),
        ("major_outage", "09:00:00", None),
        ("partial_outage", "09:30:00", "10:00:00"),
    ]


def test_what_subscribers_were_told_stays_when_members_are_told_too(servers: EmbeddedServers, own_database: str):
    settings = Settings(
        environment=Environment.TESTING,
        database_url=own_database,
        database_owner_url=own_database,
        redis_url=servers.redis_url,
    )
    engine = create_engine(own_database, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    with create_app(settings).app_context(), engine.connect() as connection:
        downgrade(directory=DIRECTORY, revision="0006")
        connection.execute(text(OLD_DELIVERY))
        upgrade(directory=DIRECTORY)
        story = connection.scalar(text("SELECT story_id FROM notifications"))
        goes_on = connection.scalar(text("SELECT page_id = organization_id FROM notifications"))
        counted = connection.execute(text("SELECT size, sent, failed, channel FROM delivery_batches")).one()
        connection.execute(text(MEMBERS_DELIVERY))
        downgrade(directory=DIRECTORY, revision="0006")

    with engine.connect() as connection:
        assert connection.scalars(text("SELECT address FROM deliveries")).all() == ["ada@customer.example"]
        assert connection.scalar(text("SELECT incident_id FROM notifications")) == story
    assert goes_on, "what was told goes on on the first page"
    assert counted == (1, 1, 0, "email")


def test_addresses_of_one_mailbox_become_one_subscriber_who_hears_no_less(servers: EmbeddedServers, own_database: str):
    settings = Settings(
        environment=Environment.TESTING,
        database_url=own_database,
        database_owner_url=own_database,
        redis_url=servers.redis_url,
    )
    engine = create_engine(own_database, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    with create_app(settings).app_context(), engine.connect() as connection:
        downgrade(directory=DIRECTORY, revision="0017")
        connection.execute(text(OLD_SUBSCRIBERS))
        upgrade(directory=DIRECTORY)
        kept = connection.execute(
            text("SELECT email, mailbox, state, all_services FROM subscribers ORDER BY email")
        ).all()
        chosen = connection.scalar(text("SELECT count(*) FROM subscriber_choices"))
        left = connection.scalar(
            text(
                "SELECT mailbox_hash = sha256(convert_to(organization_id || '\\:left@customer.example', 'UTF8'))"
                " FROM suppressions"
            )
        )
        downgrade(directory=DIRECTORY, revision="0017")
        services = connection.scalar(text("SELECT count(*) FROM subscriber_services"))

    assert kept == [
        ("ada@customer.example", "ada@customer.example", "confirmed", True),
        ("bob+x@customer.example", "bob@customer.example", "confirmed", False),
        ("left@customer.example", "left@customer.example", "unsubscribed", True),
    ]
    assert (chosen, left, services) == (1, True, 1)


def test_people_and_organizations_from_before_settings_have_chosen_nothing(servers: EmbeddedServers, own_database: str):
    settings = Settings(
        environment=Environment.TESTING,
        database_url=own_database,
        database_owner_url=own_database,
        redis_url=servers.redis_url,
    )
    engine = create_engine(own_database, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    with create_app(settings).app_context(), engine.connect() as connection:
        downgrade(directory=DIRECTORY, revision="0003")
        connection.execute(text(OLD_PEOPLE))
        upgrade(directory=DIRECTORY)
        person = connection.execute(text("SELECT name, name_is_own, time_zone, language, avatar_id FROM users")).one()
        closing_at = connection.execute(text("SELECT closing_at FROM organizations")).scalar_one()
        downgrade(directory=DIRECTORY, revision="0003")
        names = connection.scalars(text("SELECT name FROM users")).all()

    assert person == ("Ada", False, None, None, None)
    assert closing_at is None
    assert names == ["Ada"]


OLD_PEOPLE = """
INSERT INTO organizations (id, name, slug, time_zone, created_at)
VALUES ('00000000-0000-7000-8000-000000000001', 'Old', 'old', 'UTC', now());
INSERT INTO users (id, email, name, created_at)
VALUES ('00000000-0000-7000-8000-000000000002', 'ada@northwind.example', 'Ada', now());
"""

OLD_INCIDENTS = """
INSERT INTO organizations (id, name, slug, time_zone, created_at)
VALUES ('00000000-0000-7000-8000-000000000001', 'Old', 'old', 'UTC', now());
INSERT INTO services (organization_id, id, name, description, position, status, status_since, created_at)
SELECT organizations.id, ('00000000-0000-7000-8000-00000000000' || number)::uuid, number::text, '', number,
    'operational', now(), now()
FROM organizations, generate_series(1, 2) AS number;
INSERT INTO incidents
    (organization_id, id, title, stage, impact, started_at, resolved_at, version, created_at, created_by_name)
SELECT organizations.id, ('00000000-0000-7000-8000-00000000000' || number)::uuid, 'Errors', stage, 'major',
    '2026-11-21 09:00Z', resolved_at, 1, now(), 'Mara'
FROM organizations, (VALUES
    (1, 'resolved', timestamptz '2026-11-21 10:00Z'), (2, 'investigating', NULL)
) AS incident (number, stage, resolved_at);
INSERT INTO incident_services (organization_id, incident_id, service_id, status, asked_at, from_status)
SELECT organizations.id, ('00000000-0000-7000-8000-00000000000' || incident)::uuid,
    ('00000000-0000-7000-8000-00000000000' || service)::uuid, status, asked_at, 'operational'
FROM organizations, (VALUES
    (1, 1, 'major_outage', timestamptz '2026-11-21 09:00Z'), (1, 2, 'partial_outage', '2026-11-21 09:30Z'),
    (2, 1, 'major_outage', '2026-11-21 09:00Z')
) AS ask (incident, service, status, asked_at)
"""

OLD_DELIVERY = """
INSERT INTO organizations (id, name, slug, time_zone, created_at)
VALUES ('00000000-0000-7000-8000-000000000001', 'Old', 'old', 'UTC', now());
INSERT INTO pages (organization_id, id, slug, name, visibility, time_zone, created_at)
SELECT id, id, 'old', 'Old', 'public', 'UTC', now() FROM organizations;
INSERT INTO subscribers (organization_id, id, email, state, all_services, requested_at, manage_token_hash, created_at)
SELECT id, id, 'ada@customer.example', 'confirmed', true, now(), '', now() FROM organizations;
INSERT INTO notifications (organization_id, id, event_id, kind, incident_id, revision, service_ids, notice, created_at)
SELECT id, id, id, 'incident.created', gen_random_uuid(), 1, '{}', '{}', now() FROM organizations;
INSERT INTO delivery_batches
    (organization_id, id, notification_id, sequence, state, attempts, next_attempt_at, created_at)
SELECT id, id, id, 0, 'done', 1, now(), now() FROM organizations;
INSERT INTO deliveries
    (organization_id, id, notification_id, batch_id, subscriber_id, channel, address, about, state, created_at)
SELECT id, id, id, id, id, 'email', 'ada@customer.example', '', 'sent', now() FROM organizations
"""

OLD_SUBSCRIBERS = """
INSERT INTO organizations (id, name, slug, time_zone, created_at)
VALUES ('00000000-0000-7000-8000-000000000001', 'Old', 'old', 'UTC', now());
INSERT INTO pages (organization_id, id, slug, name, visibility, time_zone, shows_all, language, languages, created_at)
SELECT id, id, 'old', 'Old', 'public', 'UTC', true, 'en', '{en}', now() FROM organizations;
INSERT INTO services (organization_id, id, name, description, position, status, status_since, created_at)
SELECT id, id, 'API', '', 1, 'operational', now(), now() FROM organizations;
INSERT INTO subscribers
    (organization_id, id, page_id, email, state, all_services, requested_at, manage_token_hash, created_at)
SELECT organizations.id, ('00000000-0000-7000-8000-00000000000' || number)::uuid, organizations.id,
    email || '@customer.example', state, everything, now(), number::text::bytea, now()
FROM organizations, (VALUES
    (1, 'ada+news', 'confirmed', true), (2, 'ada', 'confirmed', false),
    (3, 'bob', 'pending', true), (4, 'bob+x', 'confirmed', false),
    (5, 'left', 'unsubscribed', true)
) AS subscriber (number, email, state, everything);
INSERT INTO subscriber_services (organization_id, subscriber_id, service_id)
SELECT id, '00000000-0000-7000-8000-000000000004', id FROM organizations
"""

MEMBERS_DELIVERY = """
INSERT INTO deliveries (organization_id, id, notification_id, batch_id, channel, address, about, state, created_at)
SELECT id, gen_random_uuid(), id, id, 'email', 'mara@northwind.example', '', 'sent', now() FROM organizations
"""

OLD_WINDOWS = """
INSERT INTO organizations (id, name, slug, time_zone, created_at)
VALUES ('00000000-0000-7000-8000-000000000001', 'Old', 'old', 'UTC', now());
INSERT INTO maintenances
    (organization_id, id, title, message, html, stage, starts_at, ends_at, started_at, created_at)
SELECT '00000000-0000-7000-8000-000000000001', gen_random_uuid(), number::text, '', '', stage,
    starts_at, starts_at + interval '2 hours', CASE WHEN number > 1 THEN starts_at END, '2026-11-01'
FROM (VALUES
    (1, 'scheduled', timestamptz '2027-01-01 10:00Z'),
    (2, 'in_progress', '2026-11-21 10:00Z'),
    (3, 'completed', '2026-11-02 10:00Z')
) AS old (number, stage, starts_at)
"""
