"""Log deliveries and what became of them: counts on batches, fates, the provider's reports, who signs, who may see.

Revision ID: 0019
"""

from collections.abc import Collection

from alembic import op

from app.database.protection import EVERYBODY, MEMBERS, own, own_once, protect, secure

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE notifications ADD COLUMN settled_at timestamptz;
ALTER TABLE delivery_batches
    ADD COLUMN channel text NOT NULL DEFAULT 'email',
    ADD COLUMN is_retry boolean NOT NULL DEFAULT false,
    ADD COLUMN size integer NOT NULL DEFAULT 0,
    ADD COLUMN sent integer NOT NULL DEFAULT 0,
    ADD COLUMN failed integer NOT NULL DEFAULT 0,
    ADD COLUMN superseded integer NOT NULL DEFAULT 0,
    ADD COLUMN retried integer NOT NULL DEFAULT 0,
    ADD COLUMN bounced integer NOT NULL DEFAULT 0,
    ADD COLUMN complained integer NOT NULL DEFAULT 0,
    ADD COLUMN last_sent_at timestamptz,
    ADD CONSTRAINT delivery_batches_channel_check CHECK (channel IN ('email'));
ALTER TABLE deliveries
    ADD COLUMN language text NOT NULL DEFAULT 'en',
    ADD COLUMN is_doubtful boolean NOT NULL DEFAULT false,
    ADD COLUMN fate text,
    ADD COLUMN fate_at timestamptz,
    ADD COLUMN fate_reason text,
    ADD CONSTRAINT deliveries_language_check CHECK (language IN ('en', 'de', 'es', 'fr', 'ja')),
    ADD CONSTRAINT deliveries_fate_check
        CHECK (fate IN ('delayed', 'delivered', 'not_sent', 'soft_bounced', 'bounced', 'complained'));
"""

# Row-level security would hide the rows from the owner too.
COUNTED = """
ALTER TABLE pages NO FORCE ROW LEVEL SECURITY;
ALTER TABLE notifications NO FORCE ROW LEVEL SECURITY;
ALTER TABLE delivery_batches NO FORCE ROW LEVEL SECURITY;
ALTER TABLE deliveries NO FORCE ROW LEVEL SECURITY;
UPDATE delivery_batches SET size = counted.size, sent = counted.sent, failed = counted.failed,
    superseded = counted.superseded, last_sent_at = counted.last_sent_at
FROM (
    SELECT organization_id, batch_id, count(*) AS size, count(*) FILTER (WHERE state = 'sent') AS sent,
        count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state = 'superseded') AS superseded,
        max(sent_at) AS last_sent_at
    FROM deliveries GROUP BY organization_id, batch_id
) AS counted
WHERE counted.organization_id = delivery_batches.organization_id AND counted.batch_id = delivery_batches.id;
-- How often it was tried before this is not known of each: whoever failed then is not sent the same again.
UPDATE deliveries SET is_doubtful = true WHERE state = 'failed';
-- What subscribers were told until now was told on their organization's first page, where it goes on.
UPDATE notifications SET page_id = (
    SELECT pages.id FROM pages WHERE pages.organization_id = notifications.organization_id
    ORDER BY pages.created_at, pages.id LIMIT 1
)
WHERE page_id IS NULL AND kind NOT IN (
    'invitation.sent', 'maintenance.overran', 'incident.update_due', 'incident.update_overdue', 'incident.forgotten'
);
UPDATE notifications SET settled_at = COALESCE((
    SELECT max(finished_at) FROM delivery_batches batch
    WHERE batch.organization_id = notifications.organization_id AND batch.notification_id = notifications.id
), fanned_out_at)
WHERE fanned_out_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM delivery_batches batch WHERE batch.organization_id = notifications.organization_id
        AND batch.notification_id = notifications.id AND batch.state IN ('ready', 'sending')
);
ALTER TABLE deliveries FORCE ROW LEVEL SECURITY;
ALTER TABLE delivery_batches FORCE ROW LEVEL SECURITY;
ALTER TABLE notifications FORCE ROW LEVEL SECURITY;
ALTER TABLE pages FORCE ROW LEVEL SECURITY;
CREATE INDEX notifications_news_idx ON notifications (organization_id, id) WHERE subscriber_id IS NULL;
CREATE INDEX notifications_unsettled_idx ON notifications (created_at) WHERE settled_at IS NULL;
CREATE INDEX deliveries_notification_idx ON deliveries (organization_id, notification_id, id);
CREATE INDEX deliveries_provider_idx ON deliveries (provider_id) WHERE provider_id IS NOT NULL;
"""

TABLES = """
CREATE TABLE mail_senders (
    organization_id uuid NOT NULL,
    name text NOT NULL,
    reply_to text NOT NULL,
    shows_figures boolean NOT NULL,
    CONSTRAINT mail_senders_pkey PRIMARY KEY (organization_id),
    CONSTRAINT mail_senders_organization_id_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE TABLE told_figures (
    organization_id uuid NOT NULL,
    notification_id uuid NOT NULL,
    page_id uuid NOT NULL,
    story_id uuid NOT NULL,
    update_id uuid NOT NULL,
    sent integer NOT NULL,
    total integer NOT NULL,
    took_seconds double precision NOT NULL,
    CONSTRAINT told_figures_pkey PRIMARY KEY (organization_id, notification_id),
    CONSTRAINT told_figures_organization_id_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT told_figures_organization_id_notification_id_fkey FOREIGN KEY (organization_id, notification_id)
        REFERENCES notifications (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX told_figures_update_idx ON told_figures (organization_id, page_id, story_id);
CREATE TABLE provider_reports (
    id text NOT NULL,
    provider_id text NOT NULL,
    fate text NOT NULL,
    reason text NOT NULL,
    reported_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    applied_at timestamptz,
    CONSTRAINT provider_reports_pkey PRIMARY KEY (id)
);
CREATE INDEX provider_reports_waiting_idx ON provider_reports (received_at) WHERE applied_at IS NULL;
CREATE INDEX provider_reports_received_idx ON provider_reports (received_at);
"""

RETRYING = ("admin", "editor", "worker")
"""Members may have sent again what failed: they write batches and move deliveries into them, as workers do."""

# The first big notification after a quiet time finds statistics that know nothing of its rows: until autovacuum comes
# by, batches would be looked for in all of the organization's deliveries.
FRESH_STATISTICS = """
CREATE FUNCTION analyze_deliveries() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '100ms' AS $$
BEGIN
    ANALYZE delivery_batches;
    ANALYZE deliveries;
EXCEPTION WHEN lock_not_available THEN
    NULL; -- somebody else is at it
END $$;
REVOKE ALL ON FUNCTION analyze_deliveries() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analyze_deliveries() TO upfront_system;
"""

BACK = """
DROP TABLE provider_reports, told_figures, mail_senders;
DROP INDEX deliveries_provider_idx, deliveries_notification_idx, notifications_unsettled_idx,
    notifications_news_idx;
ALTER TABLE deliveries
    DROP COLUMN language,
    DROP COLUMN is_doubtful,
    DROP COLUMN fate,
    DROP COLUMN fate_at,
    DROP COLUMN fate_reason;
ALTER TABLE delivery_batches
    DROP COLUMN channel,
    DROP COLUMN is_retry,
    DROP COLUMN size,
    DROP COLUMN sent,
    DROP COLUMN failed,
    DROP COLUMN superseded,
    DROP COLUMN retried,
    DROP COLUMN bounced,
    DROP COLUMN complained,
    DROP COLUMN last_sent_at;
ALTER TABLE notifications DROP COLUMN settled_at;
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(COUNTED)
    op.execute(TABLES)
    protect("mail_senders", read=(*MEMBERS, "worker"), insert=("admin",), update=("admin",))
    protect(
        "told_figures",
        read=EVERYBODY,
        insert=("worker",),
        update=("worker",),
        delete=("admin", "worker"),
        system="DELETE",
    )
    # It is known whose mail a report is about only once it is looked up.
    secure("provider_reports")
    op.execute("GRANT INSERT, UPDATE, DELETE ON provider_reports TO upfront_system")
    _let_write(RETRYING)
    op.execute(FRESH_STATISTICS)


def downgrade() -> None:
    op.execute("DROP FUNCTION analyze_deliveries()")
    _let_write(("worker",))
    op.execute(BACK)


def _let_write(roles: Collection[str]) -> None:
    """One policy for each kind of access: with two, the planner would no longer see that there is one organization."""
    for table in ("notifications", "delivery_batches", "deliveries"):
        op.execute(f"ALTER POLICY updating ON {table} USING (organization_id = {own_once(roles)})")
    op.execute(f"ALTER POLICY inserting ON delivery_batches WITH CHECK (organization_id = {own(roles)})")
