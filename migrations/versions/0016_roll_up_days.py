"""Roll up past days, and weigh faults as a page wants it.

Revision ID: 0016
"""

from alembic import op

from app.database.protection import EDITING, EVERYBODY, MEMBERS, own, protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE service_days (
    organization_id uuid NOT NULL,
    service_id uuid NOT NULL,
    zone text NOT NULL,
    day date NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    operational interval NOT NULL,
    under_maintenance interval NOT NULL,
    degraded_performance interval NOT NULL,
    partial_outage interval NOT NULL,
    major_outage interval NOT NULL,
    unknown interval NOT NULL,
    worst text,
    CONSTRAINT service_days_pkey PRIMARY KEY (organization_id, service_id, zone, day),
    CONSTRAINT service_days_organization_id_service_id_fkey FOREIGN KEY (organization_id, service_id)
        REFERENCES services (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT service_days_worst_check CHECK (
        worst IN ('operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance')
    ),
    CONSTRAINT service_days_order_check CHECK (ends_at >= starts_at),
    CONSTRAINT service_days_whole_check CHECK (
        operational + under_maintenance + degraded_performance + partial_outage + major_outage + unknown
        = ends_at - starts_at
    )
);

CREATE TABLE day_zones (
    organization_id uuid NOT NULL,
    zone text NOT NULL,
    rolled_until timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    edits integer NOT NULL,
    checked_at timestamptz,
    differences integer NOT NULL,
    CONSTRAINT day_zones_pkey PRIMARY KEY (organization_id, zone),
    CONSTRAINT day_zones_organization_id_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE INDEX day_zones_due_idx ON day_zones (due_at);

ALTER TABLE pages ADD COLUMN weights jsonb;
"""

# Whoever tells of the past, and however: the days that it touches are forgotten in the same transaction, and made anew.
# A day in UTC is at most one later than the same moment's day in a zone; `ends_at` is exact.
FORGETTING = """
CREATE FUNCTION forget_changed_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH changed AS (
        SELECT organization_id, service_id, min(at) AS since FROM added GROUP BY organization_id, service_id
    ), forgotten AS (
        DELETE FROM service_days AS gone USING changed, day_zones
        WHERE day_zones.organization_id = changed.organization_id AND day_zones.rolled_until > changed.since
        AND gone.organization_id = changed.organization_id AND gone.service_id = changed.service_id
        AND gone.zone = day_zones.zone AND gone.day >= (changed.since AT TIME ZONE 'UTC')::date - 1
        AND gone.ends_at > changed.since
        RETURNING gone.organization_id, gone.zone, gone.ends_at
    ), touched AS (
        SELECT organization_id, zone, min(ends_at) AS ends_at FROM forgotten GROUP BY organization_id, zone
    )
    UPDATE day_zones SET due_at = least(day_zones.due_at, touched.ends_at), edits = edits + 1 FROM touched
    WHERE day_zones.organization_id = touched.organization_id AND day_zones.zone = touched.zone;
    RETURN NULL;
END $$;

CREATE TRIGGER forget_days AFTER INSERT ON status_changes REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION forget_changed_days();
"""

# What visitors look for: `find_incidents` for them. It also finds by words that only members may read, and so only says
# where to look (`app.pages.history`); without "not", whose absence would tell that they are there.
FINDING = f"""
CREATE FUNCTION find_likely_incidents(wanted text) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE ROWS 100 SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
DECLARE
    mine CONSTANT uuid := {own(("visitor",))};
    question CONSTANT tsquery := asked_for(mine, replace(wanted, '-', ' '));
BEGIN
    RETURN QUERY SELECT incident_id FROM incident_words WHERE organization_id = mine AND words @@ question;
END $$;
REVOKE EXECUTE ON FUNCTION find_likely_incidents(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_likely_incidents(text) TO upfront_app;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    protect("service_days", read=EVERYBODY, insert=("worker",), delete=EDITING, system="DELETE")
    protect("day_zones", read=(*MEMBERS, "worker"), insert=("worker",), update=EDITING, system="INSERT, UPDATE, DELETE")
    op.execute(FORGETTING)
    op.execute(FINDING)


def downgrade() -> None:
    op.execute("DROP FUNCTION find_likely_incidents(text)")
    op.execute("DROP TRIGGER forget_days ON status_changes")
    op.execute("DROP FUNCTION forget_changed_days()")
    op.execute("DROP TABLE day_zones, service_days")
    op.execute("ALTER TABLE pages DROP COLUMN weights")
