"""Reminding the team of open incidents: of promised updates that are due, and of those that nobody speaks of."""

from uuid import UUID

from sqlalchemy import select

from app import clock
from app.database.actor import Actor
from app.database.scope import organization_scope, system_scope
from app.database.sweeps import take_each
from app.incidents.models import Incident, IncidentUpdate
from app.incidents.promises.rules import latest_reminder, next_reminder
from app.organizations.models import Organization

MOST_AT_ONCE = 200
"""Incidents taken up in one sweep; the next one takes the rest."""


def remind_due() -> None:
    """Remind of every open incident whose time has come: a sweep of the clock."""
    with system_scope("open incidents of all organizations may be due") as scope:
        due = scope.session.execute(
            select(Incident.organization_id, Incident.id)
            .join(Organization, Organization.id == Incident.organization_id)
            .where(Incident.remind_at <= clock.now(), Organization.closing_at.is_(None))
            .order_by(Incident.remind_at)
            .limit(MOST_AT_ONCE)
        ).all()
    take_each(due, remind)


def remind(organization_id: UUID, incident_id: UUID) -> None:
    """Remind of one incident if it is time, and set when to do it next. Two clocks at once remind once."""
    with organization_scope(Actor.clock(organization_id)) as scope:
        incident = scope.find(Incident, incident_id, lock=True)
        now = clock.now()
        if incident is None or incident.remind_at is None or incident.remind_at > now:
            return
        newest = scope.session.scalars(
            select(IncidentUpdate)
            .where(IncidentUpdate.organization_id == organization_id, IncidentUpdate.incident_id == incident_id)
            .order_by(IncidentUpdate.posted_at.desc(), IncidentUpdate.id.desc())
            .limit(1)
        ).one()
        reminder = latest_reminder(newest.posted_at, incident.next_update_at, now)
        incident.remind_at = next_reminder(newest.posted_at, incident.next_update_at, after=now).at
        if reminder is not None:
            told = {"incident_id": str(incident_id), "update_id": str(newest.id), "hours": reminder.hours}
            changes = {"why": (None, reminder.why), "hours": (None, reminder.hours)}
            scope.record("incident.reminded", incident, name=incident.title, changes=changes)
            # Raises the revision: page and dashboard say from now on that the promise is due or broken.
            scope.emit(f"incident.{reminder.why}", told)
