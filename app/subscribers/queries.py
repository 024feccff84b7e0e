"""Who is told, and what someone who holds a link of ours may see of themselves."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from app import clock
from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import NotFound
from app.services.models import Service
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.rules import LinkExpired, PageKey, SubscriberState, is_expired
from app.subscribers.tokens import manage_token


@dataclass(frozen=True, slots=True)
class SubscriberView:
    """A subscriber as their own pages show them."""

    id: UUID
    email: str
    state: SubscriberState
    chosen: frozenset[UUID] | None
    """The services they hear of; None for all."""

    @property
    def is_confirmed(self) -> bool:
        return self.state is SubscriberState.CONFIRMED

    @property
    def has_left(self) -> bool:
        return self.state is SubscriberState.UNSUBSCRIBED

    @property
    def manage_token(self) -> str:
        """What their preferences and their way out are reached by. Never log it."""
        return manage_token(self.id)


def is_concerned(organization_id: UUID, service_ids: Collection[UUID]) -> ColumnElement[bool]:
    """The confirmed subscribers who chose one of these services, or who chose all.

    What touches no service concerns those who chose all: of the others nobody asked for it.
    """
    chose_one = exists().where(
        SubscriberChoice.organization_id == organization_id,
        SubscriberChoice.subscriber_id == Subscriber.id,
        SubscriberChoice.service_id.in_(service_ids),
    )
    return and_(
        Subscriber.organization_id == organization_id,
        Subscriber.state == SubscriberState.CONFIRMED,
        or_(Subscriber.all_services, chose_one),
    )


def get_by_manage_token(page: PageKey, token: str) -> SubscriberView:
    """The subscriber whose mails carry this token.

    Raises:
        NotFound: nobody's of this page.
    """
    with organization_scope(Actor.subscriber(page.organization_id), read_only=True) as scope:
        return view_of(scope, get_subscriber(scope, page, Subscriber.manage_token_hash == token_hash(token)))


def get_by_confirm_token(page: PageKey, token: str) -> SubscriberView:
    """The subscriber whose confirmation mail carries this token; confirmed already, perhaps.

    Raises:
        NotFound: nobody's of this page, or a later mail has replaced it.
        LinkExpired: it is older than a day, and was not used.
    """
    with organization_scope(Actor.subscriber(page.organization_id), read_only=True) as scope:
        subscriber = get_subscriber(scope, page, Subscriber.confirm_token_hash == token_hash(token))
        check_link(subscriber)
        return view_of(scope, subscriber)


def check_link(subscriber: Subscriber) -> None:
    """Refuse a confirmation link that came too late.

    Raises:
        LinkExpired: the address is not confirmed, and its link is older than a day.
    """
    if subscriber.state is not SubscriberState.CONFIRMED and is_expired(subscriber.requested_at, clock.now()):
        raise LinkExpired


def get_subscriber(scope: Scope, page: PageKey, condition: ColumnElement[bool], *, lock: bool = False) -> Subscriber:
    """The page's only subscriber of whom this is true.

    Raises:
        NotFound: there is none; another page's does not count.
    """
    query = select(Subscriber).where(
        Subscriber.organization_id == scope.organization_id, Subscriber.page_id == page.page_id, condition
    )
    subscriber = scope.session.scalar(query.with_for_update() if lock else query)
    if subscriber is None:
        raise NotFound
    return subscriber


def view_of(scope: Scope, subscriber: Subscriber) -> SubscriberView:
    """What the subscriber's own pages show, as it is in this transaction."""
    chosen = None
    if not subscriber.all_services:
        rows = scope.session.scalars(
            select(SubscriberChoice.service_id).where(
                SubscriberChoice.organization_id == scope.organization_id,
                SubscriberChoice.subscriber_id == subscriber.id,
            )
        )
        chosen = frozenset(rows)
    return SubscriberView(subscriber.id, subscriber.email, subscriber.state, chosen)


SUBSCRIBERS_PAGE = 100


@dataclass(frozen=True, slots=True)
class ListedSubscriber:
    """A subscriber as the organization's members see them."""

    id: UUID
    email: str
    state: SubscriberState
    since: datetime
    """When they said yes, left, or asked: whatever their state is about."""
    chosen: tuple[str, ...]
    """Names of the services they chose; empty for all."""


@dataclass(frozen=True, slots=True)
class SubscriberList:
    """A page of subscribers, the newest first, and how many there are in each state."""

    subscribers: tuple[ListedSubscriber, ...]
    counts: Mapping[SubscriberState, int]
    next_page: UUID | None
    """Asks for those after the last one."""


def list_subscribers(actor: Actor, *, state: SubscriberState | None, after: UUID | None) -> SubscriberList:
    """Three statements, however many there are; `after` is the `next_page` of the page before."""
    with organization_scope(actor, read_only=True) as scope:
        mine = Subscriber.organization_id == scope.organization_id
        found = scope.session.execute(select(Subscriber.state, func.count()).where(mine).group_by(Subscriber.state))
        counts = dict.fromkeys(SubscriberState, 0) | dict(found.all())
        query = select(Subscriber).where(mine)
        if state is not None:
            query = query.where(Subscriber.state == state)
        if after is not None:
            query = query.where(Subscriber.id < after)
        rows = scope.session.scalars(query.order_by(Subscriber.id.desc()).limit(SUBSCRIBERS_PAGE + 1)).all()
        shown = rows[:SUBSCRIBERS_PAGE]
        chosen = _chosen_names(scope, [row.id for row in shown if not row.all_services])
    listed = tuple(
        ListedSubscriber(row.id, row.email, row.state, _since(row), tuple(chosen.get(row.id, ()))) for row in shown
    )
    return SubscriberList(listed, counts, shown[-1].id if len(rows) > SUBSCRIBERS_PAGE else None)


def _chosen_names(scope: Scope, subscriber_ids: Collection[UUID]) -> Mapping[UUID, list[str]]:
    names: dict[UUID, list[str]] = defaultdict(list)
    rows = scope.session.execute(
        select(SubscriberChoice.subscriber_id, Service.name)
        .join(
            Service,
            and_(
                Service.organization_id == SubscriberChoice.organization_id,
                Service.id == SubscriberChoice.service_id,
            ),
        )
        .where(
            SubscriberChoice.organization_id == scope.organization_id,
            SubscriberChoice.subscriber_id.in_(subscriber_ids),
        )
        .order_by(Service.position, Service.id)
    )
    for subscriber_id, name in rows:
        names[subscriber_id].append(name)
    return names


def _since(row: Subscriber) -> datetime:
    match row.state:
        case SubscriberState.CONFIRMED:
            return row.confirmed_at or row.requested_at
        case SubscriberState.UNSUBSCRIBED:
            return row.unsubscribed_at or row.requested_at
        case _:
            return row.requested_at
