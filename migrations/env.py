"""Runs migrations as the owner of the schema: the application's own login may not change it."""

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, pool

from app.tables import Base

settings = current_app.extensions["upfront.settings"]
engine = create_engine(settings.database_owner_url or settings.database_url, poolclass=pool.NullPool)

with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=Base.metadata, compare_type=True, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
