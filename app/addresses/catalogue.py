"""Pages as members see them: the list, and one with all that is set of it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from app.addresses.pages import old_addresses
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import NotFound
from app.organizations.models import Organization
from app.pages.address import PageAddress
from app.pages.arrangement import Item, ItemKind, shown_services
from app.pages.finding import address_of
from app.pages.models import Page, PageItem
from app.services.queries import Catalogue, read_catalogue
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page in the list."""

    address: PageAddress
    services: int
    """How many it shows."""
    subscribers: int
    """Confirmed ones."""


@dataclass(frozen=True, slots=True)
class PageDetails:
    """A page with what its forms show."""

    address: PageAddress
    row: Page
    """As it is kept. Read only: it belongs to no transaction any more."""
    items: tuple[Item, ...]
    catalogue: Catalogue
    """What it could show."""
    old_addresses: tuple[str, ...]
    """Those that lead to it, the latest first."""
    is_only: bool

    @property
    def services(self) -> int:
        """How many it shows."""
        return _count_shown(self.address, self.items, self.catalogue)


def list_pages(actor: Actor) -> tuple[PageRow, ...]:
    """The organization's pages, the first one first. As many statements for fifty as for one."""
    with organization_scope(actor, read_only=True) as scope:
        items = _read_items(scope)
        catalogue = read_catalogue(scope)
        counted = scope.session.execute(
            select(Subscriber.page_id, func.count())
            .where(Subscriber.organization_id == scope.organization_id, Subscriber.state == SubscriberState.CONFIRMED)
            .group_by(Subscriber.page_id)
        )
        told: dict[UUID, int] = {page_id: number for page_id, number in counted}  # noqa: C416 -- rows are no pairs to mypy
        rows = scope.session.execute(
            select(Page, Organization.name)
            .join(Organization, Organization.id == Page.organization_id)
            .where(Page.organization_id == scope.organization_id)
            .order_by(Page.created_at, Page.id)
        )
        pages = [address_of(page, name) for page, name in rows]
    return tuple(
        PageRow(page, _count_shown(page, items.get(page.page_id, ()), catalogue), told.get(page.page_id, 0))
        for page in pages
    )


def get_page_details(actor: Actor, page_id: UUID) -> PageDetails:
    """One page of the organization.

    Raises:
        NotFound: no such page.
    """
    with organization_scope(actor, read_only=True) as scope:
        found = scope.session.execute(
            select(Page, Organization.name, select(func.count(Page.id)).scalar_subquery())
            .join(Organization, Organization.id == Page.organization_id)
            .where(Page.organization_id == scope.organization_id, Page.id == page_id)
            .options(undefer(Page.css))
        ).one_or_none()
        if found is None:
            raise NotFound
        page, name, number = found
        return PageDetails(
            address=address_of(page, name),
            row=page,
            items=_read_items(scope, page_id).get(page_id, ()),
            catalogue=read_catalogue(scope),
            old_addresses=old_addresses(scope, page_id),
            is_only=number == 1,
        )


def _read_items(scope: Scope, page_id: UUID | None = None) -> Mapping[UUID, tuple[Item, ...]]:
    """What each page names, in its order; of one page or of all."""
    wanted = select(PageItem).where(PageItem.organization_id == scope.organization_id)
    if page_id is not None:
        wanted = wanted.where(PageItem.page_id == page_id)
    items: dict[UUID, list[Item]] = defaultdict(list)
    for row in scope.session.scalars(wanted.order_by(PageItem.position, PageItem.id)):
        if row.service_id is not None:
            items[row.page_id].append(Item(ItemKind.SERVICE, row.service_id))
        if row.group_id is not None:
            items[row.page_id].append(Item(ItemKind.GROUP, row.group_id))
    return {page: tuple(named) for page, named in items.items()}


def _count_shown(page: PageAddress, items: tuple[Item, ...], catalogue: Catalogue) -> int:
    return sum(1 for _ in catalogue.services) if page.shows_all else len(shown_services(items, catalogue))
