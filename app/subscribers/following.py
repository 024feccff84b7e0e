"""How following an incident ends: when there is nothing more to tell of it. Who followed nothing else is forgotten."""

from uuid import UUID

from sqlalchemy import and_, delete, exists, func, or_, select

from app import clock
from app.database.actor import Actor
from app.database.scope import organization_scope, system_scope
from app.database.sweeps import take_each
from app.incidents.models import Incident
from app.incidents.postmortems.models import Postmortem
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.rules import FOLLOWED_AFTER_POSTMORTEM, FOLLOWED_AFTER_RESOLVED

MOST_AT_ONCE = 50
"""Incidents in one round of the clock; the next one takes the rest."""


def end_follows() -> None:
    """Let those go who follow incidents that are told to the end."""
    now = clock.now()
    told = and_(
        Postmortem.organization_id == Incident.organization_id,
        Postmortem.incident_id == Incident.id,
        Postmortem.published_at < now - FOLLOWED_AFTER_POSTMORTEM,
    )
    with system_scope("incidents of all organizations are followed until there is nothing more to tell") as scope:
        over = scope.session.execute(
            select(Incident.organization_id, Incident.id)
            .where(
                exists().where(
                    SubscriberChoice.organization_id == Incident.organization_id,
                    SubscriberChoice.incident_id == Incident.id,
                ),
                or_(
                    Incident.deleted_at < now - FOLLOWED_AFTER_POSTMORTEM,
                    Incident.resolved_at < now - FOLLOWED_AFTER_RESOLVED,
                    and_(Incident.resolved_at.is_not(None), exists().where(told)),
                ),
            )
            .limit(MOST_AT_ONCE)
        ).all()
    take_each(((organization_id, incident_id) for organization_id, incident_id in over), _end)


def _end(organization_id: UUID, incident_id: UUID) -> None:
    with organization_scope(Actor.clock(organization_id)) as scope:
        followers = scope.session.scalars(
            delete(SubscriberChoice)
            .where(SubscriberChoice.organization_id == organization_id, SubscriberChoice.incident_id == incident_id)
            .returning(SubscriberChoice.subscriber_id)
        ).all()
        other = exists().where(
            SubscriberChoice.organization_id == organization_id, SubscriberChoice.subscriber_id == Subscriber.id
        )
        gone = scope.session.scalars(
            delete(Subscriber)
            .where(
                Subscriber.organization_id == organization_id,
                Subscriber.id.in_(followers),
                func.cardinality(Subscriber.kinds) == 0,
                ~other,
            )
            .returning(Subscriber.id)
        ).all()
        changes = {"followers": (len(followers), None), "forgotten": (None, len(gone))}
        scope.record("incident.follows_ended", subject_id=incident_id, changes=changes)
