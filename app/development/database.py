"""The database on a server that the developer named: made when it is not there yet."""

import psycopg
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.development.errors import SetupError

_CONNECT_SECONDS = 5


def ensure_database(owner_url: str) -> None:
    """Create the database of this URL unless it exists.

    Raises:
        SetupError: the server cannot be reached, or does not let the owner do it.
    """
    try:
        url = make_url(owner_url).set(drivername="postgresql")
    except ArgumentError:
        raise SetupError("DATABASE_URL must be like postgresql://user:password@host:5432/upfront.") from None
    server = url.render_as_string(hide_password=True)
    if not url.database:
        raise SetupError(f"{server} names no database.")
    try:
        with _connect(url.set(database="postgres").render_as_string(hide_password=False)) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [url.database]).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(url.database)))
    except psycopg.Error as error:
        # A host that gives out one database lets nobody into `postgres`; then the one that we were given must do.
        try:
            _connect(url.render_as_string(hide_password=False)).close()
        except psycopg.Error:
            raise SetupError(f"The database {server} cannot be used: {str(error).strip()}") from error


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url, connect_timeout=_CONNECT_SECONDS, autocommit=True)
