"""Tell members as exactly once as subscribers, announce, and promise.

Revision ID: 0007
"""

from alembic import op

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


def upgrade() -> None:
    op.execute(TELL_MEMBERS)


def downgrade() -> None:
    op.execute(TELL_SUBSCRIBERS_ONLY)
