"""Which migration the code was written for."""

from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory

DIRECTORY = Path(__file__).parents[2] / "migrations"


@cache
def newest_revision() -> str | None:
    """The last migration of this code; a database that is at another one is not ready to serve it."""
    return ScriptDirectory(str(DIRECTORY)).get_current_head()
