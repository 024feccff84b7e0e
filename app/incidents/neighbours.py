"""The incidents that began just before and just after another one: the way through the history, one by one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, true, tuple_

from app.database.scope import Scope
from app.incidents.models import Incident
from app.incidents.views import IncidentLink, Neighbours


def read_neighbours(
    scope: Scope, started_at: datetime, incident_id: UUID, among: ColumnElement[bool] | None = None
) -> Neighbours:
    """Of the incident with this id, which began then: two statements, each one step in the index of starts.

    Args:
        among: which incidents count, where that is not all of them.
    """
    here = tuple_(started_at, incident_id)
    among = true() if among is None else among
    return Neighbours(_step(scope, here, among, back=True), _step(scope, here, among, back=False))


def _step(scope: Scope, here: ColumnElement[Any], among: ColumnElement[bool], *, back: bool) -> IncidentLink | None:
    place = tuple_(Incident.started_at, Incident.id)
    order = (Incident.started_at, Incident.id)
    row = scope.session.execute(
        select(Incident.id, Incident.title)
        .where(
            Incident.organization_id == scope.organization_id,
            place < here if back else place > here,
            Incident.deleted_at.is_(None),
            Incident.merged_into_id.is_(None),
            among,
        )
        .order_by(*(column.desc() if back else column for column in order))
        .limit(1)
    ).one_or_none()
    return IncidentLink(*row) if row else None
