"""Which page is at an address, found before it is known whose it is; and all pages of an organization."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, select

from app.database.actor import Actor
from app.database.outbox import Revision
from app.database.scope import Scope, organization_scope, system_scope
from app.errors import NotFound
from app.extensions import settings
from app.organizations.models import Organization
from app.pages.address import PageAddress
from app.pages.models import Page
from app.pages.rules import Visibility
from app.pages.settings import HeaderLink, PageSettings
from app.pages.weights import read_weights


def find_page(slug: str) -> PageAddress | None:
    """The page at this address, if there is one; whether whoever asks may see it is another question."""
    return _find_page(Page.slug == slug.lower())


def find_page_at(domain: str) -> PageAddress | None:
    """The page whose own this host is, if it is anybody's."""
    return _find_page(Page.domain == domain)


def find_page_by_id(page_id: UUID) -> PageAddress | None:
    """The page with this id, whosever it is."""
    return _find_page(Page.id == page_id)


def get_page(slug: str) -> PageAddress:
    """The page at this address.

    Raises:
        NotFound: there is none.
    """
    page = find_page(slug)
    if page is None:
        raise NotFound
    return page


def get_present(page: PageAddress) -> PageAddress:
    """A page that was found earlier, as it is called and where it is by now.

    Raises:
        NotFound: it is gone, or at another host, or others may see it than when it was found.
    """
    present = _find_page(and_(Page.organization_id == page.organization_id, Page.id == page.page_id))
    if present is None or (present.access_version, present.domain) != (page.access_version, page.domain):
        raise NotFound
    return replace(present, spoken=page.spoken if page.spoken in present.languages else present.language)


def find_open_pages(organization_id: UUID) -> Collection[tuple[UUID, int]]:
    """The pages of an organization that everybody may see at present, each with its `access_version`."""
    with organization_scope(Actor.visitor(organization_id), read_only=True) as scope:
        rows = scope.session.execute(
            select(Page.id, Page.access_version)
            .join(Organization, Organization.id == Page.organization_id)
            .where(
                Page.organization_id == organization_id,
                Page.visibility == Visibility.PUBLIC,
                Organization.closing_at.is_(None),
            )
        )
        return {(page_id, version) for page_id, version in rows}


def read_pages(scope: Scope) -> tuple[PageAddress, ...]:
    """All pages of the scope's organization, the first one first."""
    rows = scope.session.execute(
        _pages().where(Page.organization_id == scope.organization_id).order_by(Page.created_at, Page.id)
    )
    return tuple(address_of(*row) for row in rows)


def get_page_of(scope: Scope, page_id: UUID) -> PageAddress:
    """A page of the scope's organization.

    Raises:
        NotFound: it has no such page.
    """
    found = _pages().where(Page.organization_id == scope.organization_id, Page.id == page_id)
    row = scope.session.execute(found).one_or_none()
    if row is None:
        raise NotFound
    return address_of(*row)


def find_pages(actor: Actor) -> tuple[PageAddress, ...]:
    """The same for whoever has no scope open."""
    with organization_scope(actor, read_only=True) as scope:
        return read_pages(scope)


def list_page_names(actor: Actor) -> Mapping[UUID, str]:
    """What the pages of an organization are called, the first one first."""
    with organization_scope(actor, read_only=True) as scope:
        return {page.page_id: page.name for page in read_pages(scope)}


def _find_page(which: ColumnElement[bool]) -> PageAddress | None:
    with system_scope("whose page an address is, is known only once it is looked up") as scope:
        row = scope.session.execute(_pages().where(which, Organization.closing_at.is_(None))).one_or_none()
        return None if row is None else address_of(*row)


def _pages() -> Select[Page, str, int]:
    return (
        select(Page, Organization.name, Revision.number)
        .join(Organization, Organization.id == Page.organization_id)
        .join(Revision, Revision.organization_id == Page.organization_id)
    )


def address_of(page: Page, organization_name: str, revision: int = 0) -> PageAddress:
    """Where a page is and how it is set, by its row."""
    address = PageAddress(
        organization_id=page.organization_id,
        organization_name=organization_name,
        page_id=page.id,
        slug=page.slug,
        name=page.name,
        time_zone=ZoneInfo(page.time_zone),
        shows_all=page.shows_all,
        domain=page.domain,
        is_private=page.visibility is Visibility.PRIVATE,
        access_version=page.access_version,
        origin=_origin(page.domain),
        language=page.language,
        languages=tuple(page.languages),
        spoken=page.language,
        revision=revision,
    )
    return replace(address, settings=_settings(page, address.home))


def url_column() -> ColumnElement[str]:
    """A page's `PageAddress.url`, for who reads nothing else of it."""
    scheme, port = _base()
    return func.coalesce(f"{scheme}://" + Page.domain + port, f"{settings.base_url}/" + Page.slug)


def _origin(domain: str | None) -> str:
    if domain is None:
        return settings.base_url
    scheme, port = _base()
    return f"{scheme}://{domain}{port}"


def _base() -> tuple[str, str]:
    """What the addresses of all pages have in common: scheme, and port with a colon in front, if there is one."""
    base = urlsplit(settings.base_url)
    return base.scheme, f":{base.port}" if base.port else ""


def _settings(page: Page, home: str) -> PageSettings:
    def file_address(name: str | None) -> str:
        return f"{home}/{name}" if name else ""

    return PageSettings(
        theme=page.theme,
        visitor_time_zone=page.visitor_time_zone,
        accent=page.accent_light,
        header_links=tuple(HeaderLink(link["label"], link["url"]) for link in page.header_links),
        support_address=page.support_address,
        footer_html=page.footer_html,
        noindex=page.noindex,
        powered_by=page.powered_by,
        past_days=page.past_days,
        shows_uptime=page.shows_uptime,
        shows_response_times=page.shows_response_times,
        weights=read_weights(page.weights),
        logo_light=file_address(page.logo_light or page.logo_dark),
        logo_dark=file_address(page.logo_dark or page.logo_light),
        favicon_url=file_address(page.favicon),
        style_url=file_address(page.style),
    )
