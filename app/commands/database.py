"""Preparing a database server, as its owner."""

import click
from flask.cli import with_appcontext
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from app.database.roles import create_roles
from app.extensions import settings


@click.command("db-roles")
@with_appcontext
def db_roles() -> None:
    """Make the roles that the application works as, with the password of DATABASE_URL."""
    owner_url = settings.database_owner_url or settings.database_url
    engine = create_engine(owner_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as owner:
        create_roles(owner, password=make_url(settings.database_url).password)
    click.echo("The roles upfront_app and upfront_system are ready.")
