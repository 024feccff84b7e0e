"""On a managed server the owner of the tables is no superuser: row-level security binds them, too."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, delete, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from app import create_app
from app.accounts.deletion import delete_account
from app.accounts.models import User
from app.config import Environment, Settings
from app.database.roles import APPLICATION_ROLE, SYSTEM_ROLE
from app.database.scope import system_scope
from app.development.embedded import EmbeddedServers
from app.extensions import db
from app.organizations.models import Organization
from app.organizations.rules import Role
from tests.builders import World


@pytest.fixture
def plain_app(servers: EmbeddedServers, template: str) -> Iterator[Flask]:
    """The application on tables that belong to somebody who may do nothing else."""
    superuser = create_engine(servers.database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with superuser.connect() as connection:
        for statement in (
            "CREATE ROLE plain_owner LOGIN CREATEROLE",
            f"GRANT {APPLICATION_ROLE}, {SYSTEM_ROLE} TO plain_owner WITH ADMIN OPTION",
            "CREATE DATABASE upfront_plain OWNER plain_owner",
        ):
            connection.execute(text(statement))
    database = make_url(servers.database_url).set(database="upfront_plain")
    owner, login = (
        database.set(username=role).render_as_string(hide_password=False) for role in ("plain_owner", APPLICATION_ROLE)
    )
    with create_app(settings_for(servers, owner)).app_context():
        upgrade(directory=str(Path(__file__).parents[2] / "migrations"))
    made = create_app(settings_for(servers, login))
    with made.app_context():
        yield made
        db.engine.dispose()
    with superuser.connect() as connection:
        connection.execute(text("DROP DATABASE upfront_plain WITH (FORCE)"))


def settings_for(servers: EmbeddedServers, database_url: str) -> Settings:
    return Settings(
        environment=Environment.TESTING,
        database_url=database_url,
        database_owner_url=database_url,
        redis_url=servers.redis_url,
    )


def test_an_admin_is_kept_and_everything_else_may_go(plain_app: Flask):
    team = World(plain_app).team()
    jonas = team.join(team.world.person("Jonas Berg"), Role.ADMIN)

    delete_account(jonas.user_id, jonas.email)
    with pytest.raises(IntegrityError, match="without an admin"), system_scope("a test takes the last one") as scope:
        scope.session.execute(delete(User).where(User.id == team.founder.user_id))
    with system_scope("a test has an organization go") as scope:
        scope.session.execute(delete(Organization).where(Organization.id == team.id))

    with system_scope("a test looks what is left") as scope:
        assert scope.session.scalar(text("SELECT count(*) FROM memberships")) == 0
