"""The incidents that began just before and just after another one: the way through the history, one by one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, true, tuple_

from app.database.scope import Scope
from app.incidents.models import Incident
from app.incidents.relations import link_in
from app.incidents.views import IncidentLink, Neighbours
from app.text.languages import PageLanguage


def read_neighbours(
    scope: Scope,
    started_at: datetime,
    incident_id: UUID,
    among: ColumnElement[bool] | None = None,
    language: PageLanguage | None = None,
) -> Neighbours:
    """Of the incident with this id, which began then: two statements, each one step in the index of starts.

    Args:
        among: which incidents count, where that is not all of them.
        language: which one their titles are read in; None: as they were written.
    """
    here = tuple_(started_at, incident_id)
    links = link_in(language).where(
        Incident.organization_id == scope.organization_id,
        Incident.deleted_at.is_(None),
        Incident.merged_into_id.is_(None),
        true() if among is None else among,
    )
    return Neighbours(_step(scope, links, here, back=True), _step(scope, links, here, back=False))


def _step(scope: Scope, links: Select[UUID, str], here: ColumnElement[Any], *, back: bool) -> IncidentLink | None:
    place = tuple_(Incident.started_at, Incident.id)
    order = (Incident.started_at, Incident.id)
    row = scope.session.execute(
        links.where(place < here if back else place > here)
        .order_by(*(column.desc() if back else column for column in order))
        .limit(1)
    ).one_or_none()
    return IncidentLink(*row) if row else None
