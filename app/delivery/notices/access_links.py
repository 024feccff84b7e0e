"""A link to a private page, told to the one address that asked for it, if the page's list has it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.access.links import REQUESTED, find_addressee
from app.access.models import AccessLink
from app.access.rules import LINK_LIFETIME
from app.access.tokens import link_token
from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import Addresses
from app.delivery.links import Links
from app.delivery.mails import Compose, own_mails
from app.delivery.models import Delivery, Notification
from app.delivery.notices.family import Draft, Family, always, teller
from app.delivery.notices.kept import Notice, Recipient
from app.mailboxes.actions import may_be_written_to
from app.mailboxes.rules import Asking
from app.pages.address import PageAddress
from app.pages.finding import read_pages
from app.text.languages import PageLanguage
from app.text.speech import gettext


@dataclass(frozen=True, slots=True)
class AccessLinkNotice(Notice):
    """Somebody wants to see a private page."""

    link_id: UUID
    requested_at: datetime
    """Which of its mails this is; asked for again, an earlier link is void."""
    language: PageLanguage = PageLanguage.ENGLISH
    """The one in which they read the page's door when they asked."""


def access_link_mails(notice: AccessLinkNotice) -> Compose:
    """How to let the owner of an address in."""
    expires_at = (notice.requested_at + LINK_LIFETIME).astimezone(notice.zone)
    return own_mails("access_link", notice, gettext("Your link to a private page"), {"expires_at": expires_at})


def _page_of(scope: Scope, event: Event) -> Sequence[PageAddress]:
    link = scope.find(AccessLink, UUID(event.payload["link_id"]))
    return [page for page in read_pages(scope) if link is not None and page.page_id == link.page_id]


def _draft(scope: Scope, event: Event, page: PageAddress | None) -> Draft | None:
    """Nothing for an address that is not on the list; and nothing so soon after the last link to whichever page.

    That is counted here, once it is known that a mail would go: naming an address that no list has keeps nobody out.
    """
    link = scope.find(AccessLink, UUID(event.payload["link_id"]))
    if link is None or find_addressee(scope, link) is None:
        return None
    if not may_be_written_to(Asking.ACCESS_LINK, link.email):
        return None
    language = PageLanguage(event.payload.get("language", PageLanguage.ENGLISH))
    told_by = teller(scope, page)
    return Draft(AccessLinkNotice(**told_by, link_id=link.id, requested_at=link.requested_at, language=language))


def _find_address(scope: Scope, notification: Notification) -> Collection[str]:
    """The address, as long as the link opens the page and no later one has taken its place."""
    notice = AccessLinkNotice.from_json(notification.notice)
    link = scope.find(AccessLink, notice.link_id)
    if link is None or link.requested_at != notice.requested_at:
        return ()
    address = find_addressee(scope, link)
    return () if address is None else (address,)


def _links(notification: Notification) -> Links:
    notice = AccessLinkNotice.from_json(notification.notice)
    token = link_token(notice.link_id, notice.requested_at)

    def links(delivery: Delivery) -> Recipient:
        address = f"{notice.page_url}/unlock/{token}"
        return Recipient(address=delivery.address, action_url=address, language=delivery.language)

    return links


ACCESS_LINKS = Family(
    kinds=(REQUESTED,),
    audience=Addresses(_find_address, lambda notification: AccessLinkNotice.from_json(notification.notice).language),
    pages=_page_of,
    draft=_draft,
    why_not=always,
    compose=lambda notification: access_link_mails(AccessLinkNotice.from_json(notification.notice)),
    recipient=_links,
)
