"""Many resolved incidents, written by one statement for each table: the product's own way would take minutes."""

from uuid import UUID

from sqlalchemy import Connection, text

_STATEMENTS = (
    # What the triggers do row by row comes last, at once.
    "SET LOCAL session_replication_role = replica",
    """
    INSERT INTO incidents (organization_id, id, title, stage, impact, started_at, resolved_at, version, created_at,
        created_by_name)
    SELECT :organization_id, gen_random_uuid(),
        CASE n % greatest(:number / 100, 2) WHEN 0 THEN 'Database slow ' ELSE 'Errors ' END || n, 'resolved',
        CASE n % 4 WHEN 0 THEN 'major' ELSE 'minor' END, began, began + interval '1 hour', 2, began, 'Bench'
    FROM (SELECT n, now() - n * interval '3 hours' AS began FROM generate_series(1, :number) AS n) AS one
    """,
    """
    INSERT INTO incident_updates (organization_id, id, incident_id, stage, message, html, notify, posted_at,
        author_name)
    SELECT organization_id, gen_random_uuid(), id, stage, 'We look into it, part ' || part, '', false,
        started_at + part * interval '10 minutes', 'Bench'
    FROM incidents, generate_series(1, 3) AS part WHERE organization_id = :organization_id
    """,
    """
    INSERT INTO incident_services (organization_id, incident_id, service_id, status, asked_at, from_status)
    SELECT organization_id, id, :service_id, 'partial_outage', started_at, 'operational' FROM incidents
    WHERE organization_id = :organization_id AND impact = 'major'
    """,
    """
    INSERT INTO incident_words (organization_id, incident_id, words)
    SELECT organization_id, id, words_of(organization_id, title || ' We look into it part 1 part 2 part 3')
    FROM incidents WHERE organization_id = :organization_id
    """,
    "ANALYZE incidents, incident_updates, incident_services, incident_words",
)


def write_incidents(owner: Connection, organization_id: UUID, service_id: UUID, number: int) -> None:
    """One each three hours, with three messages; each fourth touches the service, up to a hundred are about a database.

    The connection is the owner's and a superuser's: no policy and no trigger slows it down.
    """
    for statement in _STATEMENTS:
        owner.execute(text(statement), {"organization_id": organization_id, "service_id": service_id, "number": number})
