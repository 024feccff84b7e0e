"""Subscribers of the kinds that do not come by the box on the page: added, imported, put aside, following one story."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.accounts.tokens import token_hash
from app.database.ids import new_id
from app.database.scope import Scope
from app.demo import catalogue
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.rules import NewsKind, SubscriberSource, SubscriberState, SuppressionReason
from app.subscribers.suppression import suppress
from app.subscribers.tokens import manage_token
from app.text.languages import PageLanguage


def write_others(scope: Scope, page_id: UUID, now: datetime, *, group_id: UUID, incident_id: UUID) -> None:
    """One of each kind.

    Args:
        scope: the demo's.
        page_id: of its page.
        now: the present moment.
        group_id: what somebody hears of, with all that is in it.
        incident_id: what somebody follows.
    """

    def add(name: str, since: timedelta, **what: Any) -> UUID:
        subscriber_id, at = new_id(), now - since
        row = {"state": SubscriberState.CONFIRMED, "requested_at": at, "confirmed_at": at, "created_at": at} | what
        scope.session.add(
            Subscriber(
                organization_id=scope.organization_id,
                id=subscriber_id,
                page_id=page_id,
                email=f"{name}@{catalogue.READERS_DOMAIN}",
                manage_token_hash=token_hash(manage_token(subscriber_id)),
                **row,
            )
        )
        scope.session.flush()
        return subscriber_id

    def choose(subscriber_id: UUID, **what: UUID) -> None:
        scope.session.add(
            SubscriberChoice(organization_id=scope.organization_id, subscriber_id=subscriber_id, created_at=now, **what)
        )

    operations = add(
        "operations",
        timedelta(days=40),
        source=SubscriberSource.MEMBER,
        consent="On the phone with their head of operations, when the contract was signed",
        kinds=[NewsKind.INCIDENTS, NewsKind.MAINTENANCE],
        all_services=False,
    )
    choose(operations, group_id=group_id)
    add(
        "einkauf",
        timedelta(days=12),
        source=SubscriberSource.IMPORT,
        consent="Ticked the box for status mails in the shop, since March 2026",
        language=PageLanguage.GERMAN,
    )
    aside = now - timedelta(days=3)
    add(
        "old.mailbox",
        timedelta(days=90),
        state=SubscriberState.QUARANTINED,
        quarantined_at=aside,
        quarantine_reason="The mailbox does not exist any more (550 5.1.1)",
    )
    suppress(scope, f"old.mailbox@{catalogue.READERS_DOMAIN}", SuppressionReason.BOUNCED)
    follower = add("dana", timedelta(minutes=8), all_services=False, kinds=[])
    choose(follower, incident_id=incident_id)
