"""Let pages speak several languages, and keep own texts in them.

Revision ID: 0015
"""

from alembic import op

from app.database.protection import EDITING, EVERYBODY, protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# The texts belong to rows of several tables, as their edits do: what is read of them is asked for by those rows' ids.
SCHEMA = """
ALTER TABLE pages ADD COLUMN language text NOT NULL DEFAULT 'en';
ALTER TABLE pages ADD COLUMN languages text[] NOT NULL DEFAULT '{en}';
ALTER TABLE pages ALTER COLUMN language DROP DEFAULT, ALTER COLUMN languages DROP DEFAULT;
ALTER TABLE pages ADD CONSTRAINT pages_language_offered_check CHECK (language = ANY (languages));
ALTER TABLE pages ADD CONSTRAINT pages_languages_known_check CHECK (languages <@ ARRAY['en', 'de', 'es', 'fr', 'ja']);

CREATE TABLE text_translations (
    organization_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    language text NOT NULL,
    subject text NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    html text NOT NULL,
    CONSTRAINT text_translations_pkey PRIMARY KEY (organization_id, subject_id, language),
    CONSTRAINT text_translations_organization_id_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT text_translations_language_check CHECK (language IN ('en', 'de', 'es', 'fr', 'ja')),
    CONSTRAINT text_translations_subject_check
        CHECK (subject IN ('incident', 'incident_update', 'maintenance', 'maintenance_update', 'announcement'))
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    protect("text_translations", read=EVERYBODY, insert=EDITING, update=EDITING, delete=EDITING)


def downgrade() -> None:
    op.execute("DROP TABLE text_translations")
    op.execute("ALTER TABLE pages DROP COLUMN language, DROP COLUMN languages")
