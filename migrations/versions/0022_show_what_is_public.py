"""Let visitors read nothing but what is public, in the database too (decision 0036).

Revision ID: 0022
"""

from alembic import op

from app.database.protection import CURRENT_ONCE, EVERYBODY, MEMBERS, let_read, show_only

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# Whoever asks from outside: what they may read of these is what the row itself says is public.
OUTSIDE = ("visitor", "subscriber")

# Subscribers still see the name of a deleted incident that they follow; so this is for visitors alone.
PUBLIC = {
    "incidents": "deleted_at IS NULL",
    "pages": "visibility = 'public'",
}


def _has(table: str, condition: str) -> str:
    """That there is such a row of the same organization, among those that whoever asks may see themselves."""
    return f"EXISTS (SELECT FROM {table} WHERE {table}.organization_id = {{mine}}.organization_id AND {condition})"


PARTS_OF_INCIDENTS = ("incident_services", "incident_updates", "postmortems")

# A translation is as public as what it translates. That of a draft has the id of an incident that is not there yet.
TRANSLATED = {
    "incident": "incidents",
    "incident_update": "incident_updates",
    "maintenance": "maintenances",
    "maintenance_update": "maintenance_updates",
    "announcement": "announcements",
}

# What no answer to a visitor is made of.
CLOSED = ("service_claims", "maintenance_series", "maintenance_series_services")
BEFORE_CLOSED = EVERYBODY
AFTER_CLOSED = (*MEMBERS, "subscriber", "worker")

# A page's gate asks for one page, and is told no more than it has to know. These run as the owner, whose hands
# row-level security binds as well: the policy is all that it needs.
ASKING = f"""
CREATE POLICY asking ON page_access FOR SELECT TO CURRENT_USER USING (true);

CREATE FUNCTION way_into_page(page uuid) RETURNS TABLE (way text, networks text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT way, CASE WHEN way = 'networks' THEN networks ELSE '{{}}' END
    FROM page_access WHERE organization_id = {CURRENT_ONCE} AND page_id = page
$$;

CREATE FUNCTION password_hash_of_page(page uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT password_hash
    FROM page_access WHERE organization_id = {CURRENT_ONCE} AND page_id = page AND way = 'password'
$$;

CREATE FUNCTION page_admits_address(page uuid, email text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM page_access
        WHERE organization_id = {CURRENT_ONCE} AND page_id = page AND way = 'addresses'
            AND ARRAY[email, substring(email FROM '@[^@]*$')] && addresses
    )
$$;
"""
QUESTIONS = ("way_into_page(uuid)", "password_hash_of_page(uuid)", "page_admits_address(uuid, text)")


def upgrade() -> None:
    for table, condition in PUBLIC.items():
        show_only(table, condition, to=("visitor",))
    for table in PARTS_OF_INCIDENTS:
        show_only(table, _has("incidents", "incidents.id = incident_id").format(mine=table), to=("visitor",))
    cases = [
        f"WHEN '{subject}' THEN " + _has(table, f"{table}.id = subject_id").format(mine="text_translations")
        for subject, table in TRANSLATED.items()
    ]
    show_only("text_translations", f"CASE subject {' '.join(cases)} END", to=OUTSIDE)
    show_only("retired_slugs", "false", to=OUTSIDE)
    for table in CLOSED:
        let_read(table, AFTER_CLOSED)
    let_read("page_access", ("admin", "worker"))
    op.execute(ASKING)
    for question in QUESTIONS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {question} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {question} TO upfront_app")


def downgrade() -> None:
    for question in QUESTIONS:
        op.execute(f"DROP FUNCTION {question}")
    op.execute("DROP POLICY asking ON page_access")
    let_read("page_access", ("admin", "visitor", "subscriber", "worker"))
    for table in CLOSED:
        let_read(table, BEFORE_CLOSED)
    for table in (*PUBLIC, *PARTS_OF_INCIDENTS, "text_translations", "retired_slugs"):
        op.execute(f"DROP POLICY showing_what_is_public ON {table}")
