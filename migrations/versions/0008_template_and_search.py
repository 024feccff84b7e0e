"""Keep templates and postmortems, and find incidents by their words.

Revision ID: 0008
"""

from alembic import op

from app.database.protection import EDITING, MEMBERS, own, own_once, protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE message_templates (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    stage text,
    impact text,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    author_user_id uuid,
    author_name text NOT NULL,
    CONSTRAINT message_templates_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT message_templates_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT message_templates_kind_check CHECK (kind IN ('incident', 'update', 'maintenance')),
    CONSTRAINT message_templates_stage_check CHECK (stage IN ('investigating', 'identified', 'monitoring', 'resolved')),
    CONSTRAINT message_templates_impact_check CHECK (impact IN ('none', 'minor', 'major', 'critical')),
    CONSTRAINT message_templates_name_check CHECK (char_length(name) BETWEEN 1 AND 80),
    CONSTRAINT message_templates_message_check CHECK (char_length(message) BETWEEN 1 AND 10000)
);
CREATE UNIQUE INDEX message_templates_name_key ON message_templates (organization_id, lower(name));
CREATE INDEX message_templates_author_idx ON message_templates (author_user_id);

CREATE TABLE message_template_services (
    organization_id uuid NOT NULL,
    template_id uuid NOT NULL,
    service_id uuid NOT NULL,
    CONSTRAINT message_template_services_pkey PRIMARY KEY (organization_id, template_id, service_id),
    CONSTRAINT message_template_services_organization_id_template_id_fkey FOREIGN KEY(organization_id, template_id) REFERENCES message_templates (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT message_template_services_organization_id_service_id_fkey FOREIGN KEY(organization_id, service_id) REFERENCES services (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX message_template_services_service_idx ON message_template_services (organization_id, service_id);

CREATE TABLE postmortems (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    incident_id uuid NOT NULL,
    message text NOT NULL,
    html text NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    author_user_id uuid,
    author_name text NOT NULL,
    first_published_at timestamptz,
    published_at timestamptz,
    edited_at timestamptz,
    CONSTRAINT postmortems_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT postmortems_incident_key UNIQUE (organization_id, incident_id),
    CONSTRAINT postmortems_organization_id_incident_id_fkey FOREIGN KEY(organization_id, incident_id) REFERENCES incidents (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT postmortems_message_check CHECK (char_length(message) BETWEEN 1 AND 20000),
    CONSTRAINT postmortems_published_check CHECK (published_at IS NULL OR first_published_at IS NOT NULL)
);
CREATE INDEX postmortems_author_idx ON postmortems (author_user_id);

CREATE TABLE incident_words (
    organization_id uuid NOT NULL,
    incident_id uuid NOT NULL,
    words tsvector NOT NULL,
    CONSTRAINT incident_words_pkey PRIMARY KEY (organization_id, incident_id),
    CONSTRAINT incident_words_organization_id_incident_id_fkey FOREIGN KEY(organization_id, incident_id) REFERENCES incidents (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX incident_words_idx ON incident_words USING gin (words) WITH (fastupdate = off);
"""

# One lexeme of each row names the organization, so that the index finds a word within it and reads nothing of others.
# No word of a text begins with "=".
# Marks that the parser would take for parts of a word or an address are spaces: "db-01.internal" is found by "db 01".
# A tsvector ends at 1 MB; so much text stays below it, whatever it says (decision 0020).
WORDS = r"""
CREATE FUNCTION organization_word(organization_id uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT '=' || organization_id::text
$$;

CREATE FUNCTION words_of(organization_id uuid, said text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(ARRAY[organization_word(organization_id)])
        || to_tsvector('simple', translate(left(said, 50000), '-./\_:@&=+#%?''’', repeat(' ', 16)))
$$;

CREATE FUNCTION asked_for(organization_id uuid, wanted text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT quote_literal(organization_word(organization_id))::tsquery && regexp_replace(
        websearch_to_tsquery(
            'simple', regexp_replace(translate(wanted, './\_:@&=+#%?''’', repeat(' ', 15)), '(?<=\S)-', ' ', 'g')
        )::text,
        '(?<!!)''(?:[^'']|'''')*''', '\&:*', 'g'
    )::tsquery
$$;
"""

# Written in the transaction of the change, whoever makes it and however, by the rights of who makes it.
KEEPING_WORDS = """
CREATE FUNCTION keep_incident_words(organization uuid, incident uuid) RETURNS void LANGUAGE sql AS $$
    INSERT INTO incident_words (organization_id, incident_id, words)
    SELECT organization, incident, words_of(organization, concat_ws(
        E'\\n',
        incidents.title,
        (SELECT left(message, 20000) FROM postmortems WHERE organization_id = organization AND incident_id = incident),
        (SELECT string_agg(message, E'\\n' ORDER BY posted_at DESC)
            FROM incident_updates WHERE organization_id = organization AND incident_id = incident)
    ))
    FROM incidents WHERE incidents.organization_id = organization AND incidents.id = incident
    ON CONFLICT (organization_id, incident_id) DO UPDATE SET words = EXCLUDED.words
$$;

CREATE FUNCTION note_incident_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'incidents' THEN
        PERFORM keep_incident_words(NEW.organization_id, NEW.id);
        RETURN NULL;
    END IF;
    PERFORM keep_incident_words(NEW.organization_id, NEW.incident_id);
    IF TG_OP = 'UPDATE' AND NEW.incident_id <> OLD.incident_id THEN
        PERFORM keep_incident_words(OLD.organization_id, OLD.incident_id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER keep_words AFTER INSERT OR UPDATE OF title ON incidents
    FOR EACH ROW EXECUTE FUNCTION note_incident_words();
CREATE TRIGGER keep_words AFTER INSERT OR UPDATE OF message, incident_id ON incident_updates
    FOR EACH ROW EXECUTE FUNCTION note_incident_words();
CREATE TRIGGER keep_words AFTER INSERT OR UPDATE OF message ON postmortems
    FOR EACH ROW EXECUTE FUNCTION note_incident_words();

ALTER TABLE incidents NO FORCE ROW LEVEL SECURITY;
ALTER TABLE incident_updates NO FORCE ROW LEVEL SECURITY;
INSERT INTO incident_words (organization_id, incident_id, words)
SELECT organization_id, id, words_of(organization_id, concat_ws(
    E'\\n',
    title,
    (SELECT string_agg(message, E'\\n' ORDER BY posted_at DESC) FROM incident_updates
        WHERE incident_updates.organization_id = incidents.organization_id AND incident_id = incidents.id)
)) FROM incidents;
ALTER TABLE incidents FORCE ROW LEVEL SECURITY;
ALTER TABLE incident_updates FORCE ROW LEVEL SECURITY;
"""

# A policy keeps an index from answering `@@`, which PostgreSQL does not count as leakproof. So the search runs as the
# owner, tells apart organizations and roles itself, and gives away nothing but ids: whoever asks for their rows meets
# the policies. It is planned anew for each question: for a rare word and for one of every incident.
FINDING = f"""
CREATE POLICY finding ON incident_words FOR SELECT TO CURRENT_USER USING (true);

CREATE FUNCTION find_incidents(wanted text) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE ROWS 100 SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
DECLARE
    mine CONSTANT uuid := {own(MEMBERS)};
    question CONSTANT tsquery := asked_for(mine, wanted);
BEGIN
    RETURN QUERY SELECT incident_id FROM incident_words WHERE organization_id = mine AND words @@ question;
END $$;
REVOKE EXECUTE ON FUNCTION find_incidents(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_incidents(text) TO upfront_app;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
    protect("message_templates", read=(*MEMBERS, "worker"), insert=EDITING, update=EDITING, delete=EDITING)
    protect("message_template_services", read=(*MEMBERS, "worker"), insert=EDITING, delete=EDITING)
    protect("postmortems", read=(*MEMBERS, "worker"), insert=EDITING, update=EDITING)
    op.execute(
        "CREATE POLICY published ON postmortems FOR SELECT TO upfront_app"
        f" USING (organization_id = {own_once(('visitor',))} AND published_at IS NOT NULL)"
    )
    op.execute(WORDS)
    op.execute(KEEPING_WORDS)
    # Who closes an account signs its texts anew (`app/accounts`).
    op.execute("GRANT UPDATE (author_user_id, author_name) ON message_templates, postmortems TO upfront_system")
    protect("incident_words", read=(*MEMBERS, "worker"), insert=EDITING, update=EDITING)
    op.execute(FINDING)


def downgrade() -> None:
    op.execute("DROP FUNCTION find_incidents(text)")
    for table in ("incidents", "incident_updates"):
        op.execute(f"DROP TRIGGER keep_words ON {table}")
    op.execute("DROP TABLE incident_words, postmortems, message_template_services, message_templates")
    op.execute("DROP FUNCTION note_incident_words()")
    op.execute("DROP FUNCTION keep_incident_words(uuid, uuid)")
    op.execute("DROP FUNCTION asked_for(uuid, text)")
    op.execute("DROP FUNCTION words_of(uuid, text)")
    op.execute("DROP FUNCTION organization_word(uuid)")
