"""What tests stand on: a real PostgreSQL and Redis for each test process, and builders that read like the story."""

import gc
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from time import monotonic
from types import SimpleNamespace

import pytest
from flask import Flask
from flask_migrate import upgrade
from hypothesis import settings as property_tests
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool
from sqlalchemy.pool import base as pool_base

from app import create_app
from app.config import Environment, Settings
from app.database.roles import APPLICATION_ROLE, create_roles
from app.development.embedded import EmbeddedServers
from app.extensions import db
from tests.browsers import HttpBrowser
from tests.builders import Team, World
from tests.examples import examples
from tests.founding import EXTENSION as FOUNDING
from tests.founding import Founding

pytest_plugins = ["tests.chromium", "tests.running"]

# A busy machine is no failure: how long one example takes says nothing here.
property_tests.register_profile("upfront", deadline=None, max_examples=examples(40))
property_tests.load_profile("upfront")


# The pool remembers when connections were made and when they were lost. In a test's own time it would take one that was
# made in the future for newer than the loss, and hand it to the next test.
pool_base.time = SimpleNamespace(time=monotonic)  # type: ignore[assignment]


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One process more than there are cores: each waits a third of its time, for servers, browsers and the clock."""
    return (yield) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, in one process: pytest-xdist gives away from the end of what a process has.

    The stories come before the tests that end the run in which they happen.
    """
    items.sort(key=lambda item: (item.get_closest_marker("slow") is None, "stories" not in item.path.parts))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end, and of what tests leave nearly all goes by itself: looking for
    garbage as often as usual takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


TEMPLATE = "upfront_template"
DATABASE = "upfront_test"


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """A throwaway PostgreSQL and Redis of this test process alone."""
    with EmbeddedServers(tmp_path_factory.mktemp("servers"), durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def template(servers: EmbeddedServers) -> str:
    """The name of a migrated, empty database to copy."""
    _as_owner(servers, f"CREATE DATABASE {TEMPLATE}")
    owner = _owner_url(servers, TEMPLATE)
    engine = create_engine(owner, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        create_roles(connection, password=None)
    settings = Settings(
        environment=Environment.TESTING, database_url=owner, database_owner_url=owner, redis_url=servers.redis_url
    )
    with create_app(settings).app_context():
        upgrade(directory=str(Path(__file__).parents[1] / "migrations"))
    return TEMPLATE


@pytest.fixture(scope="session")
def test_settings(servers: EmbeddedServers, template: str) -> Settings:
    """The application's settings: its own weak login on a copy of the template."""
    _as_owner(servers, f"CREATE DATABASE {DATABASE} TEMPLATE {template}")
    login = make_url(_owner_url(servers, DATABASE)).set(username=APPLICATION_ROLE)
    return Settings(
        environment=Environment.TESTING,
        base_url="http://localhost",
        oidc_issuer="http://127.0.0.1:1",
        database_url=login.render_as_string(hide_password=False),
        redis_url=servers.redis_url,
    )


@pytest.fixture(scope="session")
def application(test_settings: Settings) -> Iterator[Flask]:
    """One application for the whole test process; `app` is it with everything emptied."""
    made = create_app(test_settings)
    made.testing = True
    made.test_client_class = HttpBrowser
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def owner_url(servers: EmbeddedServers, test_settings: Settings) -> str:
    """The test database as its owner, for what the application's login may not do."""
    return _owner_url(servers, DATABASE)


@pytest.fixture(scope="session")
def emptied(application: Flask, owner_url: str) -> Iterator[Callable[[], AbstractContextManager[Flask]]]:
    """For a module whose tests all look at the same rows and change none: `app`, for as long as the module likes."""
    # One connection for all: a new one reads PostgreSQL's catalogue first, which takes four times as long as the rest.
    owner = create_engine(owner_url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)

    @contextmanager
    def begin_anew() -> Iterator[Flask]:
        with owner.connect() as connection:
            connection.execute(text(EMPTY_ALL_TABLES))
        application.extensions["upfront.redis"].flushdb()
        with application.app_context():
            yield application

    with begin_anew():
        application.extensions[FOUNDING] = Founding(owner)
    yield begin_anew
    owner.dispose()


@pytest.fixture
def app(emptied: Callable[[], AbstractContextManager[Flask]]) -> Iterator[Flask]:
    """The application on an empty database and an empty Redis, with its context pushed."""
    with emptied() as application:
        yield application


@pytest.fixture
def client(app: Flask) -> HttpBrowser:
    """A browser without a cookie."""
    return HttpBrowser(app, app.response_class)


@pytest.fixture
def world(app: Flask) -> World:
    """Where organizations and people are made."""
    return World(app)


@pytest.fixture
def team(world: World) -> Team:
    """One organization, "Northwind Cloud" at /northwind, with an admin."""
    return world.team("Northwind Cloud", "northwind")


def _owner_url(servers: EmbeddedServers, database: str) -> str:
    return make_url(servers.database_url).set(database=database).render_as_string(hide_password=False)


def _as_owner(servers: EmbeddedServers, statement: str) -> None:
    engine = create_engine(servers.database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))


# Not TRUNCATE: it makes the files of every table and index anew, which takes a hundred times as long as a few rows do.
EMPTY_ALL_TABLES = """
DO $$
DECLARE one record;
BEGIN
    SET LOCAL session_replication_role = replica; -- foreign keys ask for no order then
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('LOCK TABLE %I IN EXCLUSIVE MODE', one.tablename); -- whoever still writes finishes first
        EXECUTE format('DELETE FROM %I', one.tablename);
    END LOOP;
    PERFORM setval(format('%I', sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE schemaname = 'public';
END $$
"""
