"""From an event to its notification: what there is to tell, written down once, and whom it concerns.

The notifications of one story (an incident's, a maintenance's) are made one after the other, and the latest always
holds the services of all earlier ones. So a later one may take an earlier one's place (`fan_out`): whoever was to hear
of it hears of it.
"""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.outbox import Event
from app.database.scope import Scope, organization_scope
from app.delivery.models import Notification
from app.delivery.notices import TOLD_KINDS, family_of


def notify(organization_id: UUID, event_id: UUID) -> UUID | None:
    """Make the event's notification, or find the one that is there already.

    Returns its id, or None when nobody is to be told: a silent update, a deleted incident, an event that is gone.
    """
    with organization_scope(Actor.worker(organization_id)) as scope:
        event = scope.find(Event, event_id, lock=True)
        if event is None:
            return None
        if event.dispatched_at is not None:
            by_event = select(Notification.id).filter_by(organization_id=organization_id, event_id=event_id)
            return scope.session.scalar(by_event)
        event.dispatched_at = clock.now()
        notification = _notification_of(scope, event)
        if notification is None:
            return None
        scope.session.add(notification)
        return notification.id


def _notification_of(scope: Scope, event: Event) -> Notification | None:
    draft = family_of(event.kind).draft(scope, event) if event.kind in TOLD_KINDS else None
    if draft is None:
        return None
    notification = Notification(
        organization_id=scope.organization_id,
        id=new_id(),
        event_id=event.id,
        kind=event.kind,
        story_id=draft.story_id,
        update_id=draft.update_id,
        subscriber_id=draft.subscriber_id,
        revision=event.revision,
        service_ids=sorted(draft.service_ids),
        notice=draft.notice.to_json(),
        created_at=clock.now(),
    )
    if draft.story_id is not None:
        _wait_for_turn(scope.session, draft.story_id)
        _share_services(scope.session, notification)
    return notification


def _wait_for_turn(session: Session, story_id: UUID) -> None:
    """One notification of a story is made at a time: two at once would not know of each other's services."""
    key = story_id.int & 0x7FFF_FFFF_FFFF_FFFF
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _share_services(session: Session, notification: Notification) -> None:
    """Give it the services of the story's earlier notifications, and later ones its own.

    Events may be taken up out of order. A later notification that gains services goes through the subscribers once
    more: who has a delivery of it already gets no second one.
    """
    others = session.scalars(
        select(Notification)
        .filter_by(organization_id=notification.organization_id, story_id=notification.story_id)
        .with_for_update()
    ).all()
    own_place = (notification.revision, notification.event_id)
    earlier = (other.service_ids for other in others if (other.revision, other.event_id) < own_place)
    services = set(notification.service_ids).union(*earlier)
    notification.service_ids = sorted(services)
    for later in others:
        if (later.revision, later.event_id) > own_place and not services.issubset(later.service_ids):
            later.service_ids = sorted(services.union(later.service_ids))
            later.fanned_out_through = None
            later.fanned_out_at = None
