"""All that an organization knows of one person who subscribed, to be taken along (GDPR, articles 15 and 20)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select

from app.access.models import AccessLink, PageAccess
from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.delivery.models import Delivery, Notification
from app.delivery.rules import DeliveryState
from app.incidents.models import Incident
from app.organizations.membership import check_still_editor
from app.pages.models import Page
from app.push.models import PushEndpoint
from app.services.models import Service, ServiceGroup
from app.subscribers.imports.models import SubscriberImport
from app.subscribers.models import Subscriber, SubscriberChoice, Suppression
from app.subscribers.queries import get_subscriber, read_choices
from app.subscribers.rules import PageKey
from app.subscribers.suppression import mailbox_hash
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
    return _record(page.organization_id, mailbox)


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
    return _record(actor.organization_id, subscriber.mailbox)


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


def _record(organization_id: UUID, mailbox: str) -> Record:
    # Some of it is for members or admins alone to look through; this is whom it is about.
    with organization_scope(Actor.worker(organization_id), read_only=True) as scope:
        rows = scope.session.scalars(
            select(Subscriber).filter_by(organization_id=scope.organization_id, mailbox=mailbox).order_by(Subscriber.id)
        ).all()
        suppression = scope.session.scalar(
            select(Suppression).filter_by(
                organization_id=scope.organization_id, mailbox_hash=mailbox_hash(scope.organization_id, mailbox)
            )
        )
        return {
            "format": "upfront-subscriber",
            "version": 2,
            "not_written_to_because": None if suppression is None else suppression.reason.value,
            "not_written_to_since": None if suppression is None else _time(suppression.since),
            "subscriptions": [_subscription(scope, row) for row in rows],
            "links_to_private_pages": _links(scope, mailbox),
            "on_lists_of_private_pages": _lists(scope, {mailbox, *(row.email for row in rows)}),
        }


def _subscription(scope: Scope, row: Subscriber) -> Record:
    chosen, _ = read_choices(scope, row)
    page = scope.get(Page, row.page_id)
    told = _told_titles(scope, row.id)
    return {
        "address": row.email,
        "page": page.name,
        "told_by": row.channel.value,
        "browser": _browser(scope, row.id),
        "state": row.state.value,
        "came_by": row.source.value,
        "table": _table(scope, row),
        "consent": row.consent or None,
        "language": row.language,
        "kinds": sorted(kind.value for kind in chosen.kinds),
        "all_services": chosen.all_services,
        "services": _names(scope, Service, chosen.services),
        "groups": _names(scope, ServiceGroup, chosen.groups),
        "follows": _follows(scope, row.id, told),
        "asked_to_follow": _title(scope, row.asked_incident_id, told),
        "asked_at": _time(row.requested_at),
        "confirmed_at": _time(row.confirmed_at),
        "unsubscribed_at": _time(row.unsubscribed_at),
        "put_aside_at": _time(row.quarantined_at),
        "put_aside_because": row.quarantine_reason,
        "known_since": _time(row.created_at),
        "sent": _sent(scope, row.id),
    }


def _told_titles(scope: Scope, subscriber_id: UUID) -> Mapping[UUID, str]:
    """What each story was called when the subscriber was last told of it: its title may be another by now."""
    rows = scope.session.execute(
        _mails(scope, subscriber_id)
        .add_columns(Notification.story_id)
        .where(Notification.story_id.is_not(None), Delivery.state == DeliveryState.SENT)
        .order_by(Notification.revision)
    )
    return {row.story_id: row.title for row in rows if row.title}


def _follows(scope: Scope, subscriber_id: UUID, told: Mapping[UUID, str]) -> Sequence[Record]:
    rows = scope.session.execute(
        select(SubscriberChoice.incident_id, SubscriberChoice.created_at)
        .where(
            SubscriberChoice.organization_id == scope.organization_id,
            SubscriberChoice.subscriber_id == subscriber_id,
            SubscriberChoice.incident_id.is_not(None),
        )
        .order_by(SubscriberChoice.created_at, SubscriberChoice.id)
    )
    return [{"title": _title(scope, row.incident_id, told), "since": _time(row.created_at)} for row in rows]


def _title(scope: Scope, incident_id: UUID | None, told: Mapping[UUID, str]) -> str | None:
    if incident_id is None:
        return None
    return told.get(incident_id) or scope.get(Incident, incident_id).title


def _browser(scope: Scope, subscriber_id: UUID) -> Record | None:
    """The address at which it is reached stays with us: whoever has it could find the browser."""
    row = scope.session.scalar(
        select(PushEndpoint).filter_by(organization_id=scope.organization_id, subscriber_id=subscriber_id)
    )
    if row is None:
        return None
    return {
        "name": row.browser,
        "since": _time(row.created_at),
        "may_see_a_private_page_until": _time(row.admitted_until),
        "as_a_member": row.admitted_user_id is not None,
    }


def _table(scope: Scope, row: Subscriber) -> Record | None:
    """The uploaded table that the subscriber stood in."""
    if row.import_id is None:
        return None
    table = scope.get(SubscriberImport, row.import_id)
    return {"name": table.file_name, "uploaded_at": _time(table.created_at)}


def _links(scope: Scope, mailbox: str) -> Sequence[Record]:
    """When somebody asked for a link to a private page at an address of this mailbox."""
    rows = scope.session.execute(
        select(AccessLink.email, Page.name, AccessLink.requested_at, AccessLink.spent_at)
        .join(Page, and_(Page.organization_id == AccessLink.organization_id, Page.id == AccessLink.page_id))
        .where(
            AccessLink.organization_id == scope.organization_id,
            func.regexp_replace(AccessLink.email, r"^([^+@]+)\+[^@]+@", r"\1@") == mailbox,
        )
        .order_by(AccessLink.requested_at)
    )
    return [
        {"address": row.email, "page": row.name, "asked_at": _time(row.requested_at), "used_at": _time(row.spent_at)}
        for row in rows
    ]


def _lists(scope: Scope, addresses: Collection[str]) -> Sequence[str]:
    """The private pages whose lists name one of these addresses."""
    rows = scope.session.scalars(
        select(Page.name)
        .join(PageAccess, and_(Page.organization_id == PageAccess.organization_id, Page.id == PageAccess.page_id))
        .where(
            PageAccess.organization_id == scope.organization_id,
            PageAccess.addresses.overlap(sorted(addresses)),
        )
        .order_by(Page.created_at, Page.id)
    )
    return list(rows)


def _names(scope: Scope, table: type[Service | ServiceGroup], ids: frozenset[UUID]) -> Sequence[str]:
    found = select(table.name).where(table.organization_id == scope.organization_id, table.id.in_(ids))
    return sorted(scope.session.scalars(found))


def _sent(scope: Scope, subscriber_id: UUID) -> Sequence[Record]:
    return [
        {
            "about": row.kind,
            "title": row.title,
            "services": row.about or None,
            "to": row.address,
            "by": row.channel.value,
            "language": row.language.value,
            "state": row.state.value,
            "fault": row.error,
            "written_at": _time(row.created_at),
            "sent_at": _time(row.sent_at),
            "reported": None if row.fate is None else row.fate.value,
            "reported_at": _time(row.fate_at),
            "reported_because": row.fate_reason,
        }
        for row in scope.session.execute(_mails(scope, subscriber_id).order_by(Delivery.id))
    ]


def _mails(scope: Scope, subscriber_id: UUID) -> Select[*tuple[Any, ...]]:
    """All mails that were written for a subscriber."""
    return (
        select(
            Notification.kind,
            func.coalesce(
                Notification.notice["title"].as_string(), func.nullif(Notification.notice["follows"].as_string(), "")
            ).label("title"),
            Delivery.address,
            Delivery.about,
            Delivery.channel,
            Delivery.language,
            Delivery.state,
            Delivery.error,
            Delivery.created_at,
            Delivery.sent_at,
            Delivery.fate,
            Delivery.fate_at,
            Delivery.fate_reason,
        )
        .join(
            Notification,
            and_(Notification.organization_id == Delivery.organization_id, Notification.id == Delivery.notification_id),
        )
        .where(Delivery.organization_id == scope.organization_id, Delivery.subscriber_id == subscriber_id)
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else machine_time(moment)
