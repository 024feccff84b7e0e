"""From an event to its notification: what there is to tell, written down once, and whom it concerns.

The notifications of one incident are made one after the other, and the latest always holds the services of all earlier
ones. So a later one may take an earlier one's place (`fan_out`): whoever was to hear of the incident hears of it.
"""

from collections.abc import Mapping, Set
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from app import clock
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.outbox import Event
from app.database.scope import Scope, organization_scope
from app.delivery.models import Notification
from app.delivery.notices import ConfirmationNotice, IncidentNotice, NoticeUpdate
from app.extensions import settings
from app.incidents.models import Incident, IncidentService, IncidentUpdate
from app.incidents.rules import Stage
from app.organizations.models import Organization
from app.pages.models import Page
from app.services.models import Service
from app.services.rules import worst
from app.subscribers.models import Subscriber, SubscriberState
from app.text.plain import plain_text

INCIDENT_KINDS = ("incident.created", "incident.updated", "incident.resolved")
CONFIRMATION_KIND = "subscriber.requested"
TOLD_KINDS = (*INCIDENT_KINDS, CONFIRMATION_KIND)
"""The events that somebody is told of by mail."""


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
    if event.kind in INCIDENT_KINDS:
        return _incident_notification(scope, event)
    if event.kind == CONFIRMATION_KIND:
        return _confirmation_notification(scope, event)
    return None


def _incident_notification(scope: Scope, event: Event) -> Notification | None:
    session = scope.session
    incident = scope.find(Incident, UUID(event.payload["incident_id"]))
    told = scope.find(IncidentUpdate, UUID(event.payload["update_id"]))
    if incident is None or incident.deleted_at is not None or told is None or not told.notify:
        return None
    _wait_for_turn(session, incident.id)
    affected = session.execute(
        select(Service.id, Service.name, IncidentService.status)
        .join(
            Service,
            (Service.organization_id == IncidentService.organization_id) & (Service.id == IncidentService.service_id),
        )
        .where(IncidentService.organization_id == scope.organization_id, IncidentService.incident_id == incident.id)
        .order_by(Service.position, Service.name)
    ).all()
    page = _page_of(scope)
    page_url = f"{settings.base_url}/{page.slug}"
    ended = told.stage is Stage.RESOLVED or not affected
    notice = IncidentNotice(
        organization_name=_name_of(scope),
        page_url=page_url,
        time_zone=page.time_zone,
        title=incident.title,
        incident_url=f"{page_url}/incidents/{incident.id}",
        status=None if ended else worst(service.status for service in affected),
        affected=tuple(service.name for service in affected),
        updates=_updates_up_to(scope, told),
    )
    # Those of the event too: by now a later update may have taken one off the incident.
    touched = {UUID(service_id) for service_id in event.payload.get("service_ids", ())}
    notification = _make(scope, event, notice.to_json(), touched.union(service.id for service in affected))
    notification.incident_id = incident.id
    notification.update_id = told.id
    _share_services(session, notification)
    return notification


def _updates_up_to(scope: Scope, told: IncidentUpdate) -> tuple[NoticeUpdate, ...]:
    """The update that is told of and the ones before it, newest first."""
    updates = scope.session.scalars(
        select(IncidentUpdate)
        .filter_by(organization_id=scope.organization_id, incident_id=told.incident_id)
        .where(tuple_(IncidentUpdate.posted_at, IncidentUpdate.id) <= tuple_(told.posted_at, told.id))
        .order_by(IncidentUpdate.posted_at.desc(), IncidentUpdate.id.desc())
    )
    return tuple(
        NoticeUpdate(update.stage, plain_text(update.html), update.html, update.posted_at) for update in updates
    )


def _confirmation_notification(scope: Scope, event: Event) -> Notification | None:
    subscriber = scope.find(Subscriber, UUID(event.payload["subscriber_id"]))
    if subscriber is None or subscriber.state is not SubscriberState.PENDING:
        return None
    page_url = f"{settings.base_url}/{_page_of(scope).slug}"
    notice = ConfirmationNotice(_name_of(scope), page_url, subscriber.requested_at)
    notification = _make(scope, event, notice.to_json(), frozenset())
    notification.subscriber_id = subscriber.id
    return notification


def _make(scope: Scope, event: Event, notice: Mapping[str, Any], service_ids: Set[UUID]) -> Notification:
    return Notification(
        organization_id=scope.organization_id,
        id=new_id(),
        event_id=event.id,
        kind=event.kind,
        revision=event.revision,
        service_ids=sorted(service_ids),
        notice=dict(notice),
        created_at=clock.now(),
    )


def _wait_for_turn(session: Session, incident_id: UUID) -> None:
    """One notification of an incident is made at a time: two at once would not know of each other's services."""
    key = incident_id.int & 0x7FFF_FFFF_FFFF_FFFF
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _share_services(session: Session, notification: Notification) -> None:
    """Give it the services of the incident's earlier notifications, and later ones its own.

    Events may be taken up out of order. A later notification that gains services goes through the subscribers once
    more: who has a delivery of it already gets no second one.
    """
    others = session.scalars(
        select(Notification)
        .filter_by(organization_id=notification.organization_id, incident_id=notification.incident_id)
        .with_for_update()
    ).all()
    earlier = (other.service_ids for other in others if other.revision < notification.revision)
    services = set(notification.service_ids).union(*earlier)
    notification.service_ids = sorted(services)
    for later in others:
        if later.revision > notification.revision and not services.issubset(later.service_ids):
            later.service_ids = sorted(services.union(later.service_ids))
            later.fanned_out_through = None
            later.fanned_out_at = None


def _page_of(scope: Scope) -> Page:
    """The page that mails point to: the organization's first."""
    pages = select(Page).filter_by(organization_id=scope.organization_id).order_by(Page.created_at, Page.id).limit(1)
    return scope.session.scalars(pages).one()


def _name_of(scope: Scope) -> str:
    return scope.session.scalars(select(Organization.name).filter_by(id=scope.organization_id)).one()
