"""Who may see a private page, as it is at this moment."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, any_, column, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from app import clock
from app.access.grants import Grant
from app.access.models import PageAccess
from app.access.rules import Way, admits_peer
from app.accounts.models import SignInSession
from app.accounts.rules import is_alive
from app.database.actor import Actor
from app.database.base import Words
from app.database.scope import organization_scope, system_scope
from app.organizations.models import Membership, Organization
from app.pages.address import PageAddress
from app.pages.finding import get_page_of
from app.pages.models import Page
from app.pages.rules import Visibility
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState


@dataclass(frozen=True, slots=True)
class Access:
    """How visitors are let in to a private page."""

    way: Way
    networks: tuple[str, ...] = ()

    def admits(self, grant: Grant | None, page: PageAddress, peer: str) -> bool:
        """Whether somebody with this grant, who asks from the address `peer`, may see the page."""
        if self.way is Way.NETWORKS and admits_peer(self.networks, peer):
            return True
        if grant is None or (grant.page_id, grant.access_version) != (page.page_id, page.access_version):
            return False
        if grant.way is Way.MEMBERS:
            return grant.session_id is not None and find_member(grant.session_id, page.organization_id) is not None
        return grant.way is self.way


def read_access(page: PageAddress) -> Access:
    """How visitors are let in to this page."""
    answer = func.way_into_page(page.page_id).table_valued(column("way", Words(Way)), column("networks", ARRAY(Text)))
    with organization_scope(Actor.visitor(page.organization_id)) as scope:
        row = scope.session.execute(select(answer.c.way, answer.c.networks)).one_or_none()
    return Access(Way.MEMBERS) if row is None else Access(row.way, tuple(row.networks))


def read_password_hash(page: PageAddress) -> str:
    """What is kept of the page's shared password; empty when it has none."""
    with organization_scope(Actor.visitor(page.organization_id)) as scope:
        kept: str | None = scope.session.scalar(select(func.password_hash_of_page(page.page_id)))
    return kept or ""


def find_member(session_id: UUID, organization_id: UUID) -> UUID | None:
    """The user of a sign-in that lives on, if they are a member of the organization, in whatever role."""
    with system_scope("a session belongs to a person, not to one of their organizations") as scope:
        found = scope.session.execute(
            select(SignInSession.user_id, SignInSession.last_seen_at, SignInSession.expires_at)
            .join(Membership, Membership.user_id == SignInSession.user_id)
            .join(Organization, Organization.id == Membership.organization_id)
            .where(
                SignInSession.id == session_id,
                Membership.organization_id == organization_id,
                Organization.closing_at.is_(None),
            )
        ).one_or_none()
    if found is None or not is_alive(found.last_seen_at, found.expires_at, clock.now()):
        return None
    user_id: UUID = found.user_id
    return user_id


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Who may see a page, as admins settle it. The password itself nobody can read again."""

    page_id: UUID
    page_name: str
    visibility: Visibility
    way: Way
    has_password: bool
    addresses: tuple[str, ...]
    networks: tuple[str, ...]
    address: str
    """Where it is, absolute."""
    subscribers: int
    """How many are told of it by mail."""


def get_access_settings(actor: Actor, page_id: UUID) -> AccessSettings:
    """What is settled for a page.

    Raises:
        NotFound: no such page.
    """
    with organization_scope(actor, read_only=True) as scope:
        page = get_page_of(scope, page_id)
        confirmed = select(func.count()).where(
            Subscriber.organization_id == page.organization_id,
            Subscriber.page_id == page_id,
            Subscriber.state == SubscriberState.CONFIRMED,
        )
        kept = scope.session.scalar(
            select(PageAccess).filter_by(organization_id=actor.organization_id, page_id=page_id)
        )
        return AccessSettings(
            page_id=page_id,
            page_name=page.name,
            visibility=Visibility.PRIVATE if page.is_private else Visibility.PUBLIC,
            way=kept.way if kept else Way.MEMBERS,
            has_password=bool(kept and kept.password_hash),
            addresses=tuple(kept.addresses) if kept else (),
            networks=tuple(kept.networks) if kept else (),
            address=page.url,
            subscribers=scope.session.scalar(confirmed) or 0,
        )


def list_admits(
    organization_id: SQLColumnExpression[UUID], page_id: SQLColumnExpression[UUID], email: SQLColumnExpression[str]
) -> ColumnElement[bool]:
    """Whether a subscriber's address may still be told of a page: a list that leaves it out keeps it out of mails, too.

    The other ways say nothing about addresses (decision 0027). For queries of subscribers, with their own columns.
    """
    domain = literal("@") + func.split_part(email, "@", -1)
    keeps_out = (
        select(1)
        .select_from(PageAccess)
        .join(Page, (Page.organization_id == PageAccess.organization_id) & (Page.id == PageAccess.page_id))
        .where(
            PageAccess.organization_id == organization_id,
            PageAccess.page_id == page_id,
            PageAccess.way == Way.ADDRESSES,
            Page.visibility == Visibility.PRIVATE,
            ~or_(email == any_(PageAccess.addresses), domain == any_(PageAccess.addresses)),
        )
        .correlate_except(PageAccess, Page)
        .exists()
    )
    return ~keeps_out
