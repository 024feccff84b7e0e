"""What a family of notices is: the events it tells of, whom, what, until when, and how it looks as a mail."""

from collections.abc import Callable, Set
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import Audience
from app.delivery.links import Links
from app.delivery.mails import Compose
from app.delivery.models import Notification
from app.delivery.notices.kept import Notice
from app.extensions import settings
from app.organizations.models import Organization
from app.pages.models import Page


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
    draft: Callable[[Scope, Event], Draft | None]
    """What there is to tell of an event of these kinds, in the transaction that takes it up; None: nobody is told."""
    why_not: Callable[[Scope, Notification], str | None]
    """Why nobody should be told of it any more, however often it was tried: what we tell is never stale."""
    compose: Callable[[Notification], Compose]
    """How to make its mails, of nothing but the notice."""
    recipient: Callable[[Notification], Links]
    """Who gets a delivery, with their own links."""


def sender_of(scope: Scope) -> tuple[str, str, str]:
    """The organization's name, its page's absolute address and time zone: the fields of each `Notice`.

    Mails point to the organization's first page.
    """
    name, slug, time_zone = scope.session.execute(
        select(Organization.name, Page.slug, Page.time_zone)
        .join(Page, Page.organization_id == Organization.id)
        .where(Organization.id == scope.organization_id)
        .order_by(Page.created_at, Page.id)
        .limit(1)
    ).one()
    return name, f"{settings.base_url}/{slug}", time_zone


def always(scope: Scope, notification: Notification) -> None:
    """For notices that nothing makes stale but their audience."""
