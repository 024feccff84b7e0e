"""Incidents as visitors see them, read in a scope that is open."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import aliased

from app import clock
from app.database.scope import Scope
from app.incidents.models import Incident, IncidentService, IncidentUpdate
from app.incidents.promises.rules import Promise, promise_state
from app.incidents.rules import status_of
from app.pages.address import PageAddress
from app.pages.affected import INCIDENT_TOUCHES, affected_views, services_touched
from app.pages.selection import shows_incident
from app.pages.views import AffectedView, IncidentView, UpdateView
from app.translated.queries import title_in, translation_of


def read_incidents(scope: Scope, page: PageAddress, condition: ColumnElement[bool]) -> tuple[IncidentView, ...]:
    """The page's incidents for which `condition` holds and that are not deleted, latest first, each with all that was
    said of it and the services that it touches: one statement."""
    followed = aliased(Incident)
    named, is_named = translation_of(Incident.id, Incident.organization_id, page.spoken)
    said, is_said = translation_of(IncidentUpdate.id, IncidentUpdate.organization_id, page.spoken)
    followed_title = title_in(followed.id, followed.organization_id, followed.title, page.spoken)
    touched = services_touched(page, IncidentService, INCIDENT_TOUCHES, IncidentService.status)
    rows = scope.session.execute(
        select(Incident, *touched.c, named.title, followed_title, IncidentUpdate, said.html)
        .select_from(Incident)
        .join(touched, true())
        .join(
            IncidentUpdate,
            and_(
                IncidentUpdate.organization_id == Incident.organization_id,
                IncidentUpdate.incident_id == Incident.id,
            ),
        )
        .outerjoin(named, is_named)
        .outerjoin(said, is_said)
        .outerjoin(
            followed,
            and_(
                followed.organization_id == Incident.organization_id,
                followed.id == Incident.follows_id,
                followed.deleted_at.is_(None),
                shows_incident(page, followed),
            ),
        )
        .where(
            Incident.organization_id == scope.organization_id,
            Incident.deleted_at.is_(None),
            shows_incident(page),
            condition,
        )
        .order_by(
            Incident.started_at.desc(), Incident.id.desc(), IncidentUpdate.posted_at.desc(), IncidentUpdate.id.desc()
        )
    )
    timelines: dict[UUID, _Timeline] = {}
    for incident, ids, names, statuses, title, follows_title, update, html in rows:
        if incident.id not in timelines:
            affected = affected_views(ids, names, statuses)
            timelines[incident.id] = _Timeline(incident, title or incident.title, follows_title, affected, [])
        language = None if html else page.language
        words = html or update.html
        timelines[incident.id].updates.append(
            UpdateView(update.id, update.stage, words, update.posted_at, update.edited_at, language)
        )
    return tuple(map(_view, timelines.values()))


@dataclass(frozen=True, slots=True)
class _Timeline:
    """An incident's row with what was read along with it; words as the visitor reads them."""

    incident: Incident
    title: str
    follows_title: str | None
    affected: tuple[AffectedView, ...]
    updates: list[UpdateView]


def _view(timeline: _Timeline) -> IncidentView:
    incident = timeline.incident
    return IncidentView(
        id=incident.id,
        title=timeline.title,
        stage=incident.stage,
        impact=incident.impact,
        status=status_of([service.status for service in timeline.affected], incident.impact, incident.stage),
        started_at=incident.started_at,
        resolved_at=incident.resolved_at,
        affected=timeline.affected,
        updates=tuple(timeline.updates),
        title_edited_at=incident.title_edited_at,
        next_update_at=incident.next_update_at,
        is_overdue=incident.next_update_at is not None
        and promise_state(incident.next_update_at, clock.now()) is Promise.OVERDUE,
        follows_id=incident.follows_id if timeline.follows_title is not None else None,
        follows_title=timeline.follows_title,
    )
