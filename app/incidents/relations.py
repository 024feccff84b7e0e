"""What an incident has to do with others and with people: what it was merged with, and who handles it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select, true

from app.accounts.models import User
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.edits.queries import EditRow, read_edits
from app.errors import NotFound
from app.incidents.models import Incident, IncidentUpdate
from app.incidents.views import IncidentLink
from app.organizations.models import Membership
from app.organizations.rules import Role
from app.text.languages import PageLanguage
from app.translated.queries import read_wordings, title_in


@dataclass(frozen=True, slots=True)
class Handler:
    """A member who handles an incident, or might."""

    user_id: UUID
    name: str


def link_in(language: PageLanguage | None) -> Select[UUID, str]:
    """The ids of incidents with their titles in a language, as `IncidentLink` has them; None: as they were written."""
    return select(Incident.id, title_in(Incident.id, Incident.organization_id, Incident.title, language))


def find_target(
    scope: Scope,
    incident: Incident,
    among: ColumnElement[bool] | None = None,
    language: PageLanguage | None = None,
) -> IncidentLink | None:
    """Where a duplicate goes on; None if it is none, or if that was deleted, or is not `among` those that count."""
    if incident.merged_into_id is None:
        return None
    target = scope.session.execute(
        link_in(language).where(
            Incident.organization_id == scope.organization_id,
            Incident.id == incident.merged_into_id,
            Incident.deleted_at.is_(None),
            true() if among is None else among,
        )
    ).one_or_none()
    return IncidentLink(*target) if target else None


def read_duplicates(
    scope: Scope,
    incident_id: UUID,
    among: ColumnElement[bool] | None = None,
    language: PageLanguage | None = None,
) -> tuple[IncidentLink, ...]:
    """What was merged into an incident, the oldest first; where not all count, those `among` them."""
    rows = scope.session.execute(
        link_in(language)
        .where(
            Incident.organization_id == scope.organization_id,
            Incident.merged_into_id == incident_id,
            Incident.deleted_at.is_(None),
            true() if among is None else among,
        )
        .order_by(Incident.merged_at, Incident.id)
    )
    return tuple(IncidentLink(duplicate_id, title) for duplicate_id, title in rows)


def find_handler(scope: Scope, incident: Incident) -> Handler | None:
    """Who handles an incident."""
    if incident.handler_user_id is None:
        return None
    name = scope.session.scalar(select(User.name).where(User.id == incident.handler_user_id))
    return Handler(incident.handler_user_id, name or "")


def read_text_edits(actor: Actor, incident_id: UUID) -> tuple[EditRow, ...]:
    """How title and messages of an incident came to say what they say, latest first.

    Raises:
        NotFound: no such incident, or it was deleted.
    """
    with organization_scope(actor, read_only=True) as scope:
        incident = scope.get(Incident, incident_id)
        if incident.deleted_at is not None:
            raise NotFound
        messages = scope.session.execute(
            select(IncidentUpdate.id, IncidentUpdate.message).where(
                IncidentUpdate.organization_id == scope.organization_id, IncidentUpdate.incident_id == incident_id
            )
        )
        texts = {(update_id, "message"): message for update_id, message in messages}
        wordings = read_wordings(scope, [incident_id, *(update_id for update_id, _ in texts)])
        return read_edits(scope, texts | {(incident_id, "title"): incident.title} | wordings)


def list_handlers(actor: Actor) -> tuple[Handler, ...]:
    """The members who may handle incidents, by name."""
    with organization_scope(actor, read_only=True) as scope:
        rows = scope.session.execute(
            select(User.id, User.name)
            .join(Membership, and_(Membership.user_id == User.id, Membership.organization_id == scope.organization_id))
            .where(Membership.role.in_((Role.EDITOR, Role.ADMIN)))
            .order_by(User.name, User.id)
        )
        return tuple(Handler(user_id, name) for user_id, name in rows)


def find_followed(actor: Actor, incident_id: UUID | None) -> IncidentLink | None:
    """The incident that a new one is to follow, as long as it is there."""
    if incident_id is None:
        return None
    with organization_scope(actor, read_only=True) as scope:
        row = scope.find(Incident, incident_id)
        return IncidentLink(row.id, row.title) if row is not None and row.deleted_at is None else None


def list_targets(actor: Actor, incident_id: UUID) -> tuple[IncidentLink, ...]:
    """The incidents into which one may be merged: the other open ones, latest first."""
    with organization_scope(actor, read_only=True) as scope:
        rows = scope.session.execute(
            select(Incident.id, Incident.title)
            .where(
                Incident.organization_id == scope.organization_id,
                Incident.resolved_at.is_(None),
                Incident.deleted_at.is_(None),
                Incident.id != incident_id,
            )
            .order_by(Incident.started_at.desc(), Incident.id.desc())
        )
        return tuple(IncidentLink(target_id, title) for target_id, title in rows)
