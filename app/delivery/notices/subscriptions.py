"""What a subscriber is told about being one: the question whether they want to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_

from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import OneSubscriber
from app.delivery.links import Links, subscriber_of
from app.delivery.mails import Compose, own_mails
from app.delivery.models import Delivery, Notification
from app.delivery.notices.family import Draft, Family, always, sender_of
from app.delivery.notices.kept import Notice, Recipient
from app.subscribers.models import Subscriber, SubscriberState
from app.subscribers.tokens import confirm_token


@dataclass(frozen=True, slots=True)
class ConfirmationNotice(Notice):
    """Somebody gave an address to be told at: its owner is asked whether they want that."""

    requested_at: datetime


def confirmation_mails(notice: ConfirmationNotice) -> Compose:
    """How to ask an address's owner whether they want to be told."""
    return own_mails("confirm", notice, "Confirm that you want status updates")


def _draft(scope: Scope, event: Event) -> Draft | None:
    subscriber = scope.find(Subscriber, UUID(event.payload["subscriber_id"]))
    if subscriber is None or subscriber.state is not SubscriberState.PENDING:
        return None
    notice = ConfirmationNotice(*sender_of(scope), requested_at=subscriber.requested_at)
    return Draft(notice, subscriber_id=subscriber.id)


def _still_asked(notification: Notification) -> ColumnElement[bool]:
    """Nobody has answered yet, and no later question has taken this one's place."""
    asked_at = ConfirmationNotice.from_json(notification.notice).requested_at
    return and_(Subscriber.state == SubscriberState.PENDING, Subscriber.requested_at == asked_at)


def _links(notification: Notification) -> Links:
    """Where to say yes. The token is that of the request that the mail answers, not of a later one."""
    notice = ConfirmationNotice.from_json(notification.notice)

    def links(delivery: Delivery) -> Recipient:
        token = confirm_token(subscriber_of(delivery), notice.requested_at)
        return Recipient(address=delivery.address, action_url=f"{notice.page_url}/subscribe/confirm/{token}")

    return links


CONFIRMATIONS = Family(
    kinds=("subscriber.requested",),
    audience=OneSubscriber(_still_asked),
    draft=_draft,
    why_not=always,
    compose=lambda notification: confirmation_mails(ConfirmationNotice.from_json(notification.notice)),
    recipient=_links,
)
