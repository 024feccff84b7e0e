"""Whom a notification is for: subscribers, in the order of their ids, or named addresses that are no subscribers."""

from collections.abc import Callable, Collection, Sequence, Set
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.database.scope import Scope
from app.delivery import rules
from app.delivery.models import Delivery, Notification
from app.services.models import Service
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.queries import is_concerned
from app.subscribers.rules import SubscriberState


@dataclass(frozen=True, slots=True)
class Chosen:
    """Someone whose turn it is."""

    address: str
    subscriber_id: UUID | None = None
    about: str = ""
    """The services that a subscriber chose, in words; empty for all."""


class Audience(Protocol):
    """Finds those whom a notification is for, and asks again whether they still are when it is sent."""

    def next_in_line(self, scope: Scope, notification: Notification, most: int) -> Sequence[Chosen]:
        """Whose turn it is after `fanned_out_through`; fewer than `most` when the line ends with them."""
        ...

    def wanting(self, scope: Scope, notification: Notification, deliveries: Sequence[Delivery]) -> Set[UUID]:
        """Those deliveries of a batch whose recipients still want them."""
        ...


class ConcernedSubscribers:
    """The page's confirmed subscribers who chose one of the notification's services, or all."""

    def next_in_line(self, scope: Scope, notification: Notification, most: int) -> Sequence[Chosen]:
        concerned = is_concerned(scope.organization_id, notification.service_ids)
        return _subscribers(scope, notification, and_(_of_page(notification), concerned), most)

    def wanting(self, scope: Scope, notification: Notification, deliveries: Sequence[Delivery]) -> Set[UUID]:
        return _of_subscribers(scope, deliveries, Subscriber.state == SubscriberState.CONFIRMED)


class AllSubscribers:
    """Every confirmed subscriber of the page, whatever services they chose."""

    def next_in_line(self, scope: Scope, notification: Notification, most: int) -> Sequence[Chosen]:
        confirmed = Subscriber.state == SubscriberState.CONFIRMED
        return _subscribers(scope, notification, and_(_of_page(notification), confirmed), most)

    def wanting(self, scope: Scope, notification: Notification, deliveries: Sequence[Delivery]) -> Set[UUID]:
        return _of_subscribers(scope, deliveries, Subscriber.state == SubscriberState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class OneSubscriber:
    """The subscriber of the notification, as long as `condition` holds for them."""

    condition: Callable[[Notification], ColumnElement[bool]]

    def next_in_line(self, scope: Scope, notification: Notification, most: int) -> Sequence[Chosen]:
        return _subscribers(scope, notification, Subscriber.id == notification.subscriber_id, most)

    def wanting(self, scope: Scope, notification: Notification, deliveries: Sequence[Delivery]) -> Set[UUID]:
        return _of_subscribers(scope, deliveries, self.condition(notification))


@dataclass(frozen=True, slots=True)
class Addresses:
    """People who are no subscribers: members, or someone who is invited. `find` knows who they are at this moment."""

    find: Callable[[Scope, Notification], Collection[str]]

    def next_in_line(self, scope: Scope, notification: Notification, most: int) -> Sequence[Chosen]:
        return [Chosen(address) for address in sorted(set(self.find(scope, notification)))][: most - 1]

    def wanting(self, scope: Scope, notification: Notification, deliveries: Sequence[Delivery]) -> Set[UUID]:
        addresses = set(self.find(scope, notification))
        return {delivery.id for delivery in deliveries if delivery.address in addresses}


def _of_page(notification: Notification) -> ColumnElement[bool]:
    return Subscriber.page_id == notification.page_id


def _subscribers(scope: Scope, notification: Notification, whom: ColumnElement[bool], most: int) -> Sequence[Chosen]:
    query = select(Subscriber.id, Subscriber.email, Subscriber.all_services, _chosen_names()).where(
        Subscriber.organization_id == scope.organization_id, whom
    )
    if notification.fanned_out_through is not None:
        query = query.where(Subscriber.id > notification.fanned_out_through)
    rows = scope.session.execute(query.order_by(Subscriber.id).limit(most))
    return [
        Chosen(email, subscriber_id, "" if all_services else rules.about(names or ()))
        for subscriber_id, email, all_services, names in rows
    ]


def _chosen_names() -> ColumnElement[list[str] | None]:
    """The names of the services that a subscriber chose, in the page's order."""
    return (
        select(func.array_agg(aggregate_order_by(Service.name, Service.position, Service.name)))
        .join(
            SubscriberChoice,
            and_(
                SubscriberChoice.organization_id == Service.organization_id,
                SubscriberChoice.service_id == Service.id,
            ),
        )
        .where(
            SubscriberChoice.organization_id == Subscriber.organization_id,
            SubscriberChoice.subscriber_id == Subscriber.id,
            Service.archived_at.is_(None),
        )
        .correlate(Subscriber)
        .scalar_subquery()
    )


def _of_subscribers(scope: Scope, deliveries: Sequence[Delivery], condition: ColumnElement[bool]) -> Set[UUID]:
    subscribers = set(
        scope.session.scalars(
            select(Subscriber.id).where(
                Subscriber.organization_id == scope.organization_id,
                Subscriber.id.in_([delivery.subscriber_id for delivery in deliveries]),
                condition,
            )
        )
    )
    return {delivery.id for delivery in deliveries if delivery.subscriber_id in subscribers}
