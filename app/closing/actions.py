"""Closing an organization: at once nobody sees it any more and nobody is told anything; it goes in the background."""

from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app import clock
from app.addresses.actions import retire_slug
from app.addresses.rules import SlugKind
from app.closing.bell import CLOSED
from app.closing.emptying import begin
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.errors import Invalid, NotFound
from app.organizations.membership import check_still_admin
from app.organizations.models import Membership, Organization
from app.pages.models import Page

log = structlog.get_logger(__name__)


def close_organization(confirmation: str, *, by: Actor) -> tuple[UUID, ...]:
    """Have an organization deleted, with everything that it has. It cannot be called back.

    Args:
        confirmation: its name, typed by whoever wants it.
        by: an admin.

    Returns:
        The members, whose sockets are to end.

    Raises:
        Invalid: something else than the name was typed.
        NotFound: it is being deleted already.
        Denied: whoever asks is no admin any more.
    """
    with organization_scope(by) as scope:
        check_still_admin(scope)
        organization = scope.session.get(Organization, by.organization_id, with_for_update=True)
        if organization is None or organization.closing_at is not None:
            raise NotFound
        if confirmation != organization.name:
            raise Invalid({"confirmation": f"Type “{organization.name}”, as it is written above."})
        organization.closing_at = clock.now()
        retire_slug(scope, SlugKind.ORGANIZATION, organization.slug, leads_on=False)
        for page in scope.session.scalars(select(Page).filter_by(organization_id=scope.organization_id)):
            retire_slug(scope, SlugKind.PAGE, page.slug, page_id=page.id, leads_on=False)
        mine = select(Membership.user_id).where(Membership.organization_id == scope.organization_id)
        members = tuple(scope.session.scalars(mine))
        scope.record("organization.closed", organization, name=organization.name)
        scope.emit(CLOSED, {})
    try:
        begin(by.organization_id)
    except OperationalError:  # it is closed; what was to be silenced at once is silenced by whoever comes next
        log.warning("closing.not_begun", organization_id=str(by.organization_id), exc_info=True)
    return members
