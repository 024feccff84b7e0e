"""Manage subscribers: one mailbox each, their choices as rules, who is never written to again, imports.

Revision ID: 0018
"""

from alembic import op

from app.database.protection import EDITING, MEMBERS, SUBSCRIBING, own_once, protect

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

IMPORTS = """
CREATE TABLE subscriber_imports (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    page_id uuid NOT NULL,
    state text NOT NULL,
    file_name text NOT NULL,
    size_bytes bigint NOT NULL,
    consent text NOT NULL,
    encoding text,
    delimiter text,
    has_header boolean,
    fault text,
    bytes_read bigint NOT NULL,
    rows_read integer NOT NULL,
    rows_new integer NOT NULL,
    rows_known integer NOT NULL,
    rows_suppressed integer NOT NULL,
    rows_repeated integer NOT NULL,
    rows_faulty integer NOT NULL,
    rows_added integer NOT NULL,
    pieces_done integer NOT NULL,
    run integer NOT NULL,
    lease_until timestamptz,
    created_at timestamptz NOT NULL,
    created_by_user_id uuid,
    created_by_name text NOT NULL,
    finished_at timestamptz,
    CONSTRAINT subscriber_imports_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT subscriber_imports_organization_id_page_id_fkey FOREIGN KEY (organization_id, page_id)
        REFERENCES pages (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT subscriber_imports_state_check
        CHECK (state IN ('checking', 'checked', 'importing', 'done', 'refused', 'cancelled'))
);
CREATE INDEX subscriber_imports_at_work_idx ON subscriber_imports (lease_until)
    WHERE state IN ('checking', 'importing');
CREATE INDEX subscriber_imports_waiting_idx ON subscriber_imports (created_at) WHERE state = 'checked';
CREATE TABLE subscriber_import_pieces (
    organization_id uuid NOT NULL,
    import_id uuid NOT NULL,
    part text NOT NULL,
    position integer NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT subscriber_import_pieces_pkey PRIMARY KEY (organization_id, import_id, part, position),
    CONSTRAINT subscriber_import_pieces_organization_id_import_id_fkey FOREIGN KEY (organization_id, import_id)
        REFERENCES subscriber_imports (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT subscriber_import_pieces_part_check CHECK (part IN ('file', 'rows', 'faults'))
);
-- They stay for minutes: making them small would take longer than writing them.
ALTER TABLE subscriber_import_pieces ALTER COLUMN content SET STORAGE EXTERNAL;
"""

SUPPRESSIONS = """
CREATE TABLE suppressions (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    mailbox_hash bytea NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT suppressions_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT suppressions_mailbox_key UNIQUE (organization_id, mailbox_hash),
    CONSTRAINT suppressions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT suppressions_reason_check CHECK (reason IN ('unsubscribed', 'complained', 'bounced'))
);
"""

CHOICES = """
CREATE TABLE subscriber_choices (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    subscriber_id uuid NOT NULL,
    service_id uuid,
    group_id uuid,
    incident_id uuid,
    created_at timestamptz NOT NULL,
    CONSTRAINT subscriber_choices_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT subscriber_choices_one_check CHECK (num_nonnulls(service_id, group_id, incident_id) = 1),
    CONSTRAINT subscriber_choices_once_key
        UNIQUE NULLS NOT DISTINCT (organization_id, subscriber_id, service_id, group_id, incident_id),
    CONSTRAINT subscriber_choices_organization_id_subscriber_id_fkey FOREIGN KEY (organization_id, subscriber_id)
        REFERENCES subscribers (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT subscriber_choices_organization_id_service_id_fkey FOREIGN KEY (organization_id, service_id)
        REFERENCES services (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT subscriber_choices_organization_id_group_id_fkey FOREIGN KEY (organization_id, group_id)
        REFERENCES service_groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT subscriber_choices_organization_id_incident_id_fkey FOREIGN KEY (organization_id, incident_id)
        REFERENCES incidents (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX subscriber_choices_service_idx ON subscriber_choices (organization_id, service_id) WHERE service_id IS NOT NULL;
CREATE INDEX subscriber_choices_group_idx ON subscriber_choices (organization_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX subscriber_choices_incident_idx ON subscriber_choices (organization_id, incident_id) WHERE incident_id IS NOT NULL;
"""

COLUMNS = """
ALTER TABLE subscribers
    ADD COLUMN kinds text[] NOT NULL DEFAULT '{incidents,maintenance,announcements}',
    ADD COLUMN language text,
    ADD COLUMN source text NOT NULL DEFAULT 'form',
    ADD COLUMN consent text NOT NULL DEFAULT '',
    ADD COLUMN import_id uuid,
    ADD COLUMN asked_incident_id uuid,
    ADD COLUMN quarantine_reason text,
    ADD COLUMN quarantined_at timestamptz,
    ADD CONSTRAINT subscribers_kinds_check CHECK (kinds <@ ARRAY['incidents', 'maintenance', 'announcements']),
    ADD CONSTRAINT subscribers_source_check CHECK (source IN ('form', 'import', 'member')),
    ADD CONSTRAINT subscribers_quarantine_check CHECK ((quarantine_reason IS NULL) = (quarantined_at IS NULL)),
    ADD CONSTRAINT subscribers_organization_id_import_id_fkey FOREIGN KEY (organization_id, import_id)
        REFERENCES subscriber_imports (organization_id, id) ON DELETE SET NULL (import_id),
    ADD CONSTRAINT subscribers_organization_id_asked_incident_id_fkey FOREIGN KEY (organization_id, asked_incident_id)
        REFERENCES incidents (organization_id, id) ON DELETE SET NULL (asked_incident_id);
ALTER TABLE subscribers
    DROP CONSTRAINT subscribers_state_check,
    ADD CONSTRAINT subscribers_state_check CHECK (state IN ('pending', 'confirmed', 'unsubscribed', 'quarantined'));
"""

# Row-level security would hide the rows from the owner too. Of several addresses of one mailbox one stays: a confirmed
# one before others, then the plain one; it is told of whatever any of them was told.
ONE_MAILBOX = r"""
ALTER TABLE subscribers NO FORCE ROW LEVEL SECURITY;
ALTER TABLE subscriber_services NO FORCE ROW LEVEL SECURITY;
ALTER TABLE subscriber_choices NO FORCE ROW LEVEL SECURITY;
ALTER TABLE suppressions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE deliveries NO FORCE ROW LEVEL SECURITY;
ALTER TABLE subscribers ADD COLUMN mailbox text
    GENERATED ALWAYS AS (regexp_replace(email, '^([^+@]+)\+[^@]+@'::text, '\1@'::text)) STORED NOT NULL;
CREATE TEMPORARY TABLE same_mailbox ON COMMIT DROP AS
SELECT organization_id, id, state, all_services, first_value(id) OVER (
    PARTITION BY organization_id, page_id, mailbox ORDER BY state = 'confirmed' DESC, email = mailbox DESC, id
) AS kept_id FROM subscribers;
UPDATE subscribers SET all_services = true
FROM same_mailbox same
WHERE same.kept_id = subscribers.id AND same.organization_id = subscribers.organization_id
    AND same.all_services AND same.state = 'confirmed';
INSERT INTO subscriber_choices (organization_id, id, subscriber_id, service_id, created_at)
SELECT chosen.organization_id, gen_random_uuid(), same.kept_id, chosen.service_id, now()
FROM subscriber_services chosen
JOIN same_mailbox same ON same.organization_id = chosen.organization_id AND same.id = chosen.subscriber_id
ON CONFLICT DO NOTHING;
DELETE FROM subscribers USING same_mailbox same
WHERE same.organization_id = subscribers.organization_id AND same.id = subscribers.id AND same.kept_id <> same.id;
INSERT INTO suppressions (organization_id, id, mailbox_hash, reason, since)
SELECT organization_id, gen_random_uuid(), sha256(convert_to(organization_id || ':' || mailbox, 'UTF8')),
    'unsubscribed', COALESCE(unsubscribed_at, now())
FROM subscribers WHERE state = 'unsubscribed'
ON CONFLICT DO NOTHING;
ALTER TABLE deliveries FORCE ROW LEVEL SECURITY;
ALTER TABLE suppressions FORCE ROW LEVEL SECURITY;
ALTER TABLE subscriber_choices FORCE ROW LEVEL SECURITY;
ALTER TABLE subscriber_services FORCE ROW LEVEL SECURITY;
ALTER TABLE subscribers FORCE ROW LEVEL SECURITY;
"""

KEYS = """
DROP TABLE subscriber_services;
ALTER TABLE subscribers
    -- Their page's key says the same, and each key costs a tenth of an import.
    DROP CONSTRAINT subscribers_organization_id_fkey,
    DROP CONSTRAINT subscribers_organization_id_page_id_email_key,
    ADD CONSTRAINT subscribers_mailbox_key UNIQUE (organization_id, page_id, mailbox);
DROP INDEX subscribers_confirmed_idx;
CREATE INDEX subscribers_confirmed_idx ON subscribers (organization_id, page_id, id) WHERE state = 'confirmed';
CREATE INDEX subscribers_others_idx ON subscribers (organization_id, state, id) WHERE state <> 'confirmed';
"""

BACK = """
CREATE TABLE subscriber_services (
    organization_id uuid NOT NULL,
    subscriber_id uuid NOT NULL,
    service_id uuid NOT NULL,
    CONSTRAINT subscriber_services_pkey PRIMARY KEY (organization_id, subscriber_id, service_id),
    CONSTRAINT subscriber_services_organization_id_subscriber_id_fkey FOREIGN KEY(organization_id, subscriber_id) REFERENCES subscribers (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT subscriber_services_organization_id_service_id_fkey FOREIGN KEY(organization_id, service_id) REFERENCES services (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX subscriber_services_service_idx ON subscriber_services (organization_id, service_id);
ALTER TABLE subscribers NO FORCE ROW LEVEL SECURITY;
ALTER TABLE subscriber_choices NO FORCE ROW LEVEL SECURITY;
INSERT INTO subscriber_services (organization_id, subscriber_id, service_id)
SELECT organization_id, subscriber_id, service_id FROM subscriber_choices WHERE service_id IS NOT NULL;
UPDATE subscribers SET state = 'unsubscribed', unsubscribed_at = quarantined_at WHERE state = 'quarantined';
ALTER TABLE subscriber_choices FORCE ROW LEVEL SECURITY;
ALTER TABLE subscribers FORCE ROW LEVEL SECURITY;
DROP INDEX subscribers_others_idx;
DROP INDEX subscribers_confirmed_idx;
CREATE INDEX subscribers_confirmed_idx ON subscribers (organization_id, id) WHERE state = 'confirmed';
ALTER TABLE subscribers
    DROP CONSTRAINT subscribers_mailbox_key,
    ADD CONSTRAINT subscribers_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    ADD CONSTRAINT subscribers_organization_id_page_id_email_key UNIQUE (organization_id, page_id, email),
    DROP CONSTRAINT subscribers_state_check,
    ADD CONSTRAINT subscribers_state_check CHECK (state IN ('pending', 'confirmed', 'unsubscribed')),
    DROP COLUMN mailbox,
    DROP COLUMN kinds,
    DROP COLUMN language,
    DROP COLUMN source,
    DROP COLUMN consent,
    DROP COLUMN import_id,
    DROP COLUMN asked_incident_id,
    DROP COLUMN quarantine_reason,
    DROP COLUMN quarantined_at;
DROP TABLE subscriber_choices, suppressions, subscriber_import_pieces, subscriber_imports;
"""


def upgrade() -> None:
    op.execute(IMPORTS)
    op.execute(SUPPRESSIONS)
    op.execute(CHOICES)
    protect(
        "subscriber_imports",
        read=(*MEMBERS, "worker"),
        insert=EDITING,
        update=EDITING,
        delete=EDITING,
        system="UPDATE, DELETE",
    )
    # Addresses of people who may not even have been taken in: for those alone who work with them.
    protect("subscriber_import_pieces", read=EDITING, insert=EDITING, delete=EDITING, system="DELETE")
    # Who has left or complained comes back by their own act only; of what bounced, a member may think better.
    protect(
        "suppressions",
        read=(*MEMBERS, "subscriber", "worker"),
        insert=SUBSCRIBING,
        update=SUBSCRIBING,
        delete=("subscriber", "worker"),
        system="DELETE",
    )
    op.execute(
        "CREATE POLICY trying_again ON suppressions FOR DELETE TO upfront_app"
        f" USING (organization_id = {own_once(('admin', 'editor'))} AND reason = 'bounced')"
    )
    protect(
        "subscriber_choices",
        read=(*MEMBERS, "subscriber", "worker"),
        insert=SUBSCRIBING,
        update=SUBSCRIBING,
        delete=SUBSCRIBING,
        system="DELETE",
    )
    op.execute(COLUMNS)
    op.execute(ONE_MAILBOX)
    op.execute(KEYS)
    # The owner of an address may have it forgotten by themselves.
    op.execute(
        "CREATE POLICY forgetting ON subscribers FOR DELETE TO upfront_app"
        f" USING (organization_id = {own_once(('subscriber',))})"
    )


def downgrade() -> None:
    op.execute("DROP POLICY forgetting ON subscribers")
    op.execute(BACK)
    protect(
        "subscriber_services",
        read=(*MEMBERS, "subscriber", "worker"),
        insert=SUBSCRIBING,
        update=SUBSCRIBING,
        delete=SUBSCRIBING,
        system="DELETE",
    )
