"""Keep with a browser until when it may see the private page that it is told of.

Revision ID: 0024
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE push_endpoints
            ADD COLUMN admitted_version integer,
            ADD COLUMN admitted_until timestamptz,
            ADD COLUMN admitted_user_id uuid
    """)


def downgrade() -> None:
    op.execute("""
        ALTER TABLE push_endpoints
            DROP COLUMN admitted_version,
            DROP COLUMN admitted_until,
            DROP COLUMN admitted_user_id
    """)
