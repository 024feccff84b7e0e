"""Settle the settings of people and organizations: own names, pictures, retired addresses, and how either goes.

Revision ID: 0004
"""

from alembic import op

from app.database.protection import CURRENT_ONCE, own, own_once, secure

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PEOPLE = """
ALTER TABLE users ADD COLUMN name_is_own boolean NOT NULL DEFAULT false;
ALTER TABLE users ADD COLUMN time_zone text;
ALTER TABLE users ADD COLUMN language text;
ALTER TABLE users ADD COLUMN avatar_id uuid;
ALTER TABLE users ADD CONSTRAINT users_language_check CHECK (language IN ('en-GB', 'en-US', 'de', 'es', 'fr', 'ja'));

CREATE TABLE avatars (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    image bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT avatars_pkey PRIMARY KEY (id),
    CONSTRAINT avatars_user_id_key UNIQUE (user_id),
    CONSTRAINT avatars_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
"""

# Whoever deletes their account is looked for in everything that people wrote, in organizations they left long ago, too.
AUTHORS = """
CREATE INDEX incidents_author_idx ON incidents (created_by_user_id);
CREATE INDEX incident_updates_author_idx ON incident_updates (author_user_id);
CREATE INDEX status_changes_actor_idx ON status_changes (actor_user_id) WHERE actor_user_id IS NOT NULL;
"""
SIGNATURES = {
    "incidents": ("created_by_name", "deleted_by_name"),
    "incident_updates": ("author_name",),
    "status_changes": ("actor_name",),
}

ORGANIZATIONS = """
ALTER TABLE organizations ADD COLUMN closing_at timestamptz;
CREATE INDEX organizations_closing_idx ON organizations (closing_at) WHERE closing_at IS NOT NULL;

CREATE TABLE retired_slugs (
    id uuid NOT NULL,
    slug text NOT NULL,
    kind text NOT NULL,
    organization_id uuid,
    page_id uuid,
    retired_at timestamptz NOT NULL,
    redirects_until timestamptz NOT NULL,
    held_until timestamptz NOT NULL,
    CONSTRAINT retired_slugs_pkey PRIMARY KEY (id),
    CONSTRAINT retired_slugs_kind_check CHECK (kind IN ('organization', 'page'))
);
CREATE INDEX retired_slugs_slug_idx ON retired_slugs (slug, retired_at);
CREATE INDEX retired_slugs_organization_idx ON retired_slugs (organization_id);

CREATE TABLE closings (
    organization_id uuid NOT NULL,
    member_ids uuid[] NOT NULL,
    rows_total bigint NOT NULL,
    rows_gone bigint NOT NULL,
    requested_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT closings_pkey PRIMARY KEY (organization_id)
);
"""

# What an organization that goes is rid of batch by batch. What the application may only add to goes with the
# organization itself, by its foreign keys.
EMPTIED = (
    "deliveries", "delivery_batches", "notifications", "events", "subscriber_services", "subscribers",
    "incident_services", "incident_updates", "incidents", "maintenance_services", "maintenances", "service_claims",
    "services", "service_groups",
)  # fmt: skip


def upgrade() -> None:
    op.execute(PEOPLE)
    op.execute(AUTHORS)
    op.execute(ORGANIZATIONS)
    for table in ("avatars", "retired_slugs", "closings"):
        secure(table)
        op.execute(f"GRANT INSERT, UPDATE, DELETE ON {table} TO upfront_system")
    _let_admins_retire_slugs()
    op.execute("GRANT DELETE ON users TO upfront_system")
    # To lock the admins of an organization while one of them goes.
    op.execute("GRANT UPDATE (role) ON memberships TO upfront_system")
    for table, columns in SIGNATURES.items():
        op.execute(f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO upfront_system")
    op.execute("GRANT UPDATE (fanned_out_at) ON notifications TO upfront_system")
    op.execute(f"GRANT DELETE ON {', '.join((*EMPTIED, 'organizations'))} TO upfront_system")


def downgrade() -> None:
    op.execute(f"REVOKE DELETE ON {', '.join((*EMPTIED, 'organizations', 'users'))} FROM upfront_system")
    op.execute("GRANT DELETE ON subscribers TO upfront_system")
    op.execute("REVOKE UPDATE (fanned_out_at) ON notifications FROM upfront_system")
    op.execute("REVOKE UPDATE (role) ON memberships FROM upfront_system")
    for table, columns in SIGNATURES.items():
        op.execute(f"REVOKE UPDATE ({', '.join(columns)}) ON {table} FROM upfront_system")
    op.execute("DROP TABLE closings, retired_slugs, avatars")
    op.execute("ALTER TABLE organizations DROP COLUMN closing_at")
    op.execute("DROP INDEX incidents_author_idx, incident_updates_author_idx, status_changes_actor_idx")
    for column in ("name_is_own", "time_zone", "language", "avatar_id"):
        op.execute(f"ALTER TABLE users DROP COLUMN {column}")


def _let_admins_retire_slugs() -> None:
    """An admin gives an address of the organization up, or takes it back; whose another one is, nobody is told."""
    mine = f"organization_id = {CURRENT_ONCE}"
    op.execute(f"CREATE POLICY reading ON retired_slugs FOR SELECT TO upfront_app USING ({mine})")
    op.execute(
        "CREATE POLICY inserting ON retired_slugs FOR INSERT TO upfront_app"
        f" WITH CHECK (organization_id = {own(('admin',))})"
    )
    op.execute(
        "CREATE POLICY deleting ON retired_slugs FOR DELETE TO upfront_app"
        f" USING (organization_id = {own_once(('admin',))})"
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON retired_slugs TO upfront_app")
