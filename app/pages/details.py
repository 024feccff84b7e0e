"""One incident, one maintenance window, and all windows of the calendar: each as visitors of a page see it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select

from app import clock
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.errors import NotFound
from app.incidents.models import Incident
from app.incidents.neighbours import read_neighbours
from app.incidents.postmortems.queries import find_postmortem
from app.incidents.relations import find_target, read_duplicates
from app.maintenance.models import Maintenance
from app.maintenance.rules import OPEN
from app.pages.address import PageAddress
from app.pages.selection import shows_incident, shows_maintenance
from app.pages.timelines import read_incidents
from app.pages.views import IncidentView, MaintenanceView
from app.pages.windows import read_maintenance

CALENDAR_PAST = timedelta(days=90)
"""How long windows stay in the calendar after their end. A cancelled one must stay until all programs have seen it."""
MOST_IN_CALENDAR = 1_000


def get_incident(page: PageAddress, incident_id: UUID) -> IncidentView:
    """One incident with its whole timeline, and what can be read from there on.

    Raises:
        NotFound: no such incident on this page, or it was deleted.
    """
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        incidents = read_incidents(scope, page, Incident.id == incident_id)
        if not incidents:
            raise NotFound
        incident = incidents[0]
        postmortem = find_postmortem(scope, incident_id)
        row = scope.get(Incident, incident_id)
        told = shows_incident(page)
        return replace(
            incident,
            merged_into=find_target(scope, row, told, page.spoken),
            merged_from=read_duplicates(scope, incident_id, told, page.spoken),
            neighbours=read_neighbours(scope, incident.started_at, incident_id, told, page.spoken),
            postmortem_at=postmortem.published_at if postmortem else None,
        )


def find_told(page: PageAddress, incident_ids: Collection[UUID]) -> Collection[UUID]:
    """Those of these incidents that the page tells of."""
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        told = select(Incident.id).where(
            Incident.organization_id == page.organization_id,
            Incident.id.in_(incident_ids),
            Incident.deleted_at.is_(None),
            shows_incident(page),
        )
        return set(scope.session.scalars(told))


def tells_of_incident(page: PageAddress, incident_id: UUID) -> bool:
    """Whether the incident has a page of its own there: one statement."""
    return bool(find_told(page, [incident_id]))


def tells_of_maintenance(page: PageAddress, maintenance_id: UUID) -> bool:
    """The same of a window."""
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        told = select(Maintenance.id).where(
            Maintenance.organization_id == page.organization_id,
            Maintenance.id == maintenance_id,
            shows_maintenance(page),
        )
        return scope.session.scalar(told) is not None


def get_maintenance(page: PageAddress, maintenance_id: UUID) -> MaintenanceView:
    """One window with all that was said of it, in whatever stage it is.

    Raises:
        NotFound: no such window on this page.
    """
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        windows = read_maintenance(scope, page, Maintenance.id == maintenance_id)
    if not windows:
        raise NotFound
    return windows[0]


def list_maintenance(page: PageAddress) -> tuple[MaintenanceView, ...]:
    """Windows still to come, and those of the last weeks with what became of them, soonest first: for the calendar.

    Where there are more than a calendar program should be sent, the earliest are left out.
    """
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        latest = (
            select(Maintenance.id)
            .where(
                Maintenance.organization_id == page.organization_id,
                or_(Maintenance.stage.in_(OPEN), Maintenance.ends_at > clock.now() - CALENDAR_PAST),
                shows_maintenance(page),
            )
            .order_by(Maintenance.starts_at.desc(), Maintenance.id.desc())
            .limit(MOST_IN_CALENDAR)
        )
        return read_maintenance(scope, page, Maintenance.id.in_(latest))
