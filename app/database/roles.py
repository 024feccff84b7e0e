"""The two roles that the application works as: neither owns anything, is a superuser or passes row-level security."""

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

APPLICATION_ROLE = "upfront_app"
SYSTEM_ROLE = "upfront_system"

_UNPRIVILEGED = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS"


def create_roles(owner: Connection, password: str | None) -> None:
    """Make both roles, or bring them back into shape. Run as the owner, before the migrations.

    Args:
        owner: a connection that may create roles, in autocommit.
        password: for the application's login; None where the server does not ask for one (a private socket).
    """
    _create_or_alter(owner, APPLICATION_ROLE, "LOGIN")
    _create_or_alter(owner, SYSTEM_ROLE, "NOLOGIN")
    owner.execute(text(f"GRANT {SYSTEM_ROLE} TO {APPLICATION_ROLE} WITH INHERIT FALSE, SET TRUE"))
    if password is not None:
        quoted = owner.scalar(text("SELECT quote_literal(:password)"), {"password": password})
        owner.execute(text("ALTER ROLE " + APPLICATION_ROLE + " PASSWORD " + str(quoted).replace(":", "\\:")))


def _create_or_alter(owner: Connection, role: str, login: str) -> None:
    exists = owner.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    if not exists:
        try:
            owner.execute(text(f"CREATE ROLE {role} {login} {_UNPRIVILEGED}"))
        except (IntegrityError, ProgrammingError):  # another database of this server made it in this very moment
            exists = 1
    if exists:
        # A managed server's owner may not touch SUPERUSER or BYPASSRLS, not even to take them away; `faults_of` looks.
        owner.execute(text(f"ALTER ROLE {role} {login} NOINHERIT"))


def faults_of(connection: Connection) -> list[str]:
    """Why the present login must not serve requests; empty when it is as weak as it should be."""
    row = connection.execute(
        text(
            "SELECT rolsuper, rolbypassrls,"
            " EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relnamespace = 'public'::regnamespace)"
            " FROM pg_roles WHERE rolname = session_user"
        )
    ).one()
    superuser, passes_security, owns_tables = row
    found = {
        "is a superuser": superuser,
        "passes row-level security": passes_security,
        "owns tables": owns_tables,
    }
    return [fault for fault, true in found.items() if true]
