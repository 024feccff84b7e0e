"""Do the same with all subscribers that were found, however many they are.

Revision ID: 0023
"""

from alembic import op

from app.database.protection import EDITING, MEMBERS, protect

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE subscriber_errands (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    act text NOT NULL,
    text text NOT NULL,
    state text,
    page_id uuid,
    service_id uuid,
    newest_id uuid NOT NULL,
    after_id uuid,
    people integer NOT NULL,
    looked_at integer NOT NULL,
    done integer NOT NULL,
    created_at timestamptz NOT NULL,
    created_by_user_id uuid,
    created_by_name text NOT NULL,
    touched_at timestamptz NOT NULL,
    finished_at timestamptz,
    is_stopped boolean NOT NULL,
    CONSTRAINT subscriber_errands_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT subscriber_errands_organization_id_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT subscriber_errands_act_check CHECK (act IN ('ask', 'try', 'remove')),
    CONSTRAINT subscriber_errands_state_check
        CHECK (state IN ('pending', 'confirmed', 'unsubscribed', 'quarantined'))
);
CREATE INDEX subscriber_errands_unfinished_idx ON subscriber_errands (touched_at) WHERE finished_at IS NULL;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    protect("subscriber_errands", read=(*MEMBERS, "worker"), insert=EDITING, update=EDITING, system="UPDATE, DELETE")


def downgrade() -> None:
    op.execute("DROP TABLE subscriber_errands")
