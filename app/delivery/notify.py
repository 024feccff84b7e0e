"""From an event to its notifications: what there is to tell, written down once, and whom it concerns.

Each page that shows what happened has a notification of its own, with what that page shows of it: its subscribers read
nothing of a service that is only on another page (decision 0033).

The notifications of one story (an incident's, a maintenance's) on one page are made one after the other, and the latest
always holds the services of all earlier ones. So a later one may take an earlier one's place (`fan_out`): whoever was
to hear of it hears of it.
"""

from collections.abc import Sequence
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
from app.delivery.notices.family import Draft
from app.pages.address import PageAddress


def notify(organization_id: UUID, event_id: UUID) -> Sequence[UUID]:
    """Make the event's notifications, one for each page that shows what happened, or find those that are there already.

    Returns their ids, none when nobody is to be told: a silent update, a deleted incident, an event that is gone.
    """
    with organization_scope(Actor.worker(organization_id)) as scope:
        event = scope.find(Event, event_id, lock=True)
        if event is None:
            return ()
        if event.dispatched_at is not None:
            by_event = select(Notification.id).filter_by(organization_id=organization_id, event_id=event_id)
            return scope.session.scalars(by_event.order_by(Notification.id)).all()
        event.dispatched_at = clock.now()
        notifications = _notifications_of(scope, event)
        scope.session.add_all(notifications)
        return [notification.id for notification in notifications]


def _notifications_of(scope: Scope, event: Event) -> Sequence[Notification]:
    if event.kind not in TOLD_KINDS:
        return ()
    family = family_of(event.kind)
    made = ((page, family.draft(scope, event, page)) for page in family.pages(scope, event))
    return [_notification(scope, event, page, draft) for page, draft in made if draft is not None]


def _notification(scope: Scope, event: Event, page: PageAddress | None, draft: Draft) -> Notification:
    notification = Notification(
        organization_id=scope.organization_id,
        id=new_id(),
        event_id=event.id,
        page_id=page.page_id if page is not None else None,
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
    """Give it the services of the story's earlier notifications on its page, and later ones its own.

    Events may be taken up out of order. A later notification that gains services goes through the subscribers once
    more: who has a delivery of it already gets no second one.
    """
    others = session.scalars(
        select(Notification)
        .filter_by(
            organization_id=notification.organization_id,
            story_id=notification.story_id,
            page_id=notification.page_id,
        )
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
