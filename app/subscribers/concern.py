"""Whom a happening concerns, as one condition on subscribers."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, exists, literal, or_, select

from app.incidents.models import Incident
from app.services.models import Service, ServiceGroup
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.rules import NewsKind, PageKey, SubscriberState


def is_concerned(
    page: PageKey,
    kind: NewsKind,
    service_ids: Collection[UUID] | None,
    *,
    incident_id: UUID | None = None,
) -> ColumnElement[bool]:
    """The confirmed subscribers of a page who are told of news of this kind that touches these services.

    They chose all services, one of these, or a group that one of these stands in at present: choices are rules, so a
    service that joins a group later is chosen too. What touches no service concerns those who chose all: of the others
    nobody asked for it. Besides, whoever follows the incident is told, whatever else they chose.

    Args:
        page: its subscribers.
        kind: those who do not want news of this kind are left out.
        service_ids: what is touched; None for what is for everybody, whatever services they chose.
        incident_id: what followers of an incident are told; of one that a duplicate was merged into, also theirs.
    """
    wants_kind = literal(kind.value) == any_(Subscriber.kinds)
    concerned: ColumnElement[bool]
    if service_ids is None:
        concerned = wants_kind
    else:
        concerned = and_(wants_kind, or_(Subscriber.all_services, _chose(page.organization_id, service_ids)))
    if incident_id is not None:
        concerned = or_(concerned, _follows(page.organization_id, incident_id))
    return and_(
        Subscriber.organization_id == page.organization_id,
        Subscriber.page_id == page.page_id,
        Subscriber.state == SubscriberState.CONFIRMED,
        concerned,
    )


def hears_of(organization_id: UUID, service_id: UUID) -> ColumnElement[bool]:
    """Whoever is told of this service, in whatever state they are: a filter for lists."""
    return or_(Subscriber.all_services, _chose(organization_id, [service_id]))


def _chose(organization_id: UUID, service_ids: Collection[UUID]) -> ColumnElement[bool]:
    if not service_ids:
        return literal(False)
    return exists().where(
        SubscriberChoice.organization_id == organization_id,
        SubscriberChoice.subscriber_id == Subscriber.id,
        or_(
            SubscriberChoice.service_id.in_(service_ids),
            SubscriberChoice.group_id.in_(_groups_of(organization_id, service_ids)),
        ),
    )


def _groups_of(organization_id: UUID, service_ids: Collection[UUID]) -> Select[UUID]:
    """The groups that these services stand in, and the groups that those stand in."""
    touched = and_(
        Service.organization_id == organization_id, Service.id.in_(service_ids), Service.group_id.is_not(None)
    )
    own = select(Service.group_id).where(touched)
    outer = (
        select(ServiceGroup.parent_id)
        .join(
            Service,
            and_(Service.organization_id == ServiceGroup.organization_id, Service.group_id == ServiceGroup.id),
        )
        .where(touched, ServiceGroup.parent_id.is_not(None))
    )
    return select(own.union(outer).subquery().c[0])


def _follows(organization_id: UUID, incident_id: UUID) -> ColumnElement[bool]:
    """Who follows an incident, or one that turned out to be its duplicate."""
    same = select(Incident.id).where(
        Incident.organization_id == organization_id,
        or_(Incident.id == incident_id, Incident.merged_into_id == incident_id),
    )
    return exists().where(
        SubscriberChoice.organization_id == organization_id,
        SubscriberChoice.subscriber_id == Subscriber.id,
        SubscriberChoice.incident_id.in_(same),
    )
