"""Whom a notification is for: subscribers, in the order of their ids, or named addresses that are no subscribers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, case, exists, false, func, or_, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from app import clock
from app.access.queries import list_admits
from app.database.scope import Scope
from app.delivery import rules
from app.delivery.models import Delivery, Notification
from app.delivery.rules import Channel
from app.organizations.models import Membership
from app.pages.address import PageAddress
from app.pages.finding import read_pages
from app.pages.models import Page
from app.pages.rules import Visibility
from app.pages.selection import shows_service
from app.push.models import PushEndpoint
from app.services.models import Service, ServiceGroup
from app.subscribers.concern import is_concerned
from app.subscribers.models import Subscriber, SubscriberChoice, Suppression
from app.subscribers.rules import NewsKind, SubscriberChannel, SubscriberState, SuppressionReason
from app.subscribers.suppression import hash_of
from app.text.languages import PageLanguage
from app.text.speech import speaking, words


@dataclass(frozen=True, slots=True)
class Chosen:
    """Someone whose turn it is."""

    address: str
    subscriber_id: UUID | None = None
    about: str = ""
    """The services that a subscriber chose, in words; empty for all."""
    language: PageLanguage = PageLanguage.ENGLISH
    channel: Channel = Channel.EMAIL


class Audience(Protocol):
    """Finds those whom a notification is for, and asks again whether they still are when it is sent."""

    def next_in_line(self, scope: Scope, notification: Notification, most: int) -> Sequence[Chosen]:
        """Whose turn it is after `fanned_out_through`; fewer than `most` when the line ends with them."""
        ...

    def wants(self, scope: Scope, notification: Notification) -> ColumnElement[bool]:
        """Whether the recipient of a `Delivery` still wants it."""
        ...


@dataclass(frozen=True, slots=True)
class ConcernedSubscribers:
    """The page's confirmed subscribers who want news of a kind, and chose one of the services that it touches, or all.

    Whoever follows an incident hears of it, whatever else they chose.
    """

    kind: NewsKind
    followed: Callable[[Notification], UUID | None] = lambda notification: None
    """The incident that a notification is about."""
    whatever_they_chose: bool = False
    """Whether it is for those, too, who chose services that it does not touch."""

    def next_in_line(self, scope: Scope, notification: Notification, most: int) -> Sequence[Chosen]:
        if notification.page_id is None:
            return ()
        concerned = is_concerned(
            _PageOf(notification.organization_id, notification.page_id),
            self.kind,
            None if self.whatever_they_chose else notification.service_ids,
            incident_id=self.followed(notification),
        )
        return _subscribers(scope, notification, and_(concerned, _may_be_told()), most)

    def wants(self, scope: Scope, notification: Notification) -> ColumnElement[bool]:
        return _subscriber_is(_may_be_told())


@dataclass(frozen=True, slots=True)
class AskedSubscribers:
    """Those who are answered or asked themselves, as long as `condition` holds for them."""

    whom: Callable[[Notification], ColumnElement[bool]]
    condition: Callable[[Notification], ColumnElement[bool]]

    def next_in_line(self, scope: Scope, notification: Notification, most: int) -> Sequence[Chosen]:
        return _subscribers(scope, notification, self.whom(notification), most)

    def wants(self, scope: Scope, notification: Notification) -> ColumnElement[bool]:
        # Even a question is too much for somebody who called our mail spam.
        complained = _is_suppressed(SuppressionReason.COMPLAINED)
        return _subscriber_is(and_(self.condition(notification), ~complained, _is_admitted()))


def one_of(notification: Notification) -> ColumnElement[bool]:
    """The one subscriber whom a notification is about."""
    return Subscriber.id == notification.subscriber_id


@dataclass(frozen=True, slots=True)
class Addresses:
    """People who are no subscribers: members, or someone who is invited. `find` knows who they are at this moment."""

    find: Callable[[Scope, Notification], Collection[str]]
    language: Callable[[Notification], PageLanguage] = lambda notification: PageLanguage.ENGLISH
    """What they are written to in: the language of the dashboard, if they did not come from a page."""

    def next_in_line(self, scope: Scope, notification: Notification, most: int) -> Sequence[Chosen]:
        addresses = sorted(set(self.find(scope, notification)))[: most - 1]
        return [Chosen(address, language=self.language(notification)) for address in addresses]

    def wants(self, scope: Scope, notification: Notification) -> ColumnElement[bool]:
        return Delivery.address.in_(self.find(scope, notification))


@dataclass(frozen=True, slots=True)
class _PageOf:
    """A notification's page, as `PageKey`."""

    organization_id: UUID
    page_id: UUID


def _may_be_told() -> ColumnElement[bool]:
    """Confirmed, and nothing is against it. Who left one page of an organization goes on with another."""
    against = _is_suppressed(SuppressionReason.COMPLAINED, SuppressionReason.BOUNCED)
    return and_(Subscriber.state == SubscriberState.CONFIRMED, ~against, _is_admitted())


def _is_admitted() -> ColumnElement[bool]:
    """Who may see the page may be told of it (decision 0027)."""
    named = list_admits(Subscriber.organization_id, Subscriber.page_id, Subscriber.email)
    is_mailbox = Subscriber.channel == SubscriberChannel.EMAIL
    return and_(or_(named, _is_admitted_browser()), or_(is_mailbox, ~_came_as_member_who_left()))


def _is_member() -> ColumnElement[bool]:
    """Whether somebody as whom a browser came is a member still."""
    return exists().where(
        Membership.organization_id == PushEndpoint.organization_id,
        Membership.user_id == PushEndpoint.admitted_user_id,
    )


def _came_as_member_who_left() -> ColumnElement[bool]:
    """Whichever way a private page has: it was the membership that let this browser in."""
    return (
        exists()
        .where(
            PushEndpoint.organization_id == Subscriber.organization_id,
            PushEndpoint.subscriber_id == Subscriber.id,
            PushEndpoint.admitted_user_id.is_not(None),
            ~_is_member(),
            Page.organization_id == Subscriber.organization_id,
            Page.id == Subscriber.page_id,
            Page.visibility == Visibility.PRIVATE,
        )
        .correlate(Subscriber)
    )


def _is_admitted_browser() -> ColumnElement[bool]:
    """A browser has no address that a list could name: what let it in when it last asked must hold still (0034)."""
    return (
        exists()
        .where(
            PushEndpoint.organization_id == Subscriber.organization_id,
            PushEndpoint.subscriber_id == Subscriber.id,
            Page.organization_id == Subscriber.organization_id,
            Page.id == Subscriber.page_id,
            PushEndpoint.admitted_version == Page.access_version,
            PushEndpoint.admitted_until > clock.now(),
            or_(PushEndpoint.admitted_user_id.is_(None), _is_member()),
        )
        .correlate(Subscriber)
    )


def _is_suppressed(*reasons: SuppressionReason) -> ColumnElement[bool]:
    return exists().where(
        Suppression.organization_id == Subscriber.organization_id,
        Suppression.mailbox_hash == hash_of(Subscriber.organization_id, Subscriber.mailbox),
        Suppression.reason.in_(reasons),
    )


def _subscriber_is(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether it holds for the subscriber of a `Delivery`.

    Not by EXISTS: PostgreSQL would rather ask it of all subscribers at once, for each hundred of a hundred thousand.
    """
    is_so = (
        select(condition)
        .where(Subscriber.organization_id == Delivery.organization_id, Subscriber.id == Delivery.subscriber_id)
        .correlate(Delivery)
        .scalar_subquery()
    )
    return func.coalesce(is_so, false())


def _subscribers(scope: Scope, notification: Notification, whom: ColumnElement[bool], most: int) -> Sequence[Chosen]:
    page = next((one for one in read_pages(scope) if one.page_id == notification.page_id), None)
    # In their own language, as long as the page is offered in it.
    offered = Subscriber.language == any_(Page.languages)
    language = case((offered, Subscriber.language), else_=Page.language)
    query = (
        select(
            Subscriber.id,
            Subscriber.email,
            Subscriber.channel,
            Subscriber.all_services,
            Subscriber.kinds,
            _chosen_names(page),
            language,
        )
        .join(Page, and_(Page.organization_id == Subscriber.organization_id, Page.id == Subscriber.page_id))
        .where(Subscriber.organization_id == scope.organization_id, whom)
    )
    if notification.fanned_out_through is not None:
        query = query.where(Subscriber.id > notification.fanned_out_through)
    rows = scope.session.execute(query.order_by(Subscriber.id).limit(most))
    return [
        Chosen(
            email,
            subscriber_id,
            _about(notification.notice, all_services, kinds, names or (), PageLanguage(language)),
            PageLanguage(language),
            Channel(channel.value),
        )
        for subscriber_id, email, channel, all_services, kinds, names, language in rows
    ]


def _about(
    notice: Mapping[str, Any],
    all_services: bool,
    kinds: Sequence[NewsKind],
    names: Sequence[str],
    language: PageLanguage,
) -> str:
    """What somebody asked for, in words of their language; whoever wants no kind of news follows this one thing."""
    if not kinds:
        said = (text["title"] for text in notice.get("translations", ()) if text["language"] == language)
        title = next(said, "") or notice.get("title", "")
        return f"“{title}”" if title else ""
    if all_services:
        return ""
    with speaking(language):
        return words(rules.about(names))


def _holds_shown(page: PageAddress) -> ColumnElement[bool]:
    """Whether a `ServiceGroup`, or one in it, holds a service that the page shows."""
    member, inner = aliased(Service), aliased(ServiceGroup)
    shown = select(Service.id).where(Service.organization_id == page.organization_id, shows_service(page))
    return (
        exists()
        .where(member.organization_id == page.organization_id, member.id.in_(shown.correlate(None)))
        .where(inner.organization_id == page.organization_id, inner.id == member.group_id)
        .where(or_(inner.id == ServiceGroup.id, inner.parent_id == ServiceGroup.id))
        .correlate(ServiceGroup)
    )


def _chosen_names(page: PageAddress | None) -> ColumnElement[list[str] | None]:
    """The names of the services and groups that a subscriber chose, in the page's order; of those that it shows."""
    name = func.coalesce(Service.name, ServiceGroup.name)
    position = func.coalesce(Service.position, ServiceGroup.position)
    choice = SubscriberChoice
    return (
        select(func.array_agg(aggregate_order_by(name, choice.group_id.is_(None), position, name)))
        .select_from(choice)
        .outerjoin(
            Service,
            and_(
                Service.organization_id == choice.organization_id,
                Service.id == choice.service_id,
                Service.archived_at.is_(None),
                true() if page is None else shows_service(page),
            ),
        )
        .outerjoin(
            ServiceGroup,
            and_(
                ServiceGroup.organization_id == choice.organization_id,
                ServiceGroup.id == choice.group_id,
                true() if page is None or page.shows_all else _holds_shown(page),
            ),
        )
        .where(
            choice.organization_id == Subscriber.organization_id,
            choice.subscriber_id == Subscriber.id,
            name.is_not(None),
        )
        .correlate(Subscriber)
        .scalar_subquery()
    )
