"""A page whose database is away, behind the cache as in production."""

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from werkzeug.test import Client

from app.errors import Unavailable
from app.extensions import db
from app.live.revisions import Revisions
from app.pages.cache import PageCache
from app.web.caching import shared_reads
from tests.builders import Team


@pytest.fixture
def revisions() -> Revisions:
    revisions = Revisions()
    revisions.confirm()
    return revisions


@pytest.fixture
def visitor(app: Flask, revisions: Revisions) -> Client:
    return Client(PageCache(app, revisions, shared_reads(app)))


def test_the_last_known_state_is_shown_and_says_so(
    team: Team, visitor: Client, revisions: Revisions, monkeypatch: pytest.MonkeyPatch
):
    team.service("API")
    calm = visitor.get("/northwind").text

    def away(slug: str) -> None:
        raise Unavailable

    monkeypatch.setattr("app.blueprints.public.page.open_page", away)
    revisions.advance(team.id, 99)
    shown = visitor.get("/northwind").text

    assert "You are seeing the last known state" not in calm
    assert "You are seeing the last known state" in shown
    assert "All systems operational" in shown


def test_a_broken_connection_is_mended_by_the_next_visitor(team: Team, visitor: Client, owner_url: str):
    # A connection that a test made in another time would seem newer than the loss, and be used again.
    db.engine.dispose()
    team.service("API")
    engine = create_engine(owner_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as owner:
        # It waits until they are gone: one that died later would be found by another test.
        statement = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'upfront_app'"
        lost = owner.scalars(text(statement)).all()
        assert lost
        assert all(lost)

    answers = [visitor.get("/northwind").status_code for _ in range(2)]

    assert answers[-1] == 200
