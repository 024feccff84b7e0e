"""A database after a good year: 200 organizations, one of them the product's own work, the others like it."""

from uuid import UUID

from sqlalchemy import Column, Connection, LargeBinary, Table, Uuid, create_engine, func, select, text

from app.accounts.actions import Browser, sign_in
from app.accounts.rules import Claims
from app.database.actor import Actor
from app.database.base import Base
from app.database.outbox import Event
from app.database.scope import organization_scope
from app.delivery.fan_out import write_chunk
from app.delivery.notify import notify
from app.organizations.models import Organization
from app.services.models import Service
from bench.organization import add_subscribers, make_organization, report_incident
from bench.site import Ground

ORGANIZATIONS = 200
SUBSCRIBERS = 100
EVENTS = 100
PEOPLE = 10
"""Members of each organization, each signed in once."""

_ADDED_APART = frozenset({"memberships"})
_KEPT_IDS = frozenset(
    {"organization_id", "actor_user_id", "author_user_id", "created_by_user_id", "deleted_by_user_id"}
)


def populate(made: Ground, slug: str) -> Organization:
    """Fill the database; gives the organization that is to be measured. Needs an application context."""
    organization = make_organization(slug)
    add_subscribers(organization.id, SUBSCRIBERS)
    with organization_scope(Actor.worker(organization.id)) as scope:
        services = scope.session.scalars(select(Service.id).order_by(Service.position).limit(3)).all()
        for number in range(EVENTS):
            scope.emit("bench.happened", {"number": number}, visible=False)
    for service_id in services:
        _tell(organization.id, report_incident(organization.id, service_id).id)
    engine = create_engine(made.owner_url)
    with engine.begin() as owner:
        _copy(owner, organization)
        _add_people(owner)
        _finish_batches(owner)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.execute(text("VACUUM ANALYZE"))
    engine.dispose()
    return organization


def count_rows(made: Ground) -> dict[str, int]:
    """How many rows each table of an organization's has, the largest first."""
    engine = create_engine(made.owner_url)
    with engine.connect() as owner:
        counts = {table.name: owner.scalar(select(func.count()).select_from(table)) or 0 for table in _tenant_tables()}
    engine.dispose()
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _tell(organization_id: UUID, incident_id: UUID) -> None:
    """What the worker does after the commit, up to the deliveries."""
    with organization_scope(Actor.worker(organization_id), read_only=True) as scope:
        event_id = scope.session.scalars(
            select(Event.id).where(
                Event.organization_id == organization_id, Event.payload["incident_id"].astext == str(incident_id)
            )
        ).one()
    (notification_id,) = notify(organization_id, event_id)
    write_chunk(organization_id, notification_id)


def _tenant_tables() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if "organization_id" in table.c]


def _copy(owner: Connection, organization: Organization) -> None:
    """Each row once more for each other organization, with ids of its own that still fit together."""
    # What triggers wrote for the rows that are copied is copied, too.
    owner.execute(text("SET LOCAL session_replication_role = replica"))
    owner.execute(
        text(
            "INSERT INTO organizations (id, name, slug, time_zone, created_at)"
            " SELECT gen_random_uuid(), name, slug || '-' || number, time_zone, created_at"
            " FROM organizations, generate_series(1, :count) AS number WHERE id = :id"
        ),
        {"count": ORGANIZATIONS - 1, "id": organization.id},
    )
    for table in _tenant_tables():
        if table.name in _ADDED_APART:
            continue
        columns = [column for column in table.c if column.identity is None and column.computed is None]
        names = ", ".join(column.name for column in columns)
        values = ", ".join(_copied(column) for column in columns)
        owner.execute(
            text(
                f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {table.name} AS old"
                " JOIN organizations AS other ON other.id <> old.organization_id"
                " WHERE old.organization_id = :id"
            ),
            {"id": organization.id},
        )


def _copied(column: Column[object]) -> str:
    if column.name == "organization_id":
        return "other.id"
    if column.name == "slug":
        return "other.slug"
    if isinstance(column.type, LargeBinary):
        return f"sha256(old.{column.name} || uuid_send(other.id))"
    if isinstance(column.type, Uuid) and column.name not in _KEPT_IDS:
        return f"md5(other.id::text || old.{column.name})::uuid"
    return f"old.{column.name}"


def _add_people(owner: Connection) -> None:
    """Members, each with a session; nobody can know the tokens."""
    owner.execute(
        text(
            """
            WITH people AS (
                SELECT gen_random_uuid() AS id, organizations.id AS organization_id, number
                FROM organizations, generate_series(1, :people) AS number
            ), added AS (
                INSERT INTO users (id, email, name, created_at)
                SELECT id, id || '@member.example', 'Member ' || number, now() FROM people
            ), belonging AS (
                INSERT INTO memberships (organization_id, user_id, role, created_at)
                SELECT organization_id, id, 'editor', now() FROM people
            )
            INSERT INTO sessions (id, user_id, token_hash, created_at, last_seen_at, expires_at, user_agent, address)
            SELECT gen_random_uuid(), id, sha256(uuid_send(id)), now(), now(), now() + interval '30 days', 'Bench', ''
            FROM people
            """
        ),
        {"people": PEOPLE},
    )


def _finish_batches(owner: Connection) -> None:
    """All but each organization's newest are done; one for each is still to be sent."""
    owner.execute(
        text(
            """
            WITH finished AS (
                UPDATE delivery_batches AS batch SET state = 'done', finished_at = now()
                FROM notifications AS told
                WHERE told.organization_id = batch.organization_id AND told.id = batch.notification_id
                AND told.revision < (
                    SELECT max(revision) FROM notifications WHERE organization_id = batch.organization_id
                )
                RETURNING batch.organization_id, batch.id
            )
            UPDATE deliveries SET state = 'sent', sent_at = now() FROM finished
            WHERE finished.organization_id = deliveries.organization_id AND finished.id = deliveries.batch_id
            """
        )
    )


def sign_in_somebody(slug: str) -> str:
    """The founder of an organization that `make_organization` made; a session's token."""
    return sign_in(Claims("https://bench.example", slug, f"{slug}@bench.example", "Bench"), Browser("bench", ""))
