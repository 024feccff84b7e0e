"""Run maintenance by the clock: stages, reminders, messages, series, and which window changed a service.

Revision ID: 0005
"""

from alembic import op

from app.database.protection import EDITING, EVERYBODY, protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE maintenance_series (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    html text NOT NULL,
    rule text NOT NULL,
    time_zone text NOT NULL,
    first_start timestamp NOT NULL,
    length interval NOT NULL,
    lead_minutes integer[] NOT NULL,
    auto_start boolean NOT NULL,
    auto_complete boolean NOT NULL,
    expects_failures boolean NOT NULL,
    notify boolean NOT NULL,
    version integer NOT NULL,
    due_at timestamptz,
    ended_at timestamptz,
    created_at timestamptz NOT NULL,
    created_by_user_id uuid,
    created_by_name text NOT NULL,
    form_id uuid,
    CONSTRAINT maintenance_series_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT maintenance_series_once_key UNIQUE (organization_id, form_id),
    CONSTRAINT maintenance_series_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE INDEX maintenance_series_due_idx ON maintenance_series (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE maintenance_series_services (
    organization_id uuid NOT NULL,
    series_id uuid NOT NULL,
    service_id uuid NOT NULL,
    CONSTRAINT maintenance_series_services_pkey PRIMARY KEY (organization_id, series_id, service_id),
    CONSTRAINT maintenance_series_services_organization_id_series_id_fkey FOREIGN KEY(organization_id, series_id) REFERENCES maintenance_series (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT maintenance_series_services_organization_id_service_id_fkey FOREIGN KEY(organization_id, service_id) REFERENCES services (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX maintenance_series_services_service_idx ON maintenance_series_services (organization_id, service_id);

CREATE TABLE maintenance_updates (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    maintenance_id uuid NOT NULL,
    stage text NOT NULL,
    message text NOT NULL,
    html text NOT NULL,
    notify boolean NOT NULL,
    posted_at timestamptz NOT NULL,
    author_user_id uuid,
    author_name text NOT NULL,
    edited_at timestamptz,
    form_id uuid,
    CONSTRAINT maintenance_updates_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT maintenance_updates_once_key UNIQUE (organization_id, form_id),
    CONSTRAINT maintenance_updates_organization_id_maintenance_id_fkey FOREIGN KEY(organization_id, maintenance_id) REFERENCES maintenances (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT maintenance_updates_stage_check CHECK (stage IN ('scheduled', 'in_progress', 'verifying', 'completed', 'cancelled'))
);
CREATE INDEX maintenance_updates_timeline_idx ON maintenance_updates (organization_id, maintenance_id, posted_at);

-- Windows that exist already were announced before there was a clock for them: their reminders count as sent.
-- The defaults serve these rows only.
ALTER TABLE maintenances
    ADD COLUMN planned_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN completed_at timestamptz,
    ADD COLUMN cancelled_at timestamptz,
    ADD COLUMN overran_at timestamptz,
    ADD COLUMN lead_minutes integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN reminded_through timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN auto_start boolean NOT NULL DEFAULT true,
    ADD COLUMN auto_complete boolean NOT NULL DEFAULT true,
    ADD COLUMN expects_failures boolean NOT NULL DEFAULT false,
    ADD COLUMN notify boolean NOT NULL DEFAULT true,
    ADD COLUMN due_at timestamptz,
    ADD COLUMN series_id uuid,
    ADD COLUMN original_start timestamptz,
    ADD COLUMN follows_series boolean NOT NULL DEFAULT false,
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN edited_at timestamptz,
    ADD COLUMN created_by_user_id uuid,
    ADD COLUMN created_by_name text NOT NULL DEFAULT '',
    ADD COLUMN form_id uuid;
UPDATE maintenances SET
    planned_at = created_at,
    completed_at = CASE WHEN stage = 'completed' THEN ends_at END,
    due_at = CASE stage WHEN 'scheduled' THEN starts_at WHEN 'completed' THEN NULL ELSE ends_at END;
ALTER TABLE maintenances
    ALTER COLUMN planned_at DROP DEFAULT,
    ALTER COLUMN lead_minutes DROP DEFAULT,
    ALTER COLUMN reminded_through DROP DEFAULT,
    ALTER COLUMN auto_start DROP DEFAULT,
    ALTER COLUMN auto_complete DROP DEFAULT,
    ALTER COLUMN expects_failures DROP DEFAULT,
    ALTER COLUMN notify DROP DEFAULT,
    ALTER COLUMN follows_series DROP DEFAULT,
    ALTER COLUMN version DROP DEFAULT,
    ALTER COLUMN changed_at DROP DEFAULT,
    ALTER COLUMN created_by_name DROP DEFAULT,
    DROP CONSTRAINT maintenances_stage_check,
    ADD CONSTRAINT maintenances_stage_check CHECK (stage IN ('scheduled', 'in_progress', 'verifying', 'completed', 'cancelled')),
    ADD CONSTRAINT maintenances_organization_id_series_id_fkey FOREIGN KEY(organization_id, series_id) REFERENCES maintenance_series (organization_id, id),
    ADD CONSTRAINT maintenances_occurrence_key UNIQUE (organization_id, series_id, original_start),
    ADD CONSTRAINT maintenances_once_key UNIQUE (organization_id, form_id);
CREATE INDEX maintenances_starts_idx ON maintenances (organization_id, starts_at, id);
CREATE INDEX maintenances_due_idx ON maintenances (due_at) WHERE due_at IS NOT NULL;

ALTER TABLE status_changes ADD COLUMN maintenance_id uuid;
CREATE INDEX status_changes_maintenance_idx ON status_changes (organization_id, maintenance_id) WHERE maintenance_id IS NOT NULL;
ALTER TABLE service_claims ADD COLUMN expects_failures boolean NOT NULL DEFAULT false;
"""


def upgrade() -> None:
    # The owner is bound by row security as well, and is to see the windows of all organizations here.
    op.execute("ALTER TABLE maintenances NO FORCE ROW LEVEL SECURITY")
    op.execute(SCHEMA)
    op.execute("ALTER TABLE maintenances FORCE ROW LEVEL SECURITY")
    protect("maintenance_series", read=EVERYBODY, insert=EDITING, update=EDITING)
    protect("maintenance_series_services", read=EVERYBODY, insert=EDITING, update=EDITING, delete=EDITING)
    protect("maintenance_updates", read=EVERYBODY, insert=EDITING, update=EDITING)


def downgrade() -> None:
    op.execute("ALTER TABLE service_claims DROP COLUMN expects_failures")
    op.execute("ALTER TABLE status_changes DROP COLUMN maintenance_id")
    op.execute("DROP TABLE maintenance_updates")
    op.execute("ALTER TABLE maintenances NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM maintenances WHERE stage = 'cancelled'")
    op.execute(
        """
        ALTER TABLE maintenances
            DROP COLUMN planned_at, DROP COLUMN completed_at, DROP COLUMN cancelled_at, DROP COLUMN overran_at,
            DROP COLUMN lead_minutes, DROP COLUMN reminded_through, DROP COLUMN auto_start,
            DROP COLUMN auto_complete, DROP COLUMN expects_failures, DROP COLUMN notify, DROP COLUMN due_at,
            DROP COLUMN series_id, DROP COLUMN original_start, DROP COLUMN follows_series, DROP COLUMN version,
            DROP COLUMN changed_at, DROP COLUMN edited_at, DROP COLUMN created_by_user_id, DROP COLUMN created_by_name, DROP COLUMN form_id,
            DROP CONSTRAINT maintenances_stage_check,
            ADD CONSTRAINT maintenances_stage_check
                CHECK (stage IN ('scheduled', 'in_progress', 'verifying', 'completed'))
        """
    )
    op.execute("DROP INDEX IF EXISTS maintenances_starts_idx")
    op.execute("ALTER TABLE maintenances FORCE ROW LEVEL SECURITY")
    op.execute("DROP TABLE maintenance_series_services")
    op.execute("DROP TABLE maintenance_series")
