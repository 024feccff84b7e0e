"""Let services depend on services.

Revision ID: 0009
"""

from alembic import op

from app.database.protection import EDITING, MEMBERS, protect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE service_dependencies (
    organization_id uuid NOT NULL,
    service_id uuid NOT NULL,
    needs_id uuid NOT NULL,
    CONSTRAINT service_dependencies_pkey PRIMARY KEY (organization_id, service_id, needs_id),
    CONSTRAINT service_dependencies_not_itself_check CHECK (service_id <> needs_id),
    CONSTRAINT service_dependencies_organization_id_service_id_fkey FOREIGN KEY(organization_id, service_id) REFERENCES services (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT service_dependencies_organization_id_needs_id_fkey FOREIGN KEY(organization_id, needs_id) REFERENCES services (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX service_dependencies_needs_idx ON service_dependencies (organization_id, needs_id);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    protect("service_dependencies", read=(*MEMBERS, "worker"), insert=EDITING, delete=EDITING)


def downgrade() -> None:
    op.execute("DROP TABLE service_dependencies")
