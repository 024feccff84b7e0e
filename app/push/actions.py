"""A browser asks to be told, and to be left alone. Its permission is the consent: nobody else can have its address."""

from uuid import UUID

from sqlalchemy import Select, and_, select

from app import clock
from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope
from app.push.models import PushEndpoint
from app.push.rules import Endpoint
from app.subscribers.actions import erase
from app.subscribers.models import Subscriber
from app.subscribers.rules import PageKey, SubscriberChannel, SubscriberState, browser_address
from app.subscribers.tokens import manage_token
from app.text.languages import PageLanguage


def subscribe_browser(page: PageKey, endpoint: Endpoint, *, browser: str, language: PageLanguage | None = None) -> UUID:
    """Tell a browser of everything that a page tells; returns the subscriber's id. Asked twice, it is told once.

    Args:
        page: what it wants to hear of.
        endpoint: went through `rules.read_endpoint`.
        browser: its name in words.
        language: the one of the page's in which it was read.
    """
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        scope.take_turns(f"push {endpoint.url}")
        known = scope.session.scalar(_at(page, endpoint.url))
        if known is not None:
            # A browser may have made itself new keys for the address that it has.
            known.public_key, known.secret, known.browser = endpoint.public_key, endpoint.secret, browser
            return known.subscriber_id
        subscriber_id = new_id()
        _add_subscriber(scope, page, subscriber_id, language)
        scope.session.add(
            PushEndpoint(
                organization_id=scope.organization_id,
                subscriber_id=subscriber_id,
                url=endpoint.url,
                public_key=endpoint.public_key,
                secret=endpoint.secret,
                browser=browser,
                created_at=clock.now(),
            )
        )
        scope.emit("subscriber.browser_added", {"subscriber_id": str(subscriber_id)}, visible=False)
        return subscriber_id


def forget_browser(page: PageKey, url: str) -> bool:
    """A browser wants to hear nothing any more: it is forgotten. Whoever knows its address is the browser.

    Returns:
        Whether it was known.
    """
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        known = scope.session.scalar(_at(page, url))
        return known is not None and erase(scope, (known.subscriber_id,)) > 0


def forget_gone(organization_id: UUID, subscriber_ids: tuple[UUID, ...]) -> None:
    """Their push services say that these browsers are gone, or have withdrawn their permission (RFC 8030 §7.3)."""
    with organization_scope(Actor.worker(organization_id)) as scope:
        erase(scope, subscriber_ids)


def _at(page: PageKey, url: str) -> Select[PushEndpoint]:
    """A browser of this page's: the same one may be told by several pages, each for itself."""
    return (
        select(PushEndpoint)
        .join(
            Subscriber,
            and_(
                Subscriber.organization_id == PushEndpoint.organization_id,
                Subscriber.id == PushEndpoint.subscriber_id,
            ),
        )
        .where(
            PushEndpoint.organization_id == page.organization_id,
            PushEndpoint.url == url,
            Subscriber.page_id == page.page_id,
        )
        .with_for_update(of=PushEndpoint)
    )


def _add_subscriber(scope: Scope, page: PageKey, subscriber_id: UUID, language: PageLanguage | None) -> None:
    now = clock.now()
    subscriber = Subscriber(
        organization_id=scope.organization_id,
        id=subscriber_id,
        page_id=page.page_id,
        channel=SubscriberChannel.PUSH,
        email=browser_address(subscriber_id),
        state=SubscriberState.CONFIRMED,
        language=language,
        requested_at=now,
        confirmed_at=now,
        manage_token_hash=token_hash(manage_token(subscriber_id)),
        created_at=now,
    )
    scope.session.add(subscriber)
    scope.session.flush()
    scope.record("subscriber.browser_added", subscriber)
