"""Write incidents in full: drafts, what each asked for and when, mergers, who handles them, and edited texts.

Revision ID: 0006
"""

from alembic import op

from app.database.protection import EDITING, MEMBERS, protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATUSES = "('operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance')"

SIGNATURES = {
    "incidents": "changed_by_name",
    "incident_updates": "edited_by_name",
    "incident_drafts": "changed_by_name",
}

SCHEMA = f"""
ALTER TABLE incidents
    ADD COLUMN handler_user_id uuid,
    ADD COLUMN merged_into_id uuid,
    ADD COLUMN merged_at timestamptz,
    ADD COLUMN title_edited_at timestamptz,
    ADD COLUMN last_change text,
    ADD COLUMN changed_by_user_id uuid,
    ADD COLUMN changed_by_name text,
    ADD CONSTRAINT incidents_organization_id_handler_user_id_fkey FOREIGN KEY(organization_id, handler_user_id) REFERENCES memberships (organization_id, user_id) ON DELETE SET NULL (handler_user_id),
    ADD CONSTRAINT incidents_organization_id_merged_into_id_fkey FOREIGN KEY(organization_id, merged_into_id) REFERENCES incidents (organization_id, id),
    ADD CONSTRAINT incidents_merged_at_check CHECK ((merged_into_id IS NULL) = (merged_at IS NULL)),
    ADD CONSTRAINT incidents_merged_into_another_check CHECK (merged_into_id <> id),
    ADD CONSTRAINT incidents_last_change_check CHECK (last_change IN ('posted', 'details', 'message', 'start', 'time', 'merged'));
CREATE INDEX incidents_handler_idx ON incidents (organization_id, handler_user_id) WHERE handler_user_id IS NOT NULL;
CREATE INDEX incidents_merged_idx ON incidents (organization_id, merged_into_id) WHERE merged_into_id IS NOT NULL;

ALTER TABLE incident_updates
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN edited_by_user_id uuid,
    ADD COLUMN edited_by_name text,
    ADD COLUMN entered_at timestamptz;

ALTER TABLE status_changes ADD COLUMN entered_at timestamptz;

CREATE TABLE incident_statements (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    incident_id uuid NOT NULL,
    update_id uuid,
    at timestamptz NOT NULL,
    affected jsonb NOT NULL,
    kept_since jsonb NOT NULL DEFAULT '{{}}',
    CONSTRAINT incident_statements_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT incident_statements_organization_id_incident_id_fkey FOREIGN KEY(organization_id, incident_id) REFERENCES incidents (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT incident_statements_organization_id_update_id_fkey FOREIGN KEY(organization_id, update_id) REFERENCES incident_updates (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX incident_statements_order_idx ON incident_statements (organization_id, incident_id, at, id);

CREATE TABLE incident_drafts (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    stage text NOT NULL,
    impact text NOT NULL,
    affected jsonb NOT NULL,
    notify boolean NOT NULL,
    follows_id uuid,
    form_id uuid,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    created_by_user_id uuid,
    created_by_name text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by_user_id uuid,
    changed_by_name text NOT NULL,
    CONSTRAINT incident_drafts_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT incident_drafts_once_key UNIQUE (organization_id, form_id),
    CONSTRAINT incident_drafts_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT incident_drafts_organization_id_follows_id_fkey FOREIGN KEY(organization_id, follows_id) REFERENCES incidents (organization_id, id),
    CONSTRAINT incident_drafts_stage_check CHECK (stage IN ('investigating', 'identified', 'monitoring', 'resolved')),
    CONSTRAINT incident_drafts_impact_check CHECK (impact IN ('none', 'minor', 'major', 'critical'))
);

CREATE TABLE claim_periods (
    organization_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    service_id uuid NOT NULL,
    source text NOT NULL,
    claimant_id uuid NOT NULL,
    status text NOT NULL,
    since timestamptz NOT NULL,
    expects_failures boolean NOT NULL,
    begins_at timestamptz NOT NULL,
    ends_at timestamptz,
    CONSTRAINT claim_periods_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT claim_periods_organization_id_service_id_fkey FOREIGN KEY(organization_id, service_id) REFERENCES services (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT claim_periods_source_check CHECK (source IN ('incident', 'maintenance', 'monitor')),
    CONSTRAINT claim_periods_status_check CHECK (status IN {STATUSES}),
    CONSTRAINT claim_periods_order_check CHECK (ends_at >= begins_at)
);
CREATE INDEX claim_periods_service_idx ON claim_periods (organization_id, service_id, begins_at);
CREATE INDEX claim_periods_claimant_idx ON claim_periods (organization_id, claimant_id);
CREATE INDEX claim_periods_open_idx ON claim_periods (organization_id, service_id) WHERE ends_at IS NULL;

CREATE TABLE text_edits (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    subject text NOT NULL,
    subject_id uuid NOT NULL,
    field text NOT NULL,
    replaced text NOT NULL,
    edited_at timestamptz NOT NULL,
    edited_by_user_id uuid,
    edited_by_name text NOT NULL,
    CONSTRAINT text_edits_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT text_edits_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT text_edits_subject_check CHECK (subject IN ('incident', 'incident_update', 'postmortem', 'maintenance', 'maintenance_update', 'announcement'))
);
CREATE INDEX text_edits_subject_idx ON text_edits (organization_id, subject_id, edited_at);
"""

# What is known of the past: of each ask the last status and since when, not what it was before.
KNOWN_PAST = """
INSERT INTO incident_statements (organization_id, id, incident_id, at, affected)
SELECT organization_id, gen_random_uuid(), incident_id, at, (
    SELECT jsonb_object_agg(asked.service_id, asked.status) FROM incident_services AS asked
    WHERE asked.organization_id = said.organization_id AND asked.incident_id = said.incident_id AND asked.asked_at <= at
)
FROM (SELECT DISTINCT organization_id, incident_id, asked_at AS at FROM incident_services) AS said;

INSERT INTO claim_periods (organization_id, service_id, source, claimant_id, status, since, expects_failures, begins_at, ends_at)
SELECT ask.organization_id, ask.service_id, 'incident', ask.incident_id, ask.status, ask.asked_at, false, ask.asked_at,
    LEAST(incident.resolved_at, incident.deleted_at)
FROM incident_services AS ask
JOIN incidents AS incident ON incident.organization_id = ask.organization_id AND incident.id = ask.incident_id
WHERE LEAST(incident.resolved_at, incident.deleted_at) IS NULL
    OR LEAST(incident.resolved_at, incident.deleted_at) > ask.asked_at;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    # Row-level security is forced, so that even the owner would find nothing to copy.
    for table in ("incidents", "incident_services"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(KNOWN_PAST)
    for table in ("incidents", "incident_services"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    # No visitor and no subscriber may read any of these, drafts least of all.
    readers = (*MEMBERS, "worker")
    protect("incident_statements", read=readers, insert=EDITING, update=EDITING, system="DELETE")
    protect("incident_drafts", read=readers, insert=EDITING, update=EDITING, delete=EDITING, system="DELETE")
    protect("claim_periods", read=readers, insert=EDITING, update=EDITING, delete=EDITING, system="DELETE")
    protect("text_edits", read=readers, insert=EDITING)
    # Whoever deletes their account signs as a former member from then on.
    for table, signature in SIGNATURES.items():
        op.execute(f"GRANT UPDATE ({signature}) ON {table} TO upfront_system")


def downgrade() -> None:
    op.execute("DROP TABLE incident_statements, incident_drafts, claim_periods, text_edits")
    op.execute("ALTER TABLE status_changes DROP COLUMN entered_at")
    op.execute(
        "ALTER TABLE incident_updates DROP COLUMN version, DROP COLUMN edited_by_user_id,"
        " DROP COLUMN edited_by_name, DROP COLUMN entered_at"
    )
    op.execute(
        "ALTER TABLE incidents DROP COLUMN handler_user_id, DROP COLUMN merged_into_id, DROP COLUMN merged_at,"
        " DROP COLUMN title_edited_at, DROP COLUMN last_change,"
        " DROP COLUMN changed_by_user_id, DROP COLUMN changed_by_name"
    )
