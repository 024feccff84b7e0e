"""What an organization is called and where it is found. Its pages follow where they had the same."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.addresses.models import RetiredSlug
from app.addresses.queries import TAKEN, check_free_slug
from app.addresses.rules import SlugKind, retirement
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope, system_scope
from app.errors import Invalid, NotFound
from app.organizations.membership import check_still_admin
from app.organizations.models import Organization
from app.organizations.rules import check_audit_days, check_name, is_time_zone
from app.pages.models import Page


@dataclass(frozen=True, slots=True)
class OrganizationDetails:
    """What admins settle for everybody. `audit_days` is None where no number was typed."""

    name: str
    time_zone: str
    audit_days: int | None


def edit_organization(details: OrganizationDetails, *, by: Actor) -> None:
    """Change an organization's name, time zone or the retention of its audit log.

    A page that is called like the organization, or has its days where it has them, goes on doing so.

    Raises:
        Invalid: a field is refused.
        Denied: whoever asks is no admin any more.
    """
    if faults := _faults_of(details):
        raise Invalid(faults)
    with organization_scope(by) as scope:
        check_still_admin(scope)
        organization = _lock_organization(scope)
        for page in _pages_of(scope):
            page.name = details.name if page.name == organization.name else page.name
            page.time_zone = details.time_zone if page.time_zone == organization.time_zone else page.time_zone
            scope.record("page.edited", page, name=page.name)
        organization.name, organization.time_zone = details.name, details.time_zone
        organization.audit_days = details.audit_days or organization.audit_days
        scope.record("organization.edited", organization, name=organization.name)
        scope.emit("organization.edited", {})


def move_organization(slug: str, *, with_page: bool = False, by: Actor) -> None:
    """Give an organization another address; the old one leads there for a year.

    Args:
        slug: the new address, which went through `normalize_slug`.
        with_page: move the page that has the same address, too.
        by: an admin.

    Raises:
        Invalid: the address is refused, or somebody has it.
        Denied: whoever asks is no admin any more.
    """
    if fault := check_free_slug(slug, organization_id=by.organization_id):
        raise Invalid({"slug": fault})
    try:
        with organization_scope(by) as scope:
            check_still_admin(scope)
            organization = _lock_organization(scope)
            old = organization.slug
            if slug == old:
                return
            page = _find_page_at(scope, old) if with_page else None
            if page is not None:
                _move_page(scope, page, slug)
            organization.slug = slug
            retire_slug(scope, SlugKind.ORGANIZATION, old)
            take_back(scope, SlugKind.ORGANIZATION, slug)
            scope.record("organization.moved", organization, name=organization.name)
            scope.emit("organization.moved", {"from": old, "to": slug}, visible=page is not None)
    except IntegrityError as error:  # somebody took it in this very moment
        raise Invalid({"slug": TAKEN}) from error


def move_page(page_id: UUID, slug: str, *, by: Actor) -> None:
    """Give a page another address; the old one leads there for a year, with everything below it.

    Raises:
        Invalid: the address is refused, or somebody has it.
        NotFound: no such page.
        Denied: whoever asks is no admin any more.
    """
    if fault := check_free_slug(slug, organization_id=by.organization_id):
        raise Invalid({"slug": fault})
    try:
        with organization_scope(by) as scope:
            check_still_admin(scope)
            page = scope.lock(Page, page_id)
            if page.slug != slug:
                _move_page(scope, page, slug)
                scope.emit("page.moved", {"page_id": str(page_id)})
    except IntegrityError as error:
        raise Invalid({"slug": TAKEN}) from error


def retire_slug(scope: Scope, kind: SlugKind, slug: str, *, page_id: UUID | None = None, leads_on: bool = True) -> None:
    """Write down that the organization of the scope gives an address up. `leads_on`: it is somewhere else now."""
    now = clock.now()
    until = retirement(now, leads_on=leads_on)
    scope.session.add(
        RetiredSlug(
            slug=slug,
            kind=kind,
            organization_id=scope.organization_id,
            page_id=page_id,
            retired_at=now,
            redirects_until=until.redirects_until,
            held_until=until.held_until,
        )
    )


def forget_retired_slugs() -> None:
    """Delete the addresses that neither redirect nor are held any more."""
    now = clock.now()
    with system_scope("addresses of everybody whose time is over are free again") as scope:
        scope.session.execute(
            delete(RetiredSlug).where(RetiredSlug.held_until <= now, RetiredSlug.redirects_until <= now)
        )


def _faults_of(details: OrganizationDetails) -> dict[str, str]:
    faults = {}
    if fault := check_name(details.name):
        faults["name"] = fault
    if not is_time_zone(details.time_zone):
        faults["time_zone"] = "Choose a time zone from the list."
    if fault := check_audit_days(details.audit_days):
        faults["audit_days"] = fault
    return faults


def _lock_organization(scope: Scope) -> Organization:
    organization = scope.session.get(Organization, scope.organization_id, with_for_update=True)
    if organization is None or organization.closing_at is not None:
        raise NotFound
    return organization


def _pages_of(scope: Scope) -> list[Page]:
    pages = select(Page).filter_by(organization_id=scope.organization_id).order_by(Page.id).with_for_update()
    return list(scope.session.scalars(pages))


def _find_page_at(scope: Scope, slug: str) -> Page | None:
    return next((page for page in _pages_of(scope) if page.slug == slug), None)


def _move_page(scope: Scope, page: Page, slug: str) -> None:
    old, page.slug = page.slug, slug
    retire_slug(scope, SlugKind.PAGE, old, page_id=page.id)
    take_back(scope, SlugKind.PAGE, slug)
    scope.record("page.moved", page, name=page.name)


def take_back(scope: Scope, kind: SlugKind, slug: str) -> None:
    """The organization's own earlier address is its address again, and redirects no more."""
    scope.session.execute(
        delete(RetiredSlug).where(
            RetiredSlug.organization_id == scope.organization_id, RetiredSlug.kind == kind, RetiredSlug.slug == slug
        )
    )
