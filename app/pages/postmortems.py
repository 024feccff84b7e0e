"""Postmortems as visitors see them: what is published, and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.errors import NotFound
from app.incidents.models import Incident
from app.incidents.postmortems.queries import find_postmortem
from app.pages.address import PageAddress
from app.pages.selection import shows_incident
from app.text.plain import plain_text
from app.translated.queries import title_in


@dataclass(frozen=True, slots=True)
class PostmortemView:
    """A published postmortem; `html` is sanitised already."""

    incident_id: UUID
    title: str
    """The incident's, as the visitor reads it."""
    started_at: datetime
    resolved_at: datetime | None
    html: str
    text: str
    published_at: datetime
    edited_at: datetime | None


def get_postmortem(page: PageAddress, incident_id: UUID) -> PostmortemView:
    """What was learned from an incident.

    Raises:
        NotFound: no such incident on this page, or nothing is published of it; both look the same.
    """
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        title = title_in(Incident.id, Incident.organization_id, Incident.title, page.spoken)
        told = scope.session.execute(
            select(Incident, title).where(
                Incident.organization_id == scope.organization_id, Incident.id == incident_id, shows_incident(page)
            )
        ).one_or_none()
        postmortem = find_postmortem(scope, incident_id)
    if told is None or postmortem is None or postmortem.published_at is None:
        raise NotFound
    incident, called = told
    if incident.deleted_at is not None:
        raise NotFound
    return PostmortemView(
        incident_id=incident.id,
        title=called,
        started_at=incident.started_at,
        resolved_at=incident.resolved_at,
        html=postmortem.html,
        text=plain_text(postmortem.html),
        published_at=postmortem.published_at,
        edited_at=postmortem.edited_at,
    )
