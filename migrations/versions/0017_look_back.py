"""Show members what happened, and remember how far a new organization has come.

Revision ID: 0017
"""

from alembic import op

from app.database.protection import EDITING, MEMBERS, own, protect

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE first_steps (
    organization_id uuid NOT NULL,
    looked_at timestamptz,
    hidden_at timestamptz,
    CONSTRAINT first_steps_pkey PRIMARY KEY (organization_id),
    CONSTRAINT first_steps_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);
"""

# What every member can see on other pages anyway. Who signed in, who was invited and who subscribed is for admins; and
# nobody misses being told that a service went one place up.
ACTIVITY = f"""
CREATE FUNCTION is_activity(action text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT split_part(action, '.', 1) IN (
        'announcement', 'incident', 'incident_draft', 'incident_update', 'maintenance', 'maintenance_series',
        'maintenance_update', 'page', 'postmortem', 'service', 'service_group', 'template'
    ) AND split_part(action, '.', 2) <> 'moved'
$$;
CREATE INDEX audit_entries_activity_idx ON audit_entries (organization_id, at, id) WHERE is_activity(action);

CREATE FUNCTION read_activity(before_at timestamptz, before_id uuid, at_most integer)
RETURNS TABLE (
    id uuid, at timestamptz, action text, subject_id uuid, subject_name text, actor_name text, word text, comment text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    mine CONSTANT uuid := {own(MEMBERS)};
BEGIN
    RETURN QUERY
    SELECT entry.id, entry.at, entry.action, entry.subject_id, entry.subject_name, entry.actor_name,
        CASE WHEN entry.action = 'service.status_changed'
            THEN coalesce(entry.changes -> 'status' ->> 1, entry.changes -> 'manual_status' ->> 1)
            ELSE entry.changes -> 'stage' ->> 1 END,
        CASE WHEN entry.action = 'service.status_changed' THEN entry.changes -> 'comment' ->> 1 END
    FROM audit_entries AS entry
    WHERE entry.organization_id = mine AND is_activity(entry.action)
        -- Whoever writes an announcement and publishes it at once has done one thing.
        AND NOT (entry.action = 'announcement.published' AND entry.actor_role <> 'worker')
        AND (before_at IS NULL OR (entry.at, entry.id) < (before_at, before_id))
    ORDER BY entry.at DESC, entry.id DESC
    LIMIT at_most;
END $$;
REVOKE EXECUTE ON FUNCTION read_activity(timestamptz, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_activity(timestamptz, uuid, integer) TO upfront_app;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    protect("first_steps", read=MEMBERS, insert=EDITING, update=EDITING)
    op.execute(ACTIVITY)


def downgrade() -> None:
    op.execute("DROP FUNCTION read_activity(timestamptz, uuid, integer)")
    op.execute("DROP INDEX audit_entries_activity_idx")
    op.execute("DROP FUNCTION is_activity(text)")
    op.execute("DROP TABLE first_steps")
