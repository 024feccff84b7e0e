"""Lay the ground: organizations, people, services, incidents, pages, subscribers, deliveries, and who may see them.

Revision ID: 0001
"""

from alembic import op

from app.database.protection import (
    CURRENT,
    CURRENT_ONCE,
    CURRENT_USER,
    EDITING,
    EVERYBODY,
    MEMBERS,
    NOBODY,
    SUBSCRIBING,
    own_once,
    protect,
    secure,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE organizations (
    id uuid NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    time_zone text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT organizations_pkey PRIMARY KEY (id),
    CONSTRAINT organizations_slug_lower_check CHECK (slug = lower(slug)),
    CONSTRAINT organizations_slug_key UNIQUE (slug)
);

CREATE TABLE users (
    id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id)
);

CREATE TABLE events (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    revision integer NOT NULL,
    visible boolean NOT NULL,
    created_at timestamptz NOT NULL,
    dispatched_at timestamptz,
    CONSTRAINT events_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT events_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE INDEX events_undispatched_idx ON events (created_at) WHERE dispatched_at IS NULL;

CREATE TABLE identities (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT identities_pkey PRIMARY KEY (id),
    CONSTRAINT identities_issuer_subject_key UNIQUE (issuer, subject),
    CONSTRAINT identities_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX identities_user_id_idx ON identities (user_id);

CREATE TABLE incidents (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    stage text NOT NULL,
    impact text NOT NULL,
    started_at timestamptz NOT NULL,
    resolved_at timestamptz,
    follows_id uuid,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    created_by_user_id uuid,
    created_by_name text NOT NULL,
    deleted_at timestamptz,
    deleted_by_user_id uuid,
    deleted_by_name text,
    CONSTRAINT incidents_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT incidents_organization_id_follows_id_fkey FOREIGN KEY(organization_id, follows_id) REFERENCES incidents (organization_id, id),
    CONSTRAINT incidents_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT incidents_stage_check CHECK (stage IN ('investigating', 'identified', 'monitoring', 'resolved')),
    CONSTRAINT incidents_impact_check CHECK (impact IN ('none', 'minor', 'major', 'critical'))
);
CREATE INDEX incidents_deleted_idx ON incidents (organization_id, deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX incidents_open_idx ON incidents (organization_id) WHERE resolved_at IS NULL AND deleted_at IS NULL;
CREATE INDEX incidents_started_idx ON incidents (organization_id, started_at);

CREATE TABLE maintenances (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    html text NOT NULL,
    stage text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    started_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT maintenances_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT maintenances_ends_after_start_check CHECK (ends_at > starts_at),
    CONSTRAINT maintenances_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT maintenances_stage_check CHECK (stage IN ('scheduled', 'in_progress', 'verifying', 'completed'))
);
CREATE INDEX maintenances_ends_idx ON maintenances (organization_id, ends_at);

CREATE TABLE memberships (
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (organization_id, user_id),
    CONSTRAINT memberships_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT memberships_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT memberships_role_check CHECK (role IN ('viewer', 'editor', 'admin'))
);
CREATE INDEX memberships_user_id_idx ON memberships (user_id);

CREATE TABLE notifications (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    incident_id uuid,
    update_id uuid,
    subscriber_id uuid,
    revision integer NOT NULL,
    service_ids uuid[] NOT NULL,
    notice jsonb NOT NULL,
    fanned_out_through uuid,
    fanned_out_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT notifications_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT notifications_organization_id_event_id_key UNIQUE (organization_id, event_id),
    CONSTRAINT notifications_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE INDEX notifications_incident_idx ON notifications (organization_id, incident_id, revision);
CREATE INDEX notifications_unfinished_idx ON notifications (created_at) WHERE fanned_out_at IS NULL;

CREATE TABLE pages (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    visibility text NOT NULL,
    time_zone text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT pages_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT pages_slug_lower_check CHECK (slug = lower(slug)),
    CONSTRAINT pages_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT pages_slug_key UNIQUE (slug),
    CONSTRAINT pages_visibility_check CHECK (visibility IN ('public', 'private'))
);

CREATE TABLE revisions (
    organization_id uuid NOT NULL,
    number integer NOT NULL,
    CONSTRAINT revisions_pkey PRIMARY KEY (organization_id),
    CONSTRAINT revisions_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE service_groups (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    position integer NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT service_groups_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT service_groups_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    user_agent text NOT NULL,
    address text NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT sessions_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);

CREATE TABLE subscribers (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    email text NOT NULL,
    state text NOT NULL,
    all_services boolean NOT NULL,
    requested_at timestamptz NOT NULL,
    confirm_token_hash bytea,
    manage_token_hash bytea NOT NULL,
    confirmed_at timestamptz,
    unsubscribed_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT subscribers_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT subscribers_organization_id_email_key UNIQUE (organization_id, email),
    CONSTRAINT subscribers_email_lower_check CHECK (email = lower(email)),
    CONSTRAINT subscribers_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT subscribers_confirm_token_hash_key UNIQUE (confirm_token_hash),
    CONSTRAINT subscribers_manage_token_hash_key UNIQUE (manage_token_hash),
    CONSTRAINT subscribers_state_check CHECK (state IN ('pending', 'confirmed', 'unsubscribed'))
);
CREATE INDEX subscribers_confirmed_idx ON subscribers (organization_id, id) WHERE state = 'confirmed';

CREATE TABLE delivery_batches (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    notification_id uuid NOT NULL,
    sequence integer NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    lease_until timestamptz,
    first_tried_at timestamptz,
    last_error text,
    finished_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT delivery_batches_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT delivery_batches_organization_id_notification_id_fkey FOREIGN KEY(organization_id, notification_id) REFERENCES notifications (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT delivery_batches_organization_id_notification_id_sequence_key UNIQUE (organization_id, notification_id, sequence),
    CONSTRAINT delivery_batches_state_check CHECK (state IN ('ready', 'sending', 'done', 'failed', 'superseded'))
);
CREATE INDEX delivery_batches_due_idx ON delivery_batches (sequence, id) WHERE state IN ('ready', 'sending');

CREATE TABLE incident_updates (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    incident_id uuid NOT NULL,
    stage text NOT NULL,
    message text NOT NULL,
    html text NOT NULL,
    notify boolean NOT NULL,
    posted_at timestamptz NOT NULL,
    author_user_id uuid,
    author_name text NOT NULL,
    edited_at timestamptz,
    form_id uuid,
    CONSTRAINT incident_updates_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT incident_updates_once_key UNIQUE (organization_id, form_id),
    CONSTRAINT incident_updates_organization_id_incident_id_fkey FOREIGN KEY(organization_id, incident_id) REFERENCES incidents (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT incident_updates_stage_check CHECK (stage IN ('investigating', 'identified', 'monitoring', 'resolved'))
);
CREATE INDEX incident_updates_recent_idx ON incident_updates (organization_id, posted_at);
CREATE INDEX incident_updates_timeline_idx ON incident_updates (organization_id, incident_id, posted_at);

CREATE TABLE services (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    group_id uuid,
    name text NOT NULL,
    description text NOT NULL,
    position integer NOT NULL,
    status text NOT NULL,
    status_since timestamptz NOT NULL,
    manual_status text,
    manual_status_at timestamptz,
    created_at timestamptz NOT NULL,
    archived_at timestamptz,
    CONSTRAINT services_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT services_organization_id_group_id_fkey FOREIGN KEY(organization_id, group_id) REFERENCES service_groups (organization_id, id),
    CONSTRAINT services_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT services_status_check CHECK (status IN ('operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance')),
    CONSTRAINT services_manual_status_check CHECK (manual_status IN ('operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance'))
);

CREATE TABLE deliveries (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    notification_id uuid NOT NULL,
    batch_id uuid NOT NULL,
    subscriber_id uuid NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    about text NOT NULL,
    state text NOT NULL,
    provider_id text,
    error text,
    sent_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT deliveries_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT deliveries_organization_id_notification_id_fkey FOREIGN KEY(organization_id, notification_id) REFERENCES notifications (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT deliveries_organization_id_batch_id_fkey FOREIGN KEY(organization_id, batch_id) REFERENCES delivery_batches (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT deliveries_organization_id_subscriber_id_fkey FOREIGN KEY(organization_id, subscriber_id) REFERENCES subscribers (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT deliveries_once_key UNIQUE (organization_id, notification_id, subscriber_id, channel),
    CONSTRAINT deliveries_channel_check CHECK (channel IN ('email')),
    CONSTRAINT deliveries_state_check CHECK (state IN ('pending', 'sent', 'failed', 'superseded'))
);
CREATE INDEX deliveries_batch_idx ON deliveries (organization_id, batch_id);
CREATE INDEX deliveries_failed_idx ON deliveries (organization_id, id) WHERE state = 'failed';
CREATE INDEX deliveries_subscriber_idx ON deliveries (organization_id, subscriber_id);

CREATE TABLE incident_services (
    organization_id uuid NOT NULL,
    incident_id uuid NOT NULL,
    service_id uuid NOT NULL,
    status text NOT NULL,
    asked_at timestamptz NOT NULL,
    from_status text NOT NULL,
    CONSTRAINT incident_services_pkey PRIMARY KEY (organization_id, incident_id, service_id),
    CONSTRAINT incident_services_organization_id_incident_id_fkey FOREIGN KEY(organization_id, incident_id) REFERENCES incidents (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT incident_services_organization_id_service_id_fkey FOREIGN KEY(organization_id, service_id) REFERENCES services (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT incident_services_status_check CHECK (status IN ('operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance')),
    CONSTRAINT incident_services_from_status_check CHECK (from_status IN ('operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance'))
);
CREATE INDEX incident_services_service_idx ON incident_services (organization_id, service_id);

CREATE TABLE maintenance_services (
    organization_id uuid NOT NULL,
    maintenance_id uuid NOT NULL,
    service_id uuid NOT NULL,
    CONSTRAINT maintenance_services_pkey PRIMARY KEY (organization_id, maintenance_id, service_id),
    CONSTRAINT maintenance_services_organization_id_maintenance_id_fkey FOREIGN KEY(organization_id, maintenance_id) REFERENCES maintenances (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT maintenance_services_organization_id_service_id_fkey FOREIGN KEY(organization_id, service_id) REFERENCES services (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX maintenance_services_service_idx ON maintenance_services (organization_id, service_id);

CREATE TABLE service_claims (
    organization_id uuid NOT NULL,
    service_id uuid NOT NULL,
    source text NOT NULL,
    claimant_id uuid NOT NULL,
    status text NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT service_claims_pkey PRIMARY KEY (organization_id, service_id, source, claimant_id),
    CONSTRAINT service_claims_organization_id_service_id_fkey FOREIGN KEY(organization_id, service_id) REFERENCES services (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT service_claims_source_check CHECK (source IN ('incident', 'maintenance', 'monitor')),
    CONSTRAINT service_claims_status_check CHECK (status IN ('operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance'))
);
CREATE INDEX service_claims_claimant_idx ON service_claims (organization_id, claimant_id);

CREATE TABLE status_changes (
    organization_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    service_id uuid NOT NULL,
    old_status text,
    new_status text NOT NULL,
    at timestamptz NOT NULL,
    source text NOT NULL,
    actor_user_id uuid,
    actor_name text NOT NULL,
    comment text NOT NULL,
    incident_id uuid,
    CONSTRAINT status_changes_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT status_changes_organization_id_service_id_fkey FOREIGN KEY(organization_id, service_id) REFERENCES services (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT status_changes_old_status_check CHECK (old_status IN ('operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance')),
    CONSTRAINT status_changes_new_status_check CHECK (new_status IN ('operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance')),
    CONSTRAINT status_changes_source_check CHECK (source IN ('manual', 'incident', 'maintenance', 'monitor'))
);
CREATE INDEX status_changes_history_idx ON status_changes (organization_id, service_id, at, id);
CREATE INDEX status_changes_recent_idx ON status_changes (organization_id, at);

CREATE TABLE subscriber_services (
    organization_id uuid NOT NULL,
    subscriber_id uuid NOT NULL,
    service_id uuid NOT NULL,
    CONSTRAINT subscriber_services_pkey PRIMARY KEY (organization_id, subscriber_id, service_id),
    CONSTRAINT subscriber_services_organization_id_subscriber_id_fkey FOREIGN KEY(organization_id, subscriber_id) REFERENCES subscribers (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT subscriber_services_organization_id_service_id_fkey FOREIGN KEY(organization_id, service_id) REFERENCES services (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX subscriber_services_service_idx ON subscriber_services (organization_id, service_id);

"""

# table: (who reads, who inserts, who updates, who deletes), by the role of the actor in the transaction's settings.
TENANT_TABLES = {
    "revisions": (EVERYBODY, NOBODY, EDITING, NOBODY),
    "memberships": ((*MEMBERS, "worker"), ("admin",), ("admin",), ("admin",)),
    "pages": (EVERYBODY, ("admin",), ("admin",), ("admin",)),
    "service_groups": (EVERYBODY, EDITING, EDITING, EDITING),
    "services": (EVERYBODY, EDITING, EDITING, EDITING),
    "service_claims": (EVERYBODY, EDITING, EDITING, EDITING),
    "status_changes": (EVERYBODY, EDITING, NOBODY, NOBODY),
    "incidents": (EVERYBODY, EDITING, EDITING, NOBODY),
    "incident_services": (EVERYBODY, EDITING, EDITING, EDITING),
    "incident_updates": (EVERYBODY, EDITING, EDITING, NOBODY),
    "maintenances": (EVERYBODY, EDITING, EDITING, NOBODY),
    "maintenance_services": (EVERYBODY, EDITING, EDITING, EDITING),
    "subscribers": ((*MEMBERS, "subscriber", "worker"), SUBSCRIBING, SUBSCRIBING, EDITING),
    "subscriber_services": ((*MEMBERS, "subscriber", "worker"), SUBSCRIBING, SUBSCRIBING, SUBSCRIBING),
    "events": ((*MEMBERS, "subscriber", "worker"), SUBSCRIBING, ("worker",), NOBODY),
    "notifications": ((*MEMBERS, "worker"), ("worker",), ("worker",), NOBODY),
    "delivery_batches": ((*MEMBERS, "worker"), ("worker",), ("worker",), NOBODY),
    "deliveries": ((*MEMBERS, "worker"), ("worker",), ("worker",), NOBODY),
}

# What the system role may do beyond reading everything; each use of it stands in a `system_scope` with a reason.
SYSTEM_WRITES = {
    "users": "INSERT, UPDATE",
    "identities": "INSERT, UPDATE",
    "sessions": "INSERT, UPDATE, DELETE",
    "organizations": "INSERT",
    "memberships": "INSERT",
    "pages": "INSERT",
    "revisions": "INSERT, UPDATE",
    "events": "INSERT, UPDATE",
    "delivery_batches": "UPDATE",
    "subscribers": "DELETE",
}


def upgrade() -> None:
    op.execute(_create_missing_role("upfront_app"))
    op.execute(_create_missing_role("upfront_system"))
    op.execute("GRANT upfront_system TO upfront_app WITH INHERIT FALSE, SET TRUE")
    op.execute("GRANT USAGE ON SCHEMA public TO upfront_app, upfront_system")
    op.execute("GRANT SELECT ON alembic_version TO upfront_app, upfront_system")
    op.execute(SCHEMA)
    for table, (read, insert, update, delete) in TENANT_TABLES.items():
        protect(table, read=read, insert=insert, update=update, delete=delete)
    _protect_organizations()
    _protect_people()
    for table, rights in SYSTEM_WRITES.items():
        op.execute(f"GRANT {rights} ON {table} TO upfront_system")


def downgrade() -> None:
    tables = ", ".join([*TENANT_TABLES, "identities", "sessions", "users", "organizations"])
    op.execute(f"DROP TABLE {tables}")


def _create_missing_role(name: str) -> str:
    """Roles belong to the whole server, so another database may have made them already, even at this moment."""
    return f"""
        DO $$ BEGIN
            CREATE ROLE {name} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
    """


def _protect_organizations() -> None:
    secure("organizations")
    op.execute(f"CREATE POLICY reading ON organizations FOR SELECT TO upfront_app USING (id = {CURRENT_ONCE})")
    op.execute(
        "CREATE POLICY updating ON organizations FOR UPDATE TO upfront_app"
        f" USING (id = {own_once(('admin',))}) WITH CHECK (id = {CURRENT})"
    )
    op.execute("GRANT SELECT, UPDATE ON organizations TO upfront_app")


def _protect_people() -> None:
    """People span organizations: a member sees themselves and those they share the present organization with."""
    for table in ("users", "identities", "sessions"):
        secure(table)
    op.execute(
        f"""
        CREATE POLICY reading ON users FOR SELECT TO upfront_app USING (
            id = {CURRENT_USER}
            OR EXISTS (
                SELECT FROM memberships
                WHERE memberships.organization_id = {CURRENT_ONCE} AND memberships.user_id = users.id
            )
        )
        """
    )
    op.execute("GRANT SELECT ON users TO upfront_app")
