"""Nothing waits without end: the limits are read where they hold, in the server's own words."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from app import create_app
from app.config import Settings
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.extensions import db
from app.services.models import Service
from tests.builders import Team

ORGANIZATION = "current_setting('app.organization_id', true)"
ROLE = "current_setting('app.actor_role', true)"
LIMITS = {"lock_timeout": "3s", "idle_in_transaction_session_timeout": "10s", "TimeZone": "UTC"}


@pytest.mark.parametrize(("for_worker", "longest_statement"), [(False, "5s"), (True, "30s")])
def test_every_limit_is_set(app: Flask, test_settings: Settings, for_worker: bool, longest_statement: str):
    application = create_app(test_settings, for_worker=for_worker)

    with application.app_context():
        with db.engine.connect() as connection:
            found = {name: connection.scalar(text(f"SHOW {name}")) for name in [*LIMITS, "statement_timeout"]}
        db.engine.dispose()

    assert found == LIMITS | {"statement_timeout": longest_statement}


def test_connecting_and_redis_have_limits_too(app: Flask):
    with db.engine.connect() as connection:
        parameters = connection.connection.dbapi_connection.info.get_parameters()
    redis = app.extensions["upfront.redis"].connection_pool.connection_kwargs

    assert parameters["connect_timeout"] == "3"
    assert (redis["socket_timeout"], redis["socket_connect_timeout"]) == (1, 1)


def test_what_one_request_said_of_itself_is_forgotten_by_the_next(team: Team):
    with organization_scope(team.actor()) as scope:
        backend = scope.session.scalar(text("SELECT pg_backend_pid()"))

    with db.engine.connect() as connection:
        same = connection.scalar(text("SELECT pg_backend_pid()"))
        left = connection.execute(text(f"SELECT {ORGANIZATION}, {ROLE}, current_user")).one()

    assert same == backend
    assert tuple(left) == ("", "", "upfront_app")


def test_a_failed_transaction_leaves_nothing_behind(team: Team):
    with pytest.raises(ProgrammingError), organization_scope(team.actor()) as scope:
        scope.session.execute(text("SELECT nothing"))

    with db.engine.connect() as connection:
        organization = connection.scalar(text(f"SELECT {ORGANIZATION}"))
        service_rows = connection.scalar(text("SELECT count(*) FROM services"))

    assert (organization, service_rows) == ("", 0)


def test_a_read_only_scope_refuses_writes(team: Team):
    service = team.service("API")

    with pytest.raises(Exception, match="read-only"), organization_scope(team.actor(), read_only=True) as scope:
        scope.get(Service, service.id).name = "Other"


def test_a_visitor_reads_and_cannot_write(team: Team):
    service = team.service("API")

    with organization_scope(Actor.visitor(team.id)) as scope:
        shown = scope.get(Service, service.id).name
        changed = scope.session.execute(text("UPDATE services SET name = 'Other'")).rowcount

    assert (shown, changed) == ("API", 0)


def test_what_a_failed_statement_was_given_is_not_told(team: Team):
    with pytest.raises(DBAPIError) as failure, organization_scope(team.actor()) as scope:
        scope.session.execute(text("SELECT 1 / 0 WHERE :address <> ''"), {"address": "ada@customer.example"})

    assert "1 / 0" in str(failure.value)
    assert "ada@customer.example" not in str(failure.value)
