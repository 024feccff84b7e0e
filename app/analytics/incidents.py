"""The incidents that figures are made of."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select, true

from app.analytics.periods import Period
from app.analytics.rules import IncidentFacts
from app.database.scope import Scope
from app.incidents.models import Incident, IncidentService, IncidentUpdate
from app.services.history import start_of_day


def read_facts(scope: Scope, period: Period, zone: ZoneInfo, service_id: UUID | None) -> list[IncidentFacts]:
    """The incidents that began in a period, the latest first: neither deleted ones nor duplicates of others.

    Of one service, or of all. One statement.
    """
    began = (
        Incident.organization_id == scope.organization_id,
        Incident.started_at >= start_of_day(zone, period.first),
        Incident.started_at < start_of_day(zone, period.last + timedelta(days=1)),
        Incident.deleted_at.is_(None),
        Incident.merged_into_id.is_(None),
    )
    touches = and_(
        IncidentService.organization_id == Incident.organization_id, IncidentService.incident_id == Incident.id
    )
    said = (
        select(func.min(IncidentUpdate.posted_at).label("first"))
        .where(IncidentUpdate.organization_id == Incident.organization_id, IncidentUpdate.incident_id == Incident.id)
        .lateral()
    )
    touched = select(func.array_agg(IncidentService.service_id).label("ids")).where(touches).lateral()
    query = (
        select(
            Incident.id,
            Incident.title,
            Incident.impact,
            Incident.started_at,
            Incident.resolved_at,
            said.c.first,
            touched.c.ids,
        )
        .select_from(Incident)
        .join(said, true())
        .join(touched, true())
        .where(*began)
    )
    if service_id is not None:
        query = query.where(select(touches).where(touches, IncidentService.service_id == service_id).exists())
    rows = scope.session.execute(query.order_by(Incident.started_at.desc(), Incident.id))
    return [
        IncidentFacts(incident_id, title, impact, started_at, resolved_at, first or started_at, frozenset(ids or ()))
        for incident_id, title, impact, started_at, resolved_at, first, ids in rows
    ]
