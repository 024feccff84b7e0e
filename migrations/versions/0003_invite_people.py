"""Invite people, keep an admin in every organization, and remember which organization somebody used last.

Revision ID: 0003
"""

from alembic import op

from app.database.protection import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE invitations (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    token_hash bytea NOT NULL,
    state text NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    invited_by_user_id uuid,
    invited_by_name text NOT NULL,
    requested_at timestamptz,
    requested_by_user_id uuid,
    requested_from text NOT NULL,
    closed_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT invitations_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT invitations_token_hash_key UNIQUE (token_hash),
    CONSTRAINT invitations_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT invitations_requested_by_user_id_fkey FOREIGN KEY(requested_by_user_id) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT invitations_email_lower_check CHECK (email = lower(email)),
    CONSTRAINT invitations_role_check CHECK (role IN ('viewer', 'editor', 'admin')),
    CONSTRAINT invitations_state_check CHECK (state IN ('open', 'accepted', 'revoked'))
);
CREATE UNIQUE INDEX invitations_open_key ON invitations (organization_id, email) WHERE state = 'open';
CREATE INDEX invitations_email_idx ON invitations (email) WHERE state = 'open';
CREATE INDEX invitations_requested_idx ON invitations (requested_at) WHERE state = 'open' AND requested_at IS NOT NULL;

ALTER TABLE memberships ADD COLUMN last_used_at timestamptz;
"""

# Looked at when a transaction ends, so that an organization may go with its members, and an admin hand over. Whoever
# takes an admin away has locked the admins' rows before (app/teams/actions.py); whoever has not waits here. It runs as
# the owner, like the deletion that follows a person's; row-level security binds the owner too, hence the policy.
KEEPING_AN_ADMIN = """
CREATE POLICY keeping_an_admin ON memberships TO CURRENT_USER USING (true);
CREATE FUNCTION keep_an_admin() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM memberships
    WHERE organization_id = OLD.organization_id AND role = 'admin' ORDER BY user_id FOR UPDATE;
    IF NOT FOUND AND EXISTS (SELECT FROM organizations WHERE id = OLD.organization_id) THEN
        RAISE EXCEPTION 'organization % would be without an admin', OLD.organization_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'memberships_keep_an_admin';
    END IF;
    RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION keep_an_admin() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER memberships_keep_an_admin AFTER UPDATE OF role OR DELETE ON memberships
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.role = 'admin') EXECUTE FUNCTION keep_an_admin();
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    # Addresses of people who have not said yes are for those who invite; a worker writes the mails.
    protect(
        "invitations",
        read=("admin", "worker"),
        insert=("admin",),
        update=("admin",),
        system="UPDATE, DELETE",
    )
    # A person leaves by themselves whatever their role is, and what they used last spans organizations.
    op.execute("GRANT UPDATE (last_used_at), DELETE ON memberships TO upfront_system")
    op.execute(KEEPING_AN_ADMIN)


def downgrade() -> None:
    op.execute("DROP TRIGGER memberships_keep_an_admin ON memberships")
    op.execute("DROP FUNCTION keep_an_admin()")
    op.execute("DROP POLICY keeping_an_admin ON memberships")
    op.execute("REVOKE DELETE ON memberships FROM upfront_system")
    op.execute("ALTER TABLE memberships DROP COLUMN last_used_at")
    op.execute("DROP TABLE invitations")
