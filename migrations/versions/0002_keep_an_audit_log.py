"""Keep an audit log: the application adds to it and reads it; what has expired goes by a function alone.

Revision ID: 0002
"""

from alembic import op

from app.database.protection import CURRENT_USER, MEMBERS, protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE audit_entries (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    action text NOT NULL,
    subject_id uuid,
    subject_name text NOT NULL,
    changes jsonb NOT NULL,
    actor_role text NOT NULL,
    actor_user_id uuid,
    actor_name text NOT NULL,
    address text NOT NULL,
    CONSTRAINT audit_entries_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT audit_entries_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT audit_entries_actor_role_check CHECK (actor_role IN ('admin', 'editor', 'viewer', 'visitor', 'subscriber', 'worker'))
);
CREATE INDEX audit_entries_recent_idx ON audit_entries (organization_id, at, id);
CREATE INDEX audit_entries_actor_idx ON audit_entries (organization_id, actor_user_id, at);
CREATE INDEX audit_entries_subject_idx ON audit_entries (organization_id, subject_id, at);

ALTER TABLE organizations ADD COLUMN audit_days integer NOT NULL DEFAULT 365;
ALTER TABLE organizations ADD CONSTRAINT organizations_audit_days_check CHECK (audit_days BETWEEN 30 AND 3650);
"""

# Whoever writes an entry cannot write it in another's name.
OWN_NAME = f"actor_user_id IS NOT DISTINCT FROM {CURRENT_USER} AND actor_role = current_setting('app.actor_role', true)"

# Runs as the owner, whose hands row-level security binds as well: these policies are all that it needs.
FORGETTING = """
CREATE POLICY forgetting ON audit_entries TO CURRENT_USER USING (true);
CREATE POLICY forgetting ON organizations FOR SELECT TO CURRENT_USER USING (true);

CREATE FUNCTION forget_expired_audit_entries(at_most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH expired AS (
        SELECT entry.organization_id, entry.id
        FROM organizations
        CROSS JOIN LATERAL (
            SELECT organization_id, id FROM audit_entries
            WHERE organization_id = organizations.id AND at < now() - make_interval(days => organizations.audit_days)
            ORDER BY at LIMIT at_most
        ) AS entry
        LIMIT at_most
    ), gone AS (
        DELETE FROM audit_entries USING expired
        WHERE audit_entries.organization_id = expired.organization_id AND audit_entries.id = expired.id
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
REVOKE EXECUTE ON FUNCTION forget_expired_audit_entries(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_expired_audit_entries(integer) TO upfront_system;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    protect(
        "audit_entries",
        read=("admin", "worker"),
        insert=(*MEMBERS, "subscriber", "worker"),
        insert_only_if=OWN_NAME,
        system="INSERT",
    )
    op.execute(FORGETTING)


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_expired_audit_entries(integer)")
    op.execute("DROP POLICY forgetting ON organizations")
    op.execute("DROP TABLE audit_entries")
    op.execute("ALTER TABLE organizations DROP COLUMN audit_days")
