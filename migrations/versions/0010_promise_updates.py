"""Promise the next update of an incident, and remind of open ones.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE incident_updates ADD COLUMN next_update_at timestamptz;
ALTER TABLE incidents ADD COLUMN next_update_at timestamptz;
ALTER TABLE incidents ADD COLUMN remind_at timestamptz;
CREATE INDEX incidents_remind_idx ON incidents (remind_at) WHERE remind_at IS NOT NULL;
"""

# Incidents that are open already are looked after as well. Row-level security would hide them from the owner too.
OPEN_ALREADY = """
ALTER TABLE incidents NO FORCE ROW LEVEL SECURITY;
UPDATE incidents SET remind_at = now() + interval '3 hours' WHERE resolved_at IS NULL AND deleted_at IS NULL;
ALTER TABLE incidents FORCE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    op.execute(OPEN_ALREADY)


def downgrade() -> None:
    op.execute("ALTER TABLE incidents DROP COLUMN remind_at, DROP COLUMN next_update_at")
    op.execute("ALTER TABLE incident_updates DROP COLUMN next_update_at")
