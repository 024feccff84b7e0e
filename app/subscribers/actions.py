"""What can be done about being told: ask for it, confirm it, choose, leave.

Whoever does these things has no account. They show the token of one of our mails, or only an address: then nothing that
is answered may tell whether the address is known.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from app import clock
from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope
from app.errors import Invalid
from app.services.models import Service
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.queries import SubscriberView, check_link, get_subscriber, view_of
from app.subscribers.rules import PageKey, SubscriberState, may_ask_again
from app.subscribers.tokens import confirm_token, manage_token
from app.text.addresses import check_address

GONE = "One of these services is not here any more. Choose again."
"""Said of an id that is unknown, another organization's or archived: none of them can be told from the others."""


def request_subscription(page: PageKey, address: str) -> None:
    """Ask the owner of an address whether they want to be told: a mail follows from the event.

    Nothing is returned: for a new address, one that is pending, confirmed or has left, the caller gets the same, after
    the same statements. An address that was asked within the last quarter of an hour is not asked again.

    Args:
        page: what they want to hear of.
        address: went through `text.addresses.normalize_address`.

    Raises:
        Invalid: it is no address.
    """
    if fault := check_address(address):
        raise Invalid({"email": fault})
    now = clock.now()
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        is_new = _add_if_missing(scope, page, address, now)
        subscriber = get_subscriber(scope, page, Subscriber.email == address, lock=True)
        if not is_new and not may_ask_again(subscriber.requested_at, subscriber.unsubscribed_at, now):
            return
        before = None if is_new else subscriber.requested_at
        subscriber.requested_at = now
        if subscriber.state is not SubscriberState.CONFIRMED:
            subscriber.state = SubscriberState.PENDING
            subscriber.confirm_token_hash = token_hash(confirm_token(subscriber.id, now))
        # Of a confirmed address too: whoever listens decides what there is to say, and the work here is the same.
        scope.record("subscriber.requested", subscriber, changes={"requested_at": (before, now)})
        scope.emit("subscriber.requested", {"subscriber_id": str(subscriber.id)}, visible=False)


def confirm(page: PageKey, token: str) -> SubscriberView:
    """Say yes, by the token of a confirmation mail: from now on the address is told of everything. Twice is once.

    Raises:
        NotFound: no such token on this page, or a later mail has replaced it.
        LinkExpired: it is older than a day.
    """
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        subscriber = get_subscriber(scope, page, Subscriber.confirm_token_hash == token_hash(token), lock=True)
        check_link(subscriber)
        if subscriber.state is not SubscriberState.CONFIRMED:
            subscriber.state = SubscriberState.CONFIRMED
            subscriber.confirmed_at = clock.now()
            # Who comes back begins anew: with all services, as the page promised them.
            _choose(scope, subscriber, None)
            scope.record("subscriber.confirmed", subscriber)
            scope.emit("subscriber.confirmed", {"subscriber_id": str(subscriber.id)}, visible=False)
        return view_of(scope, subscriber)


def choose_services(page: PageKey, token: str, service_ids: Collection[UUID] | None) -> SubscriberView:
    """Choose which services to hear of; None for all, also those added later.

    Raises:
        NotFound: no confirmed subscriber of this page has this token.
        Invalid: none is chosen, or one that the organization does not show.
    """
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        subscriber = get_subscriber(
            scope,
            page,
            (Subscriber.manage_token_hash == token_hash(token)) & (Subscriber.state == SubscriberState.CONFIRMED),
            lock=True,
        )
        if service_ids is not None:
            _check_chosen(scope, service_ids)
        _choose(scope, subscriber, service_ids)
        scope.record("subscriber.chose", subscriber, changes={"services": (None, service_ids)})
        scope.emit("subscriber.chose", {"subscriber_id": str(subscriber.id)}, visible=False)
        return view_of(scope, subscriber)


def unsubscribe(page: PageKey, token: str) -> SubscriberView:
    """Leave: nothing is sent to the address any more, and a confirmation that is under way is void. Twice is once.

    Raises:
        NotFound: no such token on this page.
    """
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        subscriber = get_subscriber(scope, page, Subscriber.manage_token_hash == token_hash(token), lock=True)
        if subscriber.state is not SubscriberState.UNSUBSCRIBED:
            subscriber.state = SubscriberState.UNSUBSCRIBED
            subscriber.unsubscribed_at = clock.now()
            subscriber.confirm_token_hash = None
            scope.record("subscriber.unsubscribed", subscriber)
            scope.emit("subscriber.unsubscribed", {"subscriber_id": str(subscriber.id)}, visible=False)
        return view_of(scope, subscriber)


def _add_if_missing(scope: Scope, page: PageKey, address: str, now: datetime) -> bool:
    """Whether the address was not there. Of many who ask at once for one address, one adds it and the others wait."""
    subscriber_id = new_id()
    added = scope.session.scalar(
        insert_or_skip(Subscriber)
        .values(
            organization_id=scope.organization_id,
            id=subscriber_id,
            page_id=page.page_id,
            email=address,
            state=SubscriberState.PENDING,
            all_services=True,
            requested_at=now,
            manage_token_hash=token_hash(manage_token(subscriber_id)),
            created_at=now,
        )
        .on_conflict_do_nothing(constraint="subscribers_mailbox_key")
        .returning(Subscriber.id)
    )
    return added is not None


def _check_chosen(scope: Scope, service_ids: Collection[UUID]) -> None:
    wanted = set(service_ids)
    if not wanted:
        raise Invalid({"services": "Choose at least one service, or unsubscribe."})
    known = scope.session.scalar(
        select(func.count()).where(
            Service.organization_id == scope.organization_id, Service.id.in_(wanted), Service.archived_at.is_(None)
        )
    )
    if known != len(wanted):
        raise Invalid({"services": GONE})


def _choose(scope: Scope, subscriber: Subscriber, service_ids: Collection[UUID] | None) -> None:
    subscriber.all_services = service_ids is None
    scope.session.execute(
        delete(SubscriberChoice).where(
            SubscriberChoice.organization_id == scope.organization_id,
            SubscriberChoice.subscriber_id == subscriber.id,
        )
    )
    if service_ids:
        scope.session.execute(
            insert(SubscriberChoice),
            [
                {
                    "organization_id": scope.organization_id,
                    "id": new_id(),
                    "subscriber_id": subscriber.id,
                    "service_id": service_id,
                    "created_at": clock.now(),
                }
                for service_id in sorted(set(service_ids))
            ],
        )
