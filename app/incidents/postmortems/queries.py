"""Postmortems as members see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.edits.queries import EditRow, read_edits
from app.errors import NotFound
from app.incidents.models import Incident
from app.incidents.postmortems.models import Postmortem


@dataclass(frozen=True, slots=True)
class PostmortemRow:
    """A postmortem, draft or published."""

    id: UUID
    message: str
    html: str
    version: int
    author_name: str
    published_at: datetime | None
    edited_at: datetime | None
    was_public: bool
    """Whether visitors could ever read it: then it is kept."""


@dataclass(frozen=True, slots=True)
class PostmortemPage:
    """What the page of an incident's postmortem shows: the incident, and the text if there is one."""

    incident_id: UUID
    title: str
    is_resolved: bool
    postmortem: PostmortemRow | None
    edits: tuple[EditRow, ...]
    """What its text said before, once visitors may have read it, latest first."""


def get_postmortem_page(actor: Actor, incident_id: UUID) -> PostmortemPage:
    """The postmortem of an incident, or the place where it will be.

    Raises:
        NotFound: no such incident, or it was deleted.
    """
    with organization_scope(actor, read_only=True) as scope:
        incident = scope.get(Incident, incident_id)
        if incident.deleted_at is not None:
            raise NotFound
        postmortem = find_postmortem(scope, incident_id)
        edits = read_edits(scope, {(postmortem.id, "message"): postmortem.message}) if postmortem else ()
        return PostmortemPage(incident.id, incident.title, incident.resolved_at is not None, postmortem, edits)


def find_postmortem(scope: Scope, incident_id: UUID) -> PostmortemRow | None:
    """What there is of it for whom the scope works: visitors find it only while it is published."""
    row = scope.session.scalar(
        select(Postmortem).where(
            Postmortem.organization_id == scope.organization_id, Postmortem.incident_id == incident_id
        )
    )
    if row is None:
        return None
    return PostmortemRow(
        id=row.id,
        message=row.message,
        html=row.html,
        version=row.version,
        author_name=row.author_name,
        published_at=row.published_at,
        edited_at=row.edited_at,
        was_public=row.first_published_at is not None,
    )
