"""All that an organization knows of one person who subscribed, to be taken along (GDPR, articles 15 and 20)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select

from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.delivery.models import Delivery, Notification
from app.delivery.rules import DeliveryState
from app.organizations.membership import check_still_editor
from app.pages.models import Page
from app.services.models import Service, ServiceGroup
from app.subscribers.models import Subscriber
from app.subscribers.queries import get_subscriber, read_choices
from app.subscribers.rules import PageKey
from app.subscribers.suppression import find_suppression
from app.text.times import machine_time

SHOWN = 50
"""Mails of one subscriber that members see at once; their record has all."""

Record = Mapping[str, Any]
"""As JSON has it."""


def read_record(page: PageKey, token: str) -> Record:
    """What is known of whoever has this token in their mails, on every page of the organization.

    Raises:
        NotFound: nobody's of this page.
    """
    with organization_scope(Actor.subscriber(page.organization_id), read_only=True) as scope:
        mailbox = get_subscriber(scope, page, Subscriber.manage_token_hash == token_hash(token)).mailbox
    # What was sent is for members and workers to read; this is who it was sent to.
    with organization_scope(Actor.worker(page.organization_id), read_only=True) as scope:
        return _record(scope, mailbox)


def read_record_of(actor: Actor, subscriber_id: UUID) -> Record:
    """The same for a member whom the person has asked; the log says that somebody took it.

    Raises:
        NotFound: the organization has no such subscriber.
        Denied: they may not any more.
    """
    with organization_scope(actor) as scope:
        check_still_editor(scope)
        subscriber = scope.get(Subscriber, subscriber_id)
        scope.record("subscriber.exported", subject_id=subscriber_id)
        return _record(scope, subscriber.mailbox)


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail that was written for a subscriber."""

    about: str
    """The kind of its event: "incident.updated"."""
    title: str | None
    state: DeliveryState
    at: datetime
    """When it went out; else when it was written."""
    error: str | None


def list_sent(actor: Actor, subscriber_id: UUID) -> Sequence[Sent]:
    """The latest mails to a subscriber, newest first, for members."""
    with organization_scope(actor, read_only=True) as scope:
        rows = scope.session.execute(
            _mails(scope, subscriber_id).order_by(Delivery.created_at.desc(), Delivery.id.desc()).limit(SHOWN)
        )
        return [Sent(row.kind, row.title, row.state, row.sent_at or row.created_at, row.error) for row in rows]


def _record(scope: Scope, mailbox: str) -> Record:
    rows = scope.session.scalars(
        select(Subscriber).filter_by(organization_id=scope.organization_id, mailbox=mailbox).order_by(Subscriber.id)
    ).all()
    suppression = find_suppression(scope, mailbox)
    return {
        "format": "upfront-subscriber",
        "version": 1,
        "not_written_to_because": None if suppression is None else suppression.value,
        "subscriptions": [_subscription(scope, row) for row in rows],
    }


def _subscription(scope: Scope, row: Subscriber) -> Record:
    chosen, follows = read_choices(scope, row)
    page = scope.get(Page, row.page_id)
    return {
        "address": row.email,
        "page": page.name,
        "state": row.state.value,
        "came_by": row.source.value,
        "consent": row.consent or None,
        "language": row.language,
        "kinds": sorted(kind.value for kind in chosen.kinds),
        "all_services": chosen.all_services,
        "services": _names(scope, Service, chosen.services),
        "groups": _names(scope, ServiceGroup, chosen.groups),
        "follows": sorted(follows.values()),
        "asked_at": _time(row.requested_at),
        "confirmed_at": _time(row.confirmed_at),
        "unsubscribed_at": _time(row.unsubscribed_at),
        "put_aside_at": _time(row.quarantined_at),
        "put_aside_because": row.quarantine_reason,
        "known_since": _time(row.created_at),
        "sent": _sent(scope, row.id),
    }


def _names(scope: Scope, table: type[Service | ServiceGroup], ids: frozenset[UUID]) -> Sequence[str]:
    found = select(table.name).where(table.organization_id == scope.organization_id, table.id.in_(ids))
    return sorted(scope.session.scalars(found))


def _sent(scope: Scope, subscriber_id: UUID) -> Sequence[Record]:
    return [
        {
            "about": row.kind,
            "title": row.title,
            "to": row.address,
            "state": row.state.value,
            "written_at": _time(row.created_at),
            "sent_at": _time(row.sent_at),
        }
        for row in scope.session.execute(_mails(scope, subscriber_id).order_by(Delivery.id))
    ]


def _mails(scope: Scope, subscriber_id: UUID) -> Select[*tuple[Any, ...]]:
    """All mails that were written for a subscriber."""
    return (
        select(
            Notification.kind,
            Notification.notice["title"].as_string().label("title"),
            Delivery.address,
            Delivery.state,
            Delivery.error,
            Delivery.created_at,
            Delivery.sent_at,
        )
        .join(
            Notification,
            and_(Notification.organization_id == Delivery.organization_id, Notification.id == Delivery.notification_id),
        )
        .where(Delivery.organization_id == scope.organization_id, Delivery.subscriber_id == subscriber_id)
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else machine_time(moment)
