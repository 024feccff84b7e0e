"""Notifications and their deliveries, to look at. Counts come from the batches, which keep them: nothing is counted
anew, however many were told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select

from app.database.actor import Actor, ActorRole
from app.database.scope import Scope, organization_scope
from app.delivery.models import Delivery, Notification
from app.delivery.queries import read_reasons
from app.delivery.reports.rules import Fate
from app.delivery.rules import Channel, DeliveryState
from app.delivery.tallies import NOTHING, Tally, is_settled, read_tallies
from app.errors import NotFound
from app.pages.models import Page

NOTIFICATIONS_PAGE = 30
PEOPLE_PAGE = 50

FOR_ADMINS = ("invitation.sent", "page.link_requested")
"""Who has been invited, and who is on the list of a private page, is for admins to know."""

BAD_FATES = tuple(fate for fate in Fate if fate.is_bad)


class Readers(StrEnum):
    """Whom a notification is for."""

    SUBSCRIBERS = "subscribers"
    TEAM = "team"
    ONE = "one"
    """A single subscriber, who is asked whether they want to be one."""


class Which(StrEnum):
    """Which of a notification's deliveries are asked for."""

    ALL = "all"
    SENT = "sent"
    FAILED = "failed"
    WAITING = "waiting"
    RETURNED = "returned"
    """Sent, and come back or called spam."""
    DROPPED = "dropped"
    """They were not told: something later told them, or they had left."""


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """One notification and how it goes."""

    id: UUID
    kind: str
    title: str
    """Of what it tells; empty where that has none."""
    page_name: str
    """Whose subscribers are told; empty for people of no page."""
    story_id: UUID | None
    update_id: UUID | None
    created_at: datetime
    tally: Tally
    is_complete: bool
    """Whether all deliveries are written; until then the total still grows."""
    is_settled: bool

    @property
    def took(self) -> timedelta | None:
        return self.tally.took(self.created_at) if self.is_settled else None


@dataclass(frozen=True, slots=True)
class NotificationList:
    """A page of notifications, the newest first."""

    rows: tuple[NotificationRow, ...]
    next_page: UUID | None
    """Asks for those after the last one."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why some could not be told, and how many of them."""

    reason: str
    people: int


@dataclass(frozen=True, slots=True)
class NotificationDetail:
    """One notification with what went wrong."""

    row: NotificationRow
    failures: tuple[Failure, ...]
    """The most frequent first."""
    retryable: int
    """Of those who could not be told, how many may be sent it again: nothing can have reached them."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One delivery."""

    id: UUID
    address: str
    channel: Channel
    state: DeliveryState
    error: str
    is_doubtful: bool
    sent_at: datetime | None
    fate: Fate | None
    fate_at: datetime | None
    fate_reason: str

    @property
    def may_be_retried(self) -> bool:
        return self.state is DeliveryState.FAILED and not self.is_doubtful


@dataclass(frozen=True, slots=True)
class People:
    """A page of a notification's deliveries."""

    rows: tuple[PersonRow, ...] = field(default_factory=tuple)
    next_page: UUID | None = None


def list_notifications(actor: Actor, readers: Readers, *, after: UUID | None) -> NotificationList:
    """Two statements, however many there are; `after` is the `next_page` of the page before."""
    with organization_scope(actor, read_only=True) as scope:
        query = _notifications(scope, actor).where(_for(readers))
        if after is not None:
            query = query.where(Notification.id < after)
        found = scope.session.execute(query.order_by(Notification.id.desc()).limit(NOTIFICATIONS_PAGE + 1)).all()
        shown = found[:NOTIFICATIONS_PAGE]
        tallies = read_tallies(scope, [notification.id for notification, _ in shown])
    rows = tuple(_row(notification, page_name, tallies) for notification, page_name in shown)
    return NotificationList(rows, rows[-1].id if len(found) > NOTIFICATIONS_PAGE else None)


def get_progress(actor: Actor, notification_id: UUID) -> NotificationRow:
    """How one notification goes, in two statements: it is asked again and again while it goes on.

    Raises:
        NotFound: there is none, or it is not for this member to know.
    """
    with organization_scope(actor, read_only=True) as scope:
        return _get_row(scope, actor, notification_id)


def get_notification(actor: Actor, notification_id: UUID) -> NotificationDetail:
    """One notification, and why some could not be told.

    Raises:
        NotFound: there is none, or it is not for this member to know.
    """
    with organization_scope(actor, read_only=True) as scope:
        row = _get_row(scope, actor, notification_id)
        if not row.tally.failed:
            return NotificationDetail(row, (), 0)
        reasons = read_reasons(scope, [notification_id]).get(notification_id, {})
        retryable = scope.session.scalar(
            select(func.count()).select_from(Delivery).where(failed_for_sure(scope, notification_id))
        )
    failures = sorted(reasons.items(), key=lambda one: -one[1])
    return NotificationDetail(row, tuple(Failure(reason, people) for reason, people in failures), retryable or 0)


def list_people(
    actor: Actor, notification_id: UUID, which: Which, *, typed: str = "", after: UUID | None = None
) -> People:
    """Who is told by a notification, in the order in which they were taken up; one statement.

    Args:
        typed: a part of the address.
        after: the `next_page` of the page before.
    """
    query = select(Delivery).where(
        Delivery.organization_id == actor.organization_id, Delivery.notification_id == notification_id, _is(which)
    )
    if typed:
        query = query.where(Delivery.address.contains(typed.lower(), autoescape=True))
    if after is not None:
        query = query.where(Delivery.id > after)
    with organization_scope(actor, read_only=True) as scope:
        found = scope.session.scalars(query.order_by(Delivery.id).limit(PEOPLE_PAGE + 1)).all()
    rows = tuple(_person(delivery) for delivery in found[:PEOPLE_PAGE])
    return People(rows, rows[-1].id if len(found) > PEOPLE_PAGE else None)


def failed_for_sure(scope: Scope, notification_id: UUID) -> ColumnElement[bool]:
    """Whether a `Delivery` of this notification reached nobody, so that it may be sent again."""
    return and_(
        Delivery.organization_id == scope.organization_id,
        Delivery.notification_id == notification_id,
        Delivery.state == DeliveryState.FAILED,
        Delivery.is_doubtful.is_(False),
    )


def _notifications(scope: Scope, actor: Actor) -> Select[Notification, str]:
    query = (
        select(Notification, func.coalesce(Page.name, ""))
        .outerjoin(Page, and_(Page.organization_id == Notification.organization_id, Page.id == Notification.page_id))
        .where(Notification.organization_id == scope.organization_id)
    )
    return query if actor.role is ActorRole.ADMIN else query.where(Notification.kind.not_in(FOR_ADMINS))


def _get_row(scope: Scope, actor: Actor, notification_id: UUID) -> NotificationRow:
    found = scope.session.execute(_notifications(scope, actor).where(Notification.id == notification_id)).one_or_none()
    if found is None:
        raise NotFound
    return _row(found[0], found[1], read_tallies(scope, [notification_id]))


def _for(readers: Readers) -> ColumnElement[bool]:
    match readers:
        case Readers.TEAM:
            return Notification.page_id.is_(None)
        case Readers.ONE:
            return Notification.subscriber_id.is_not(None)
        case Readers.SUBSCRIBERS:
            return and_(Notification.page_id.is_not(None), Notification.subscriber_id.is_(None))


def _is(which: Which) -> ColumnElement[bool]:
    state = Delivery.state
    match which:
        case Which.SENT:
            return state == DeliveryState.SENT
        case Which.FAILED:
            return state == DeliveryState.FAILED
        case Which.WAITING:
            return state == DeliveryState.PENDING
        case Which.DROPPED:
            return state == DeliveryState.SUPERSEDED
        case Which.RETURNED:
            return and_(state == DeliveryState.SENT, Delivery.fate.in_(BAD_FATES))
        case Which.ALL:
            return state.is_not(None)


def _row(notification: Notification, page_name: str, tallies: Mapping[UUID, Tally]) -> NotificationRow:
    tally = tallies.get(notification.id, NOTHING)
    return NotificationRow(
        id=notification.id,
        kind=notification.kind,
        title=str(notification.notice.get("title", "")),
        page_name=page_name,
        story_id=notification.story_id,
        update_id=notification.update_id,
        created_at=notification.created_at,
        tally=tally,
        is_complete=notification.fanned_out_at is not None,
        is_settled=is_settled(notification, tally),
    )


def _person(delivery: Delivery) -> PersonRow:
    return PersonRow(
        id=delivery.id,
        address=delivery.address,
        channel=delivery.channel,
        state=delivery.state,
        error=delivery.error or "",
        is_doubtful=delivery.is_doubtful,
        sent_at=delivery.sent_at,
        fate=delivery.fate,
        fate_at=delivery.fate_at,
        fate_reason=delivery.fate_reason or "",
    )
