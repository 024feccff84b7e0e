"""Give each page its own look, words and settings.

Revision ID: 0013
"""

from alembic import op

from app.database.protection import EVERYBODY, protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE page_files (
    organization_id uuid NOT NULL,
    page_id uuid NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    CONSTRAINT page_files_pkey PRIMARY KEY (organization_id, page_id, name),
    CONSTRAINT page_files_size_check CHECK (octet_length(content) <= 2097152),
    CONSTRAINT page_files_organization_id_page_id_fkey FOREIGN KEY (organization_id, page_id)
        REFERENCES pages (organization_id, id) ON DELETE CASCADE
);

ALTER TABLE pages
    ADD COLUMN theme text NOT NULL DEFAULT 'auto',
    ADD COLUMN visitor_time_zone boolean NOT NULL DEFAULT false,
    ADD COLUMN accent_light text NOT NULL DEFAULT '',
    ADD COLUMN accent_dark text NOT NULL DEFAULT '',
    ADD COLUMN header_links jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN support_address text NOT NULL DEFAULT '',
    ADD COLUMN footer text NOT NULL DEFAULT '',
    ADD COLUMN footer_html text NOT NULL DEFAULT '',
    ADD COLUMN noindex boolean NOT NULL DEFAULT false,
    ADD COLUMN powered_by boolean NOT NULL DEFAULT true,
    ADD COLUMN past_days integer NOT NULL DEFAULT 14,
    ADD COLUMN shows_uptime boolean NOT NULL DEFAULT true,
    ADD COLUMN shows_response_times boolean NOT NULL DEFAULT false,
    ADD COLUMN css text NOT NULL DEFAULT '',
    ADD COLUMN logo_light text,
    ADD COLUMN logo_dark text,
    ADD COLUMN favicon text,
    ADD COLUMN style text;
ALTER TABLE pages
    ADD CONSTRAINT pages_theme_check CHECK (theme IN ('auto', 'light', 'dark')),
    ADD CONSTRAINT pages_past_days_check CHECK (past_days IN (7, 14, 30, 90)),
    ADD CONSTRAINT pages_css_check CHECK (octet_length(css) <= 65536);

ALTER TABLE announcements ADD COLUMN page_id uuid;
ALTER TABLE announcements ADD CONSTRAINT announcements_organization_id_page_id_fkey
    FOREIGN KEY (organization_id, page_id) REFERENCES pages (organization_id, id) ON DELETE CASCADE;
CREATE INDEX announcements_page_idx ON announcements (organization_id, page_id) WHERE page_id IS NOT NULL;
"""

BACK = """
DROP INDEX announcements_page_idx;
ALTER TABLE announcements DROP COLUMN page_id;
ALTER TABLE pages
    DROP COLUMN theme, DROP COLUMN visitor_time_zone, DROP COLUMN accent_light, DROP COLUMN accent_dark,
    DROP COLUMN header_links, DROP COLUMN support_address, DROP COLUMN footer, DROP COLUMN footer_html,
    DROP COLUMN noindex, DROP COLUMN powered_by, DROP COLUMN past_days, DROP COLUMN shows_uptime,
    DROP COLUMN shows_response_times, DROP COLUMN css, DROP COLUMN logo_light, DROP COLUMN logo_dark,
    DROP COLUMN favicon, DROP COLUMN style;
DROP TABLE page_files;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    # As with all else of a page: admins decide, everybody sees.
    protect("page_files", read=EVERYBODY, insert=("admin",), update=("admin",), delete=("admin",))


def downgrade() -> None:
    op.execute(BACK)
