"""Choose what each page shows; subscribers and notifications belong to a page.

Revision ID: 0012
"""

from alembic import op

from app.database.protection import EVERYBODY, protect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Groups are nested by `parent_id`: a group that goes leaves its own groups behind, not itself with them.
SCHEMA = """
ALTER TABLE pages ADD COLUMN shows_all boolean NOT NULL DEFAULT true;
ALTER TABLE pages ALTER COLUMN shows_all DROP DEFAULT;

CREATE TABLE page_items (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    page_id uuid NOT NULL,
    service_id uuid,
    group_id uuid,
    position integer NOT NULL,
    CONSTRAINT page_items_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT page_items_one_check CHECK (num_nonnulls(service_id, group_id) = 1),
    CONSTRAINT page_items_service_key UNIQUE (organization_id, page_id, service_id),
    CONSTRAINT page_items_group_key UNIQUE (organization_id, page_id, group_id),
    CONSTRAINT page_items_organization_id_page_id_fkey FOREIGN KEY (organization_id, page_id)
        REFERENCES pages (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT page_items_organization_id_service_id_fkey FOREIGN KEY (organization_id, service_id)
        REFERENCES services (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT page_items_organization_id_group_id_fkey FOREIGN KEY (organization_id, group_id)
        REFERENCES service_groups (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX page_items_service_idx ON page_items (organization_id, service_id) WHERE service_id IS NOT NULL;
CREATE INDEX page_items_group_idx ON page_items (organization_id, group_id) WHERE group_id IS NOT NULL;

ALTER TABLE service_groups ADD COLUMN parent_id uuid;
ALTER TABLE service_groups ADD CONSTRAINT service_groups_not_itself_check CHECK (parent_id <> id);
ALTER TABLE service_groups ADD CONSTRAINT service_groups_organization_id_parent_id_fkey
    FOREIGN KEY (organization_id, parent_id) REFERENCES service_groups (organization_id, id)
    ON DELETE SET NULL (parent_id);
CREATE INDEX service_groups_parent_idx ON service_groups (organization_id, parent_id) WHERE parent_id IS NOT NULL;

ALTER TABLE subscribers ADD COLUMN page_id uuid;
ALTER TABLE notifications ADD COLUMN page_id uuid;
"""

# Whoever subscribed did so on their organization's first page. Row-level security would hide them from the owner too.
FIRST_PAGES = """
ALTER TABLE pages NO FORCE ROW LEVEL SECURITY;
ALTER TABLE subscribers NO FORCE ROW LEVEL SECURITY;
UPDATE subscribers SET page_id = (
    SELECT pages.id FROM pages WHERE pages.organization_id = subscribers.organization_id
    ORDER BY pages.created_at, pages.id LIMIT 1
);
ALTER TABLE subscribers FORCE ROW LEVEL SECURITY;
ALTER TABLE pages FORCE ROW LEVEL SECURITY;
"""

KEYS = """
ALTER TABLE subscribers ALTER COLUMN page_id SET NOT NULL;
ALTER TABLE subscribers ADD CONSTRAINT subscribers_organization_id_page_id_fkey FOREIGN KEY (organization_id, page_id)
    REFERENCES pages (organization_id, id) ON DELETE CASCADE;
ALTER TABLE subscribers DROP CONSTRAINT subscribers_organization_id_email_key;
ALTER TABLE subscribers ADD CONSTRAINT subscribers_organization_id_page_id_email_key
    UNIQUE (organization_id, page_id, email);
ALTER TABLE notifications ADD CONSTRAINT notifications_organization_id_page_id_fkey
    FOREIGN KEY (organization_id, page_id) REFERENCES pages (organization_id, id) ON DELETE CASCADE;
ALTER TABLE notifications DROP CONSTRAINT notifications_organization_id_event_id_key;
ALTER TABLE notifications ADD CONSTRAINT notifications_organization_id_event_id_page_id_key
    UNIQUE NULLS NOT DISTINCT (organization_id, event_id, page_id);
"""

# Of an address that subscribed on several pages only the first stays, and of an event told on several one notification.
BACK = """
ALTER TABLE subscribers NO FORCE ROW LEVEL SECURITY;
ALTER TABLE notifications NO FORCE ROW LEVEL SECURITY;
DELETE FROM subscribers later USING subscribers first
    WHERE first.organization_id = later.organization_id AND first.email = later.email AND first.id < later.id;
DELETE FROM notifications later USING notifications first
    WHERE first.organization_id = later.organization_id AND first.event_id = later.event_id AND first.id < later.id;
ALTER TABLE notifications FORCE ROW LEVEL SECURITY;
ALTER TABLE subscribers FORCE ROW LEVEL SECURITY;
ALTER TABLE notifications DROP CONSTRAINT notifications_organization_id_event_id_page_id_key;
ALTER TABLE notifications DROP COLUMN page_id;
ALTER TABLE notifications ADD CONSTRAINT notifications_organization_id_event_id_key UNIQUE (organization_id, event_id);
ALTER TABLE subscribers DROP CONSTRAINT subscribers_organization_id_page_id_email_key;
ALTER TABLE subscribers DROP COLUMN page_id;
ALTER TABLE subscribers ADD CONSTRAINT subscribers_organization_id_email_key UNIQUE (organization_id, email);
ALTER TABLE service_groups DROP COLUMN parent_id;
DROP TABLE page_items;
ALTER TABLE pages DROP COLUMN shows_all;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    # As with all else of a page: admins decide.
    protect("page_items", read=EVERYBODY, insert=("admin",), update=("admin",), delete=("admin",), system="DELETE")
    op.execute(FIRST_PAGES)
    op.execute(KEYS)


def downgrade() -> None:
    op.execute(BACK)
