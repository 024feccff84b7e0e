"""Pages come and go: with an address that nobody else has, and that is kept for a while when they are gone."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app import clock
from app.addresses.actions import retire_slug, take_back
from app.addresses.models import RetiredSlug
from app.addresses.queries import TAKEN, check_free_slug
from app.addresses.rules import SlugKind
from app.announcements.models import Announcement
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import Invalid, InvalidTransition
from app.organizations.membership import check_still_admin
from app.organizations.rules import is_time_zone
from app.pages.models import Page
from app.pages.settings import check_page_name
from app.subscribers.models import Subscriber

MOST_PAGES = 50
DELETION_SECONDS = 120
"""A page may have a hundred thousand subscribers, who go with it."""

LAST = "This is your only page. An organization keeps at least one: give this one another name, or another address."


@dataclass(frozen=True, slots=True)
class NewPage:
    """What the form of a new page asks for. `slug` went through `normalize_slug`."""

    name: str
    slug: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Hanging:
    """What goes with a page."""

    subscribers: int
    announcements: int
    """Those that are for this page alone."""
    old_addresses: tuple[str, ...]
    """Addresses that lead to it."""


def create_page(new: NewPage, *, by: Actor) -> Page:
    """Add a public page that shows all services, at an address of its own.

    Raises:
        Invalid: a field is refused, somebody has the address, or there are as many pages as there may be.
        Denied: whoever asks is no admin any more.
    """
    if faults := _faults_of(new, by):
        raise Invalid(faults)
    page = Page(
        organization_id=by.organization_id,
        slug=new.slug,
        name=new.name,
        time_zone=new.time_zone,
        shows_all=True,
        created_at=clock.now(),
    )
    try:
        with organization_scope(by) as scope:
            check_still_admin(scope)
            scope.take_turns("pages")
            if _count(scope) >= MOST_PAGES:
                raise Invalid({"name": f"An organization has at most {MOST_PAGES} pages."})
            scope.session.add(page)
            take_back(scope, SlugKind.PAGE, new.slug)
            scope.session.flush()
            scope.record("page.created", page, name=page.name)
            scope.emit("page.created", {"page_id": str(page.id)})
    except IntegrityError as error:  # somebody took it in this very moment, or it is another page's of theirs
        raise Invalid({"slug": TAKEN}) from error
    return page


def get_hanging(page_id: UUID, *, by: Actor) -> Hanging:
    """What would go with a page.

    Raises:
        NotFound: no such page.
    """
    with organization_scope(by, read_only=True) as scope:
        scope.get(Page, page_id)
        mine = scope.organization_id
        subscribers = select(func.count()).where(Subscriber.organization_id == mine, Subscriber.page_id == page_id)
        announcements = select(func.count()).where(
            Announcement.organization_id == mine, Announcement.page_id == page_id
        )
        return Hanging(
            scope.session.scalar(subscribers) or 0,
            scope.session.scalar(announcements) or 0,
            old_addresses(scope, page_id),
        )


def delete_page(page_id: UUID, confirmation: str, *, by: Actor) -> None:
    """Delete a page with its subscribers. Its addresses lead nowhere any more, and are kept from others for a while.

    Args:
        page_id: not the organization's last one.
        confirmation: the page's name, typed by whoever wants it.
        by: an admin.

    Raises:
        Invalid: the name is another one.
        InvalidTransition: it is the last page.
        NotFound: no such page.
        Denied: whoever asks is no admin any more.
    """
    with organization_scope(by) as scope:
        check_still_admin(scope)
        scope.take_turns("pages")
        page = scope.lock(Page, page_id)
        if confirmation != page.name:
            raise Invalid({"confirmation": f"Type the name of the page exactly as it is: {page.name}"})
        if _count(scope) == 1:
            raise InvalidTransition(LAST)
        scope.session.execute(text(f"SET LOCAL statement_timeout = '{DELETION_SECONDS}s'"))
        retire_slug(scope, SlugKind.PAGE, page.slug, page_id=page.id, leads_on=False)
        scope.session.delete(page)
        scope.record("page.deleted", page, name=page.name)
        scope.emit("page.deleted", {"page_id": str(page_id)})


def _faults_of(new: NewPage, by: Actor) -> dict[str, str]:
    faults = {}
    if fault := check_page_name(new.name):
        faults["name"] = fault
    if fault := check_page_slug(new.slug, by=by):
        faults["slug"] = fault
    if not is_time_zone(new.time_zone):
        faults["time_zone"] = "Choose a time zone from the list."
    return faults


def check_page_slug(slug: str, *, by: Actor, page_id: UUID | None = None) -> str | None:
    """Why a page cannot have this address, or None when it can: another page of its own organization may have it.

    `slug` went through `normalize_slug`; `page_id` is None for a new page.
    """
    if fault := check_free_slug(slug, organization_id=by.organization_id):
        return fault
    with organization_scope(by, read_only=True) as scope:
        owner = scope.session.scalar(
            select(Page.id).where(Page.organization_id == scope.organization_id, Page.slug == slug)
        )
    return "Another page of yours has this address." if owner not in (None, page_id) else None


def _count(scope: Scope) -> int:
    mine = select(func.count()).select_from(Page).where(Page.organization_id == scope.organization_id)
    return scope.session.scalar(mine) or 0


def old_addresses(scope: Scope, page_id: UUID) -> tuple[str, ...]:
    """The addresses that lead to a page, the latest first."""
    return tuple(
        scope.session.scalars(
            select(RetiredSlug.slug)
            .where(
                RetiredSlug.organization_id == scope.organization_id,
                RetiredSlug.kind == SlugKind.PAGE,
                RetiredSlug.page_id == page_id,
                RetiredSlug.redirects_until > clock.now(),
            )
            .order_by(RetiredSlug.retired_at.desc())
        )
    )
