"""Row-level security as migrations put it on tables: who reads and writes, by the role of the transaction's actor.

Migrations that have run are not changed by this file; it only saves new ones from spelling policies out.
"""

from collections.abc import Collection

from alembic import op

MEMBERS = ("admin", "editor", "viewer")
EVERYBODY = (*MEMBERS, "visitor", "subscriber", "worker")
EDITING = ("admin", "editor", "worker")
SUBSCRIBING = (*EDITING, "subscriber")
NOBODY: tuple[str, ...] = ()

# In USING the sub-select is evaluated once and lets the planner use the index; in WITH CHECK it would only cost.
CURRENT = "NULLIF(current_setting('app.organization_id', true), '')::uuid"
CURRENT_ONCE = f"(SELECT {CURRENT})"
CURRENT_USER = "(SELECT NULLIF(current_setting('app.user_id', true), '')::uuid)"


def own(roles: Collection[str]) -> str:
    """The organization that the transaction works for, if its actor has one of these roles; else NULL, like no row."""
    listed = ", ".join(f"'{role}'" for role in roles)
    return f"CASE WHEN current_setting('app.actor_role', true) IN ({listed}) THEN {CURRENT} END"


def own_once(roles: Collection[str]) -> str:
    """The same, worked out once for a statement: one sub-select, for each costs a tenth of a short statement."""
    return f"(SELECT {own(roles)})"


def secure(table: str) -> None:
    """Nobody sees a row but by a policy, not even the owner; the system role sees all and writes what it is granted."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY system ON {table} TO upfront_system USING (true) WITH CHECK (true)")
    op.execute(f"GRANT SELECT ON {table} TO upfront_system")


def protect(
    table: str,
    *,
    read: Collection[str],
    insert: Collection[str] = NOBODY,
    update: Collection[str] = NOBODY,
    delete: Collection[str] = NOBODY,
    insert_only_if: str = "",
    system: str = "",
) -> None:
    """Close a tenant table: each kind of access is for the actors named, within their own organization.

    Args:
        table: it has a column `organization_id`.
        read: roles of `ActorRole`; likewise `insert`, `update` and `delete`.
        insert_only_if: a condition besides, in SQL, on the row that is inserted.
        system: what the system role may do beyond reading: "INSERT, DELETE".
    """
    secure(table)
    op.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO upfront_app USING (organization_id = {own_once(read)})")
    op.execute(f"GRANT SELECT ON {table} TO upfront_app")
    if insert:
        check = f"organization_id = {own(insert)}" + (f" AND ({insert_only_if})" if insert_only_if else "")
        op.execute(f"CREATE POLICY inserting ON {table} FOR INSERT TO upfront_app WITH CHECK ({check})")
        op.execute(f"GRANT INSERT ON {table} TO upfront_app")
    if update:
        using, check = f"organization_id = {own_once(update)}", f"organization_id = {CURRENT}"
        op.execute(f"CREATE POLICY updating ON {table} FOR UPDATE TO upfront_app USING ({using}) WITH CHECK ({check})")
        op.execute(f"GRANT UPDATE ON {table} TO upfront_app")
    if delete:
        using = f"organization_id = {own_once(delete)}"
        op.execute(f"CREATE POLICY deleting ON {table} FOR DELETE TO upfront_app USING ({using})")
        op.execute(f"GRANT DELETE ON {table} TO upfront_app")
    if system:
        op.execute(f"GRANT {system} ON {table} TO upfront_system")


def show_only(table: str, condition: str, *, to: Collection[str]) -> None:
    """Have these actors see only those rows for which `condition` holds, of what they could read; others see as before.

    A policy that restricts: what `protect` lets through is still found by its index, which an `OR` would prevent.
    """
    listed = ", ".join(f"'{role}'" for role in to)
    op.execute(
        f"CREATE POLICY showing_what_is_public ON {table} AS RESTRICTIVE FOR SELECT TO upfront_app"
        f" USING ((SELECT current_setting('app.actor_role', true) NOT IN ({listed})) OR ({condition}))"
    )


def let_read(table: str, roles: Collection[str]) -> None:
    """From now on a table that `protect` closed is read by the actors named."""
    op.execute(f"ALTER POLICY reading ON {table} USING (organization_id = {own_once(roles)})")
