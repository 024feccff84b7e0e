"""A browser asks to be told, and to be left alone. Its permission is the consent: nobody else can have its address."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, and_, select

from app import clock
from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope
from app.push.models import PushEndpoint
from app.push.rules import Admitted, Endpoint
from app.subscribers.actions import erase, write_choices
from app.subscribers.models import Subscriber
from app.subscribers.rules import Choices, Offered, PageKey, SubscriberChannel, SubscriberState, browser_address
from app.subscribers.tokens import manage_token
from app.text.languages import PageLanguage

NOTHING_OFFERED = Offered()


@dataclass(frozen=True, slots=True)
class NewBrowser:
    """A browser that wants to be told."""

    endpoint: Endpoint
    """Went through `rules.read_endpoint`."""
    name: str
    """In words: "Firefox on Linux"."""
    language: PageLanguage | None = None
    """The one of the page's in which it was read."""
    chosen: Choices | None = None
    """What it wants to hear of; None: of everything, or of what it has chosen before."""
    replaces: str | None = None
    """The address that it had until now: its push service has given it another."""
    admitted: Admitted | None = None
    """Why it may see a private page."""


def subscribe_browser(page: PageKey, new: NewBrowser, offered: Offered = NOTHING_OFFERED) -> UUID:
    """Tell a browser of what a page tells; returns the subscriber's id. Asked twice, it is told once.

    Args:
        page: what it wants to hear of.
        new: the browser.
        offered: what the page shows, where it has chosen of that.

    Raises:
        Invalid: nothing is chosen, or something that the page does not show.
    """
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        scope.take_turns(f"push {new.replaces or new.endpoint.url}")
        known = scope.session.scalar(_at(page, new.endpoint.url))
        if known is None and new.replaces is not None:
            known = scope.session.scalar(_at(page, new.replaces))
        if known is None:
            known = _add(scope, page, new.language)
        # A browser may have made itself new keys for the address that it has.
        known.url, known.browser = new.endpoint.url, new.name
        known.public_key, known.secret = new.endpoint.public_key, new.endpoint.secret
        known.admitted_version = new.admitted.version if new.admitted else None
        known.admitted_until = new.admitted.until if new.admitted else None
        known.admitted_user_id = new.admitted.user_id if new.admitted else None
        scope.session.add(known)
        if new.chosen is not None:
            write_choices(scope, scope.get(Subscriber, known.subscriber_id), new.chosen, offered)
        return known.subscriber_id


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


def _add(scope: Scope, page: PageKey, language: PageLanguage | None) -> PushEndpoint:
    """A subscriber of everything, and where it is reached, which is not known yet."""
    now, subscriber_id = clock.now(), new_id()
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
    scope.emit("subscriber.browser_added", {"subscriber_id": str(subscriber_id)}, visible=False)
    return PushEndpoint(organization_id=scope.organization_id, subscriber_id=subscriber_id, created_at=now)
