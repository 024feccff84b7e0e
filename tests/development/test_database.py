"""The database on a server that the developer named."""

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from app.development.database import ensure_database
from app.development.embedded import EmbeddedServers
from app.development.errors import SetupError


def test_a_database_that_is_missing_is_made_and_one_that_is_there_is_left(servers: EmbeddedServers) -> None:
    url = make_url(servers.database_url).set(database='odd "name" of its own').render_as_string(hide_password=False)

    ensure_database(url)
    ensure_database(url)

    create_engine(url, poolclass=NullPool).connect().close()


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(SetupError, match=r"postgresql://owner:\*\*\*@127.0.0.1:1/upfront cannot be used") as refused:
        ensure_database("postgresql://owner:hunter2@127.0.0.1:1/upfront")

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("url", ["nonsense", "postgresql://owner@127.0.0.1"])
def test_a_url_without_a_database_is_refused(url: str) -> None:
    with pytest.raises(SetupError):
        ensure_database(url)
