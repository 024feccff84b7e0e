"""Whose a host is, and how far a page's domain is."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select

from app import clock
from app.database.actor import Actor
from app.database.scope import organization_scope, system_scope
from app.domains.models import PageDomain
from app.domains.rules import NO_RECORD, DomainState, record_name, record_value
from app.extensions import settings
from app.organizations.models import Organization
from app.pages.finding import get_page_of
from app.pages.models import Page


def find_slug_at(host: str) -> str | None:
    """The slug of the page whose own this host is, if it is anybody's."""
    with system_scope("whose host it is, is known only once it is looked up") as scope:
        return scope.session.scalar(
            select(Page.slug)
            .join(Organization, Organization.id == Page.organization_id)
            .where(Page.domain == host, Organization.closing_at.is_(None))
        )


@dataclass(frozen=True, slots=True)
class DomainView:
    """A page's domain as its admins see it."""

    host: str
    state: DomainState
    record_name: str
    record_value: str
    entered_at: datetime
    checked_at: datetime | None
    found_at: datetime | None
    fault: str
    is_looked_for: bool
    """Whether it is looked for by itself; else only when somebody asks."""


@dataclass(frozen=True, slots=True)
class PageAddressSettings:
    """Where a page is."""

    page_id: UUID
    page_name: str
    address: str
    """Its address with us, absolute."""
    url: str
    """Where it is."""
    our_host: str
    """To which a domain has to lead."""
    domain: DomainView | None
    is_being_looked_for: bool
    """Whether a look is due at this moment: in some seconds more is known."""


def get_domain_settings(actor: Actor, page_id: UUID) -> PageAddressSettings:
    """What domain a page has, or is to have.

    Raises:
        NotFound: no such page.
    """
    with organization_scope(actor, read_only=True) as scope:
        page = get_page_of(scope, page_id)
        row = scope.session.scalar(select(PageDomain).filter_by(organization_id=actor.organization_id, page_id=page_id))
        return PageAddressSettings(
            page_id=page_id,
            page_name=page.name,
            address=f"{settings.base_url}/{page.slug}",
            url=page.url,
            our_host=urlsplit(settings.base_url).hostname or "",
            domain=None if row is None else _view(row),
            is_being_looked_for=row is not None and row.next_check_at is not None and row.next_check_at <= clock.now(),
        )


def _view(row: PageDomain) -> DomainView:
    if row.verified_at is None:
        state = DomainState.PENDING
    else:
        state = DomainState.LOST if row.fault == NO_RECORD else DomainState.VERIFIED
    return DomainView(
        host=row.host,
        state=state,
        record_name=record_name(row.host),
        record_value=record_value(row.proof),
        entered_at=row.entered_at,
        checked_at=row.checked_at,
        found_at=row.found_at,
        fault=row.fault,
        is_looked_for=row.next_check_at is not None,
    )
