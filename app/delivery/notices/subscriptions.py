"""What the owner of an address is told when somebody gives it: a question, or that they are subscribed already."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import AskedSubscribers, one_of
from app.delivery.links import Links, subscriber_of, to_subscribers
from app.delivery.mails import Compose, own_mails
from app.delivery.models import Delivery, Notification
from app.delivery.notices.family import Draft, Family, always, teller
from app.delivery.notices.kept import Notice, Recipient
from app.delivery.notices.translated import KeptText, keep_texts, text_in
from app.incidents.models import Incident
from app.pages.address import PageAddress
from app.pages.finding import read_pages
from app.pages.selection import shows_incident
from app.subscribers.models import Subscriber
from app.subscribers.queries import view_of
from app.subscribers.rules import SubscriberState
from app.subscribers.tokens import confirm_token
from app.text.speech import gettext, spoken
from app.translated.queries import read_rows


@dataclass(frozen=True, slots=True)
class SubscriptionNotice(Notice):
    """Somebody gave an address to be told at."""

    requested_at: datetime
    is_subscribed: bool
    """Whether its owner is told already; else they are asked whether they want that."""
    follows: str = ""
    """The title of the incident that they want to hear of, and of nothing else; empty: of all that the page tells."""
    incident_id: UUID | None = None
    """That incident's, where many are asked together: those alone are told who asked to follow it."""
    translations: tuple[KeptText, ...] = ()
    """Its title in further languages, where many are asked who read different ones."""


def subscription_mails(notice: SubscriptionNotice) -> Compose:
    """How to answer the owner of the address."""
    if notice.is_subscribed:
        return own_mails("subscribed", notice, gettext("You are subscribed already"))
    if notice.follows:
        title = text_in(notice.translations, spoken()).title or notice.follows
        subject = gettext("Confirm that you want to hear of “%(title)s”", title=title)
        return own_mails("confirm", replace(notice, follows=title), subject)
    return own_mails("confirm", notice, gettext("Confirm that you want status updates"))


def _own_page(scope: Scope, event: Event) -> Sequence[PageAddress]:
    """The page that they want to hear of."""
    subscriber = scope.find(Subscriber, UUID(event.payload["subscriber_id"]))
    return [page for page in read_pages(scope) if subscriber is not None and page.page_id == subscriber.page_id]


def _draft(scope: Scope, event: Event, page: PageAddress | None) -> Draft | None:
    subscriber = scope.find(Subscriber, UUID(event.payload["subscriber_id"]))
    if subscriber is None or subscriber.state in (SubscriberState.UNSUBSCRIBED, SubscriberState.QUARANTINED):
        return None
    if not _is_told(scope, page, subscriber.asked_incident_id):
        return None
    asks = view_of(scope, subscriber)
    notice = SubscriptionNotice(
        **teller(scope, page),
        requested_at=subscriber.requested_at,
        is_subscribed=asks.is_answered,
        follows=asks.asks_to_follow or "",
    )
    return Draft(notice, subscriber_id=subscriber.id)


def _is_told(scope: Scope, page: PageAddress | None, incident_id: UUID | None) -> bool:
    """Whether the page still tells of the incident that somebody asked to follow, if they asked for one.

    Else nobody is told what it is called by now, and there is nothing to say yes to.
    """
    if incident_id is None or page is None:
        return True
    told = select(Incident.id).where(
        Incident.organization_id == scope.organization_id,
        Incident.id == incident_id,
        Incident.deleted_at.is_(None),
        shows_incident(page),
    )
    return scope.session.scalar(told) is not None


def _still_true(notification: Notification) -> ColumnElement[bool]:
    """They have neither answered nor left since, and no later request has taken this one's place."""
    notice = SubscriptionNotice.from_json(notification.notice)
    confirmed = Subscriber.state == SubscriberState.CONFIRMED
    asks_for_more = or_(Subscriber.asked_incident_id.is_not(None), func.cardinality(Subscriber.kinds) == 0)
    asks = or_(Subscriber.state == SubscriberState.PENDING, and_(confirmed, asks_for_more))
    state = confirmed if notice.is_subscribed else asks
    return and_(state, Subscriber.requested_at == notice.requested_at)


def _links(notification: Notification) -> Links:
    """Where to say yes. The token is that of the request that the mail answers, not of a later one."""
    notice = SubscriptionNotice.from_json(notification.notice)
    if notice.is_subscribed:
        return to_subscribers(notification)

    def links(delivery: Delivery) -> Recipient:
        token = confirm_token(subscriber_of(delivery), notice.requested_at)
        return Recipient(
            address=delivery.address,
            language=delivery.language,
            action_url=f"{notice.page_url}/subscribe/confirm/{token}",
        )

    return links


def _asked_page(scope: Scope, event: Event) -> Sequence[PageAddress]:
    return [page for page in read_pages(scope) if page.page_id == UUID(event.payload["page_id"])]


def _draft_for_many(scope: Scope, event: Event, page: PageAddress | None) -> Draft | None:
    incident_id = UUID(event.payload["incident_id"]) if event.payload["incident_id"] else None
    if not _is_told(scope, page, incident_id):
        return None
    incident = None if incident_id is None else scope.find(Incident, incident_id)
    notice = SubscriptionNotice(
        **teller(scope, page),
        requested_at=datetime.fromisoformat(event.payload["requested_at"]),
        is_subscribed=False,
        follows=incident.title if incident is not None else "",
        incident_id=incident_id,
        translations=keep_texts(read_rows(scope, [incident.id])) if incident is not None else (),
    )
    return Draft(notice)


def _were_asked(notification: Notification) -> ColumnElement[bool]:
    """Those on its page who were asked at that moment for the same thing, and have not answered since."""
    notice = SubscriptionNotice.from_json(notification.notice)
    return and_(
        Subscriber.page_id == notification.page_id,
        Subscriber.state == SubscriberState.PENDING,
        Subscriber.requested_at == notice.requested_at,
        Subscriber.asked_incident_id.is_not_distinct_from(notice.incident_id),
    )


SUBSCRIPTIONS = Family(
    kinds=("subscriber.requested",),
    audience=AskedSubscribers(one_of, _still_true),
    pages=_own_page,
    draft=_draft,
    why_not=always,
    compose=lambda notification: subscription_mails(SubscriptionNotice.from_json(notification.notice)),
    recipient=_links,
)

QUESTIONS = replace(
    SUBSCRIPTIONS,
    kinds=("subscribers.asked",),
    audience=AskedSubscribers(_were_asked, _were_asked),
    pages=_asked_page,
    draft=_draft_for_many,
)
"""The same question to many whom a member has asked again together: as few requests as news to them."""
