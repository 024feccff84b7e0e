"""Push news to browsers: subscribers without an address, and where their browsers are reached.

Revision ID: 0020
"""

from alembic import op

from app.database.protection import SUBSCRIBING, protect

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE subscribers
    ADD COLUMN channel text NOT NULL DEFAULT 'email',
    ADD CONSTRAINT subscribers_channel_check CHECK (channel IN ('email', 'push'));
ALTER TABLE subscribers ALTER COLUMN channel DROP DEFAULT;
CREATE TABLE push_endpoints (
    organization_id uuid NOT NULL,
    subscriber_id uuid NOT NULL,
    url text NOT NULL,
    public_key bytea NOT NULL,
    secret bytea NOT NULL,
    browser text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT push_endpoints_pkey PRIMARY KEY (organization_id, subscriber_id),
    CONSTRAINT push_endpoints_organization_id_subscriber_id_fkey FOREIGN KEY (organization_id, subscriber_id)
        REFERENCES subscribers (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX push_endpoints_url_idx ON push_endpoints (organization_id, url);
ALTER TABLE delivery_batches DROP CONSTRAINT delivery_batches_channel_check;
ALTER TABLE delivery_batches ADD CONSTRAINT delivery_batches_channel_check CHECK (channel IN ('email', 'push'));
ALTER TABLE deliveries DROP CONSTRAINT deliveries_channel_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_channel_check CHECK (channel IN ('email', 'push'));
"""

# Browsers cannot be told by mail: they are no subscribers any more.
BACK = """
DROP TABLE push_endpoints;
ALTER TABLE subscribers NO FORCE ROW LEVEL SECURITY;
ALTER TABLE deliveries NO FORCE ROW LEVEL SECURITY;
ALTER TABLE delivery_batches NO FORCE ROW LEVEL SECURITY;
DELETE FROM deliveries WHERE channel = 'push';
DELETE FROM delivery_batches WHERE channel = 'push';
DELETE FROM subscribers WHERE channel = 'push';
ALTER TABLE delivery_batches FORCE ROW LEVEL SECURITY;
ALTER TABLE deliveries FORCE ROW LEVEL SECURITY;
ALTER TABLE subscribers FORCE ROW LEVEL SECURITY;
ALTER TABLE deliveries DROP CONSTRAINT deliveries_channel_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_channel_check CHECK (channel IN ('email'));
ALTER TABLE delivery_batches DROP CONSTRAINT delivery_batches_channel_check;
ALTER TABLE delivery_batches ADD CONSTRAINT delivery_batches_channel_check CHECK (channel IN ('email'));
ALTER TABLE subscribers DROP COLUMN channel;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    # The addresses are secrets of visitors: who only looks on, or visits, has no business with them.
    protect(
        "push_endpoints",
        read=SUBSCRIBING,
        insert=SUBSCRIBING,
        update=SUBSCRIBING,
        delete=SUBSCRIBING,
        system="DELETE",
    )


def downgrade() -> None:
    op.execute(BACK)
