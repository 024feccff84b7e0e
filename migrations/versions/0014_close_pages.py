"""Close pages to all but a few, and give them domains of their own.

Revision ID: 0014
"""

from alembic import op

from app.database.protection import protect, secure

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE pages ADD COLUMN domain text;
ALTER TABLE pages ADD CONSTRAINT pages_domain_key UNIQUE (domain);
ALTER TABLE pages ADD CONSTRAINT pages_domain_lower_check CHECK (domain = lower(domain));
ALTER TABLE pages ADD COLUMN access_version integer NOT NULL DEFAULT 1;

CREATE TABLE page_access (
    organization_id uuid NOT NULL,
    page_id uuid NOT NULL,
    way text NOT NULL,
    password_hash text NOT NULL,
    addresses text[] NOT NULL,
    networks text[] NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT page_access_pkey PRIMARY KEY (organization_id, page_id),
    CONSTRAINT page_access_organization_id_page_id_fkey FOREIGN KEY (organization_id, page_id)
        REFERENCES pages (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT page_access_way_check CHECK (way IN ('members', 'password', 'addresses', 'networks')),
    CONSTRAINT page_access_password_check CHECK (way <> 'password' OR password_hash <> ''),
    CONSTRAINT page_access_addresses_check CHECK (way <> 'addresses' OR cardinality(addresses) > 0),
    CONSTRAINT page_access_networks_check CHECK (way <> 'networks' OR cardinality(networks) > 0)
);

CREATE TABLE access_links (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    page_id uuid NOT NULL,
    email text NOT NULL,
    token_hash bytea NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    access_version integer NOT NULL,
    spent_at timestamp with time zone,
    CONSTRAINT access_links_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT access_links_organization_id_page_id_fkey FOREIGN KEY (organization_id, page_id)
        REFERENCES pages (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT access_links_organization_id_page_id_email_key UNIQUE (organization_id, page_id, email),
    CONSTRAINT access_links_token_hash_key UNIQUE (token_hash),
    CONSTRAINT access_links_email_lower_check CHECK (email = lower(email))
);
CREATE INDEX access_links_requested_idx ON access_links (requested_at);

CREATE TABLE page_domains (
    organization_id uuid NOT NULL,
    page_id uuid NOT NULL,
    host text NOT NULL,
    proof text NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    verified_at timestamp with time zone,
    found_at timestamp with time zone,
    checked_at timestamp with time zone,
    fault text NOT NULL,
    next_check_at timestamp with time zone,
    CONSTRAINT page_domains_pkey PRIMARY KEY (organization_id, page_id),
    CONSTRAINT page_domains_organization_id_page_id_fkey FOREIGN KEY (organization_id, page_id)
        REFERENCES pages (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT page_domains_host_lower_check CHECK (host = lower(host))
);
CREATE INDEX page_domains_host_idx ON page_domains (host);
CREATE INDEX page_domains_due_idx ON page_domains (next_check_at);

CREATE TABLE asked_mailboxes (
    kind text NOT NULL,
    mailbox_hash bytea NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    since timestamp with time zone NOT NULL,
    times integer NOT NULL,
    CONSTRAINT asked_mailboxes_pkey PRIMARY KEY (kind, mailbox_hash),
    CONSTRAINT asked_mailboxes_kind_check CHECK (kind IN ('confirmation', 'access_link'))
);
CREATE INDEX asked_mailboxes_asked_idx ON asked_mailboxes (asked_at);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    # A visitor's request asks by what they may be let in; who is on the lists concerns nobody but admins.
    readers = ("admin", "visitor", "subscriber", "worker")
    protect("page_access", read=readers, insert=("admin",), update=("admin",), delete=("admin",), system="DELETE")
    asking = ("admin", "subscriber", "worker")
    protect("access_links", read=asking, insert=("subscriber",), update=("subscriber",), system="DELETE")
    members = ("admin", "editor", "viewer", "worker")
    protect(
        "page_domains", read=members, insert=("admin",), update=("admin",), delete=("admin",), system="UPDATE, DELETE"
    )
    secure("asked_mailboxes")
    op.execute("GRANT INSERT, UPDATE, DELETE ON asked_mailboxes TO upfront_system")
    # Proofs of domains are looked for by whoever is free, for organizations of all kinds.
    op.execute("GRANT UPDATE (domain) ON pages TO upfront_system")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (domain) ON pages FROM upfront_system")
    for table in ("asked_mailboxes", "page_domains", "access_links", "page_access"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE pages DROP COLUMN access_version, DROP COLUMN domain")
