"""What a family of notices is: the events it tells of, whom, what, until when, and how it looks as a mail."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import Audience
from app.delivery.links import Links
from app.delivery.mails import Compose
from app.delivery.models import Notification
from app.delivery.notices.kept import Brief, Notice
from app.delivery.senders.queries import read_sender
from app.pages.address import PageAddress
from app.pages.finding import read_pages


@dataclass(frozen=True, slots=True)
class Draft:
    """What there is to tell of an event, and whom it concerns."""

    notice: Notice
    service_ids: Set[UUID] = frozenset()
    """Subscribers who chose one of these are told, and those who chose all."""
    story_id: UUID | None = None
    """What it goes on telling of, an incident or a maintenance: it takes the place of what was told of that before."""
    update_id: UUID | None = None
    subscriber_id: UUID | None = None
    """For what concerns one subscriber only."""


@dataclass(frozen=True, slots=True)
class Family:
    """Events that are told alike."""

    kinds: tuple[str, ...]
    audience: Audience
    pages: Callable[[Scope, Event], Sequence[PageAddress | None]]
    """Whose subscribers may be told of an event, each page's for itself; None stands for those of no page."""
    draft: Callable[[Scope, Event, PageAddress | None], Draft | None]
    """What there is to tell of an event of these kinds, as one page shows it, in the transaction that takes it up.
    None: nobody is told."""
    why_not: Callable[[Scope, Notification], str | None]
    """Why nobody should be told of it any more, however often it was tried: what we tell is never stale."""
    compose: Callable[[Notification], Compose]
    """How to make its mails, of nothing but the notice."""
    recipient: Callable[[Notification], Links]
    """Who gets a delivery, with their own links."""
    brief: Callable[[Notification], Brief] | None = None
    """How to say it in a browser's notification; None for what is told by mail alone."""


class Teller(TypedDict):
    """Who tells: the fields that each `Notice` begins with."""

    organization_name: str
    page_url: str
    time_zone: str
    page_name: str
    sender_name: str
    reply_to: str


def every_page(scope: Scope, event: Event) -> Sequence[PageAddress]:
    """All that the organization has; `draft` says which of them show what happened."""
    return read_pages(scope)


def no_page(scope: Scope, event: Event) -> Sequence[None]:
    """For members, and those who may become members."""
    return (None,)


def teller(scope: Scope, page: PageAddress | None) -> Teller:
    """Who tells the subscribers of a page; people of no page are told of the organization's first one."""
    shown = page or read_pages(scope)[0]
    sender = read_sender(scope)
    return Teller(
        organization_name=shown.organization_name,
        page_url=shown.url,
        time_zone=shown.time_zone.key,
        page_name=page.name if page is not None else "",
        sender_name=sender.name,
        reply_to=sender.reply_to,
    )


def always(scope: Scope, notification: Notification) -> None:
    """For notices that nothing makes stale but their audience."""
