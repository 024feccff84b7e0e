"""Keep with a draft when its incident began, and when it promises the next update.

Revision ID: 0025
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE incident_drafts
            ADD COLUMN started_at timestamptz,
            ADD COLUMN next_update_at timestamptz,
            ADD COLUMN next_update_in interval,
            ADD CONSTRAINT incident_drafts_one_promise_check CHECK (num_nonnulls(next_update_at, next_update_in) < 2)
    """)


def downgrade() -> None:
    op.execute(
        "ALTER TABLE incident_drafts DROP COLUMN started_at, DROP COLUMN next_update_at, DROP COLUMN next_update_in"
    )
