"""Which addresses are taken, and where those lead that were given up."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select

from app import clock
from app.addresses.models import RetiredSlug
from app.addresses.rules import SlugKind
from app.database.actor import Actor
from app.database.scope import organization_scope, system_scope
from app.organizations.models import Organization
from app.organizations.rules import check_slug
from app.pages.models import Page

TAKEN = "Someone has this address already. Choose another."


def check_free_slug(slug: str, *, organization_id: UUID | None = None) -> str | None:
    """Why an organization cannot have this address, or None when it can. `organization_id` is None for a new one.

    `slug` went through `normalize_slug`.
    """
    if fault := check_slug(slug):
        return str(fault)
    return TAKEN if is_slug_taken(slug, organization_id=organization_id) else None


def is_slug_taken(slug: str, *, organization_id: UUID | None = None) -> bool:
    """Whether anybody else than this organization has the address, or had it and it is still held."""
    with system_scope("addresses are one namespace over all organizations") as scope:
        taken = select(
            exists().where(Organization.slug == slug, Organization.id.is_distinct_from(organization_id))
            | exists().where(Page.slug == slug, Page.organization_id.is_distinct_from(organization_id))
            | exists().where(
                RetiredSlug.slug == slug,
                RetiredSlug.held_until > clock.now(),
                # Of one that is gone nobody gets it back: an unknown owner is somebody else, too.
                or_(
                    RetiredSlug.organization_id.is_(None), RetiredSlug.organization_id.is_distinct_from(organization_id)
                ),
            )
        )
        return bool(scope.session.scalar(taken))


@dataclass(frozen=True, slots=True)
class SettingsView:
    """What admins settle for everybody, as it is."""

    name: str
    slug: str
    time_zone: str
    audit_days: int
    page_shares_slug: bool
    """Whether a page of theirs has the same address."""
    retired: tuple[str, ...]
    """Addresses that lead to the present one, the latest first."""


def read_settings(actor: Actor) -> SettingsView:
    """The organization's settings."""
    mine = actor.organization_id
    with organization_scope(actor, read_only=True) as scope:
        organization = scope.session.get_one(Organization, mine)
        at_slug = select(Page.id).where(Page.organization_id == mine, Page.slug == organization.slug).limit(1)
        retired = scope.session.scalars(
            select(RetiredSlug.slug)
            .where(
                RetiredSlug.organization_id == mine,
                RetiredSlug.kind == SlugKind.ORGANIZATION,
                RetiredSlug.redirects_until > clock.now(),
            )
            .order_by(RetiredSlug.retired_at.desc())
        )
        return SettingsView(
            name=organization.name,
            slug=organization.slug,
            time_zone=organization.time_zone,
            audit_days=organization.audit_days,
            page_shares_slug=scope.session.scalar(at_slug) is not None,
            retired=tuple(retired),
        )


def find_moved_organization(slug: str) -> str | None:
    """The present address of the organization that had this one, as long as it redirects."""
    with system_scope("whose address it was is known only once it is looked up") as scope:
        return scope.session.scalar(
            select(Organization.slug)
            .join(RetiredSlug, RetiredSlug.organization_id == Organization.id)
            .where(_redirecting(slug, SlugKind.ORGANIZATION))
            .order_by(RetiredSlug.retired_at.desc())
            .limit(1)
        )


def find_moved_page(slug: str) -> str | None:
    """The present address of the page that had this one, as long as it redirects."""
    with system_scope("whose address it was is known only once it is looked up") as scope:
        return scope.session.scalar(
            select(Page.slug)
            .join(
                RetiredSlug,
                (RetiredSlug.organization_id == Page.organization_id) & (RetiredSlug.page_id == Page.id),
            )
            .join(Organization, Organization.id == Page.organization_id)
            .where(_redirecting(slug, SlugKind.PAGE))
            .where(Organization.closing_at.is_(None))
            .order_by(RetiredSlug.retired_at.desc())
            .limit(1)
        )


def _redirecting(slug: str, kind: SlugKind) -> ColumnElement[bool]:
    return and_(
        RetiredSlug.slug == slug.lower(),
        RetiredSlug.kind == kind,
        RetiredSlug.redirects_until > clock.now(),
    )
