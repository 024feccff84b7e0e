"""Which page is at an address, found before it is known whose it is; and all pages of an organization."""

from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, select

from app.database.scope import Scope, system_scope
from app.errors import NotFound
from app.organizations.models import Organization
from app.pages.models import Page
from app.pages.rules import Visibility
from app.pages.views import PageAddress


def find_page(slug: str) -> PageAddress | None:
    """The public page at this address, if there is one."""
    return _find_page(Page.slug == slug.lower())


def get_page(slug: str) -> PageAddress:
    """The public page at this address.

    Raises:
        NotFound: there is none, or it is not public; both look the same.
    """
    page = find_page(slug)
    if page is None:
        raise NotFound
    return page


def get_present(page: PageAddress) -> PageAddress:
    """A page that was found earlier, as it is called and where it is by now.

    Raises:
        NotFound: it is gone, or not public any more.
    """
    present = _find_page(and_(Page.organization_id == page.organization_id, Page.id == page.page_id))
    if present is None:
        raise NotFound
    return present


def read_pages(scope: Scope) -> tuple[PageAddress, ...]:
    """All pages of the scope's organization, the first one first."""
    rows = scope.session.execute(
        _pages().where(Page.organization_id == scope.organization_id).order_by(Page.created_at, Page.id)
    )
    return tuple(_address(page, name) for page, name in rows)


def _find_page(which: ColumnElement[bool]) -> PageAddress | None:
    with system_scope("whose page an address is, is known only once it is looked up") as scope:
        row = scope.session.execute(
            _pages().where(which, Page.visibility == Visibility.PUBLIC, Organization.closing_at.is_(None))
        ).one_or_none()
        return None if row is None else _address(*row)


def _pages() -> Select[Page, str]:
    return select(Page, Organization.name).join(Organization, Organization.id == Page.organization_id)


def _address(page: Page, organization_name: str) -> PageAddress:
    return PageAddress(
        organization_id=page.organization_id,
        organization_name=organization_name,
        page_id=page.id,
        slug=page.slug,
        name=page.name,
        time_zone=ZoneInfo(page.time_zone),
        shows_all=page.shows_all,
    )
