"""Let editors throw away a postmortem that no visitor has read.

Revision ID: 0021
"""

from alembic import op

from app.database.protection import EDITING, own_once

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE POLICY discarding ON postmortems FOR DELETE TO upfront_app"
        f" USING (organization_id = {own_once(EDITING)} AND first_published_at IS NULL)"
    )
    op.execute("GRANT DELETE ON postmortems TO upfront_app")


def downgrade() -> None:
    op.execute("REVOKE DELETE ON postmortems FROM upfront_app")
    op.execute("DROP POLICY discarding ON postmortems")
