"""Links that let somebody in whose address is on a page's list: asked for by anybody, sent to those on the list."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.access.grants import Grant
from app.access.models import AccessLink
from app.access.rules import LINK_LIFETIME, Way
from app.access.tokens import link_token
from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope, system_scope
from app.errors import Invalid, NotFound
from app.pages.address import PageAddress
from app.pages.models import Page
from app.pages.rules import Visibility
from app.text.addresses import check_address

REQUESTED = "page.link_requested"
"""The event; what it tells, and whether, is decided by who turns it into a mail."""

KEPT_FOR = timedelta(days=1)


def request_link(page: PageAddress, address: str) -> None:
    """Ask for a link to a private page; a mail follows from the event if the address is on the page's list.

    Nothing is returned, and the statements are the same whether it is. An address that has asked within the last
    quarter of an hour is not sent another one: its link still works.

    Args:
        page: one that is closed to all but a list.
        address: went through `text.addresses.normalize_address`.

    Raises:
        Invalid: it is no address.
    """
    if fault := check_address(address):
        raise Invalid({"email": fault})
    now = clock.now()
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        link = _ask(scope, page, address, now)
        if link is None:
            return
        scope.record(REQUESTED, name=page.name, subject_id=page.page_id)
        scope.emit(REQUESTED, {"link_id": str(link.id), "language": page.spoken.value}, visible=False)


def find_link(page: PageAddress, token: str) -> bool:
    """Whether this token opens the page at this moment. Looking spends nothing: mail scanners open every link."""
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        return _find(scope, page, token) is not None


def spend_link(page: PageAddress, token: str) -> Grant:
    """Let in whoever holds this token, once.

    Raises:
        NotFound: it opens nothing: unknown, spent, too old, or its address is not on the list any more.
    """
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        link = _find(scope, page, token, lock=True)
        if link is None:
            raise NotFound
        link.spent_at = clock.now()
        scope.record("page.link_used", name=page.name, subject_id=page.page_id)
    return Grant(page.page_id, page.access_version, Way.ADDRESSES)


def find_addressee(scope: Scope, link: AccessLink) -> str | None:
    """Whom a link is to be sent to, if anybody: the address is on the list, and the page is as it was when it asked."""
    is_listed = scope.session.scalar(
        select(func.page_admits_address(Page.id, link.email)).where(
            Page.organization_id == link.organization_id,
            Page.id == link.page_id,
            Page.visibility == Visibility.PRIVATE,
            Page.access_version == link.access_version,
        )
    )
    is_open = link.spent_at is None and clock.now() < link.requested_at + LINK_LIFETIME
    return link.email if is_listed and is_open else None


def forget_links() -> None:
    """Delete links that open nothing any more, with the addresses that asked for them."""
    with system_scope("links of all organizations that are old are forgotten") as scope:
        scope.session.execute(delete(AccessLink).where(AccessLink.requested_at < clock.now() - KEPT_FOR))


def _ask(scope: Scope, page: PageAddress, address: str, now: datetime) -> AccessLink | None:
    """The link of this address, made anew, or None when the last one still opens the page or was asked for just now."""
    link_id = new_id()
    asked = insert(AccessLink).values(
        organization_id=scope.organization_id,
        id=link_id,
        page_id=page.page_id,
        email=address,
        token_hash=token_hash(link_token(link_id, now)),
        requested_at=now,
        access_version=page.access_version,
    )
    link = scope.session.scalar(
        asked.on_conflict_do_update(
            index_elements=["organization_id", "page_id", "email"],
            set_={"requested_at": now, "access_version": page.access_version, "spent_at": None},
            where=AccessLink.requested_at <= now - LINK_LIFETIME,
        ).returning(AccessLink)
    )
    if link is not None:
        link.token_hash = token_hash(link_token(link.id, now))
    return link


def _find(scope: Scope, page: PageAddress, token: str, *, lock: bool = False) -> AccessLink | None:
    wanted = select(AccessLink).where(
        AccessLink.organization_id == scope.organization_id,
        AccessLink.page_id == page.page_id,
        AccessLink.token_hash == token_hash(token),
    )
    link = scope.session.scalar(wanted.with_for_update() if lock else wanted)
    if link is None or link.access_version != page.access_version or find_addressee(scope, link) is None:
        return None
    return link
