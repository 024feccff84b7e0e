"""Tell members as exactly once as subscribers, and announce.

Revision ID: 0007
"""

from alembic import op

from app.database.protection import EDITING, MEMBERS, own_once, protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Mails to people who are no subscribers go through the same ledger (decision 0023), and a maintenance has a story too.
TELL_MEMBERS = """
ALTER TABLE deliveries ALTER COLUMN subscriber_id DROP NOT NULL;
CREATE UNIQUE INDEX deliveries_address_once_idx ON deliveries (organization_id, notification_id, address, channel)
    WHERE subscriber_id IS NULL;
ALTER TABLE notifications RENAME COLUMN incident_id TO story_id;
ALTER INDEX notifications_incident_idx RENAME TO notifications_story_idx;
"""

# What was told to people who are no subscribers has no place any more. Row-level security binds the owner's hands too.
TELL_SUBSCRIBERS_ONLY = """
ALTER INDEX notifications_story_idx RENAME TO notifications_incident_idx;
ALTER TABLE notifications RENAME COLUMN story_id TO incident_id;
DROP INDEX deliveries_address_once_idx;
ALTER TABLE deliveries NO FORCE ROW LEVEL SECURITY;
DELETE FROM deliveries WHERE subscriber_id IS NULL;
ALTER TABLE deliveries FORCE ROW LEVEL SECURITY;
ALTER TABLE deliveries ALTER COLUMN subscriber_id SET NOT NULL;
"""

ANNOUNCE = """
CREATE TABLE announcements (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    html text NOT NULL,
    level text NOT NULL,
    audience text NOT NULL,
    begins_at timestamptz NOT NULL,
    ends_at timestamptz,
    published_at timestamptz,
    due_at timestamptz,
    edited_at timestamptz,
    removed_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    created_by_user_id uuid,
    created_by_name text NOT NULL,
    form_id uuid,
    CONSTRAINT announcements_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT announcements_once_key UNIQUE (organization_id, form_id),
    CONSTRAINT announcements_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT announcements_order_check CHECK (ends_at >= begins_at),
    CONSTRAINT announcements_level_check CHECK (level IN ('info', 'warning', 'critical')),
    CONSTRAINT announcements_audience_check CHECK (audience IN ('page', 'page_and_mail'))
);
CREATE INDEX announcements_begins_idx ON announcements (organization_id, begins_at, id);
CREATE INDEX announcements_due_idx ON announcements (due_at) WHERE due_at IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(TELL_MEMBERS)
    op.execute(ANNOUNCE)
    protect("announcements", read=(*MEMBERS, "worker"), insert=EDITING, update=EDITING)
    # Everybody else sees what has begun, and nothing that was removed: nobody reads ahead.
    op.execute(
        "CREATE POLICY showing ON announcements FOR SELECT TO upfront_app"
        f" USING (organization_id = {own_once(('visitor', 'subscriber'))}"
        " AND published_at IS NOT NULL AND removed_at IS NULL)"
    )


def downgrade() -> None:
    op.execute("DROP TABLE announcements")
    op.execute(TELL_SUBSCRIBERS_ONLY)
