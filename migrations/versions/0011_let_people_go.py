"""Let people go: what they wrote is signed by a former member, and an organization that goes holds no admin.

Revision ID: 0011
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# The columns that `app.accounts.deletion.signatures` finds in tables that came after 0004; a test compares.
SIGNATURES = {
    "announcements": "created_by_name",
    "incident_drafts": "created_by_name",
    "invitations": "invited_by_name",
    "maintenance_series": "created_by_name",
    "maintenance_updates": "author_name",
    "maintenances": "created_by_name",
    "message_templates": "author_name",
    "postmortems": "author_name",
    "text_edits": "edited_by_name",
}

# As 0003 has it, but for organizations that are being deleted: these need no admin any more.
KEEP_AN_ADMIN = """
CREATE OR REPLACE FUNCTION keep_an_admin() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM memberships
    WHERE organization_id = OLD.organization_id AND role = 'admin' ORDER BY user_id FOR UPDATE;
    IF NOT FOUND AND EXISTS (SELECT FROM organizations WHERE id = OLD.organization_id {unless}) THEN
        RAISE EXCEPTION 'organization % would be without an admin', OLD.organization_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'memberships_keep_an_admin';
    END IF;
    RETURN NULL;
END
$$;
"""


def upgrade() -> None:
    op.execute(KEEP_AN_ADMIN.replace("{unless}", "AND closing_at IS NULL"))
    for table, column in SIGNATURES.items():
        op.execute(f"GRANT UPDATE ({column}) ON {table} TO upfront_system")


def downgrade() -> None:
    op.execute(KEEP_AN_ADMIN.replace("{unless}", ""))
    for table, column in SIGNATURES.items():
        op.execute(f"REVOKE UPDATE ({column}) ON {table} FROM upfront_system")
