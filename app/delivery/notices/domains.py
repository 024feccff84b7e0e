"""What admins are told of a page's own domain: that its record is missing, and that the page has left it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import User
from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import Addresses
from app.delivery.links import to_members
from app.delivery.mails import Compose, own_mails
from app.delivery.models import Notification
from app.delivery.notices.family import Draft, Family, no_page, teller
from app.delivery.notices.kept import Notice
from app.domains.models import PageDomain
from app.domains.rules import LOST_FOR, MISSING, NO_ADDRESS, RELEASED, record_name, record_value
from app.extensions import settings
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role
from app.pages.address import PageAddress

FOUND = "The record was there again before this was sent."


@dataclass(frozen=True, slots=True)
class DomainNotice(Notice):
    """A domain whose record is missing, or that the page has left."""

    page_id: UUID
    host: str
    record_name: str
    record_value: str
    until: datetime | None
    """When the page leaves the domain if nothing is done; None: it has."""
    domain_url: str
    """Where to look for the record, or to enter the domain again."""


def domain_mails(notice: DomainNotice) -> Compose:
    """How to tell whoever can change the page."""
    until = notice.until.astimezone(notice.zone) if notice.until is not None else None
    what = "The record of your domain is missing" if until is not None else "Your page has left its domain"
    return own_mails("domain", notice, f"{what}: {notice.host}", {"what": what, "until": until})


def _draft(scope: Scope, event: Event, page: PageAddress | None) -> Draft | None:
    domain = _find(scope, UUID(event.payload["page_id"]))
    if domain is None or _why_not_now(domain, event.kind) is not None:
        return None
    slug = scope.session.scalars(select(Organization.slug).filter_by(id=scope.organization_id)).one()
    notice = DomainNotice(
        **teller(scope, page),
        page_id=domain.page_id,
        host=domain.host,
        record_name=record_name(domain.host),
        record_value=record_value(domain.proof),
        until=domain.found_at + LOST_FOR if domain.found_at is not None else None,
        domain_url=f"{settings.base_url}/dashboard/{slug}/pages/{domain.page_id}/domain",
    )
    return Draft(notice)


def _why_not(scope: Scope, notification: Notification) -> str | None:
    notice = DomainNotice.from_json(notification.notice)
    domain = _find(scope, notice.page_id)
    return FOUND if domain is None or domain.host != notice.host else _why_not_now(domain, notification.kind)


def _why_not_now(domain: PageDomain, kind: str) -> str | None:
    is_so = domain.fault not in ("", NO_ADDRESS) and (domain.verified_at is not None) == (kind == MISSING)
    return None if is_so else FOUND


def _admins(scope: Scope, notification: Notification) -> Collection[str]:
    """Those who can do something about it, at this moment."""
    return scope.session.scalars(
        select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == scope.organization_id, Membership.role == Role.ADMIN)
    ).all()


def _find(scope: Scope, page_id: UUID) -> PageDomain | None:
    return scope.session.scalar(select(PageDomain).filter_by(organization_id=scope.organization_id, page_id=page_id))


DOMAINS = Family(
    kinds=(MISSING, RELEASED),
    audience=Addresses(_admins),
    pages=no_page,
    draft=_draft,
    why_not=_why_not,
    compose=lambda notification: domain_mails(DomainNotice.from_json(notification.notice)),
    recipient=to_members,
)
