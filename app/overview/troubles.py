"""What does not work around the pages: domains that are not found, mails that do not arrive, invitations that wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, and_, func, literal, or_, select

from app.database.scope import Scope
from app.delivery.models import Delivery
from app.delivery.rules import DeliveryState
from app.domains.models import PageDomain
from app.domains.rules import LOST_FOR, NO_ADDRESS, NO_RECORD
from app.organizations.rules import Role
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState
from app.teams.models import Invitation
from app.teams.rules import InvitationState

NEWS_FOR = timedelta(days=7)
"""So long a mail that reached nobody, and a subscriber who was put aside, is news."""
WAVE = 25
"""So many subscribers put aside within a day are no accident of each of them."""
ONE_REASON = 10
"""So many mails that failed for the same reason have one in common."""
MOST_COUNTED = 1_000
"""Beyond this it says "more than": counting must not take longer the more there is."""


@dataclass(frozen=True, slots=True)
class DomainInTrouble:
    """A domain at which a page cannot be found, or soon will not be."""

    page_id: UUID
    host: str
    fault: str
    leaves_at: datetime | None
    """When the page leaves it; None where it has left it already, or does not have to."""


@dataclass(frozen=True, slots=True)
class Troubles:
    """All of it; empty when all is well."""

    domains: tuple[DomainInTrouble, ...] = ()
    failed: int = 0
    """Subscribers whom a mail of the last days did not reach, counted up to `MOST_COUNTED`."""
    reason: str = ""
    """Why most of them failed, if many did for the same reason: then it is the sender's matter, not theirs."""
    quarantined: int = 0
    """Subscribers who were put aside in the last days because mails came back."""
    is_wave: bool = False
    """Whether very many of them were within a day."""
    invited: int = 0
    """Invitations that wait for an answer; known to admins only."""
    expired: int = 0
    """Invitations that were never answered; known to admins only."""

    @property
    def is_empty(self) -> bool:
        return self == Troubles()


def read_troubles(scope: Scope, role: Role, now: datetime) -> Troubles:
    """All of it, for members of this role: two statements, however much there is."""
    failed, reason, quarantined, lately, invited, expired = scope.session.execute(_counted(scope, role, now)).one()
    return Troubles(_read_domains(scope), failed, reason or "", quarantined, lately >= WAVE, invited, expired)


def _read_domains(scope: Scope) -> tuple[DomainInTrouble, ...]:
    """Those that were proved and are in trouble, and those that nobody looks for any more; the first to go first."""
    in_trouble = and_(PageDomain.verified_at.is_not(None), PageDomain.fault.in_((NO_RECORD, NO_ADDRESS)))
    given_up = and_(PageDomain.verified_at.is_(None), PageDomain.next_check_at.is_(None), PageDomain.fault != "")
    rows = scope.session.scalars(
        select(PageDomain)
        .where(PageDomain.organization_id == scope.organization_id, or_(in_trouble, given_up))
        .order_by(PageDomain.found_at.asc().nulls_first(), PageDomain.host)
    )
    return tuple(
        DomainInTrouble(
            row.page_id,
            row.host,
            row.fault,
            row.found_at + LOST_FOR if row.verified_at and row.found_at and row.fault == NO_RECORD else None,
        )
        for row in rows
    )


def _counted(scope: Scope, role: Role, now: datetime) -> Select[int, str | None, int, int, int, int]:
    mine = scope.organization_id
    failed = (
        select(Delivery.error)
        .where(
            Delivery.organization_id == mine,
            Delivery.state == DeliveryState.FAILED,
            Delivery.subscriber_id.is_not(None),
            Delivery.created_at >= now - NEWS_FOR,
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
    reason = (
        select(failed.c.error)
        .group_by(failed.c.error)
        .having(func.count() >= ONE_REASON)
        .order_by(func.count().desc())
        .limit(1)
    )
    put_aside = select(func.count()).where(
        Subscriber.organization_id == mine, Subscriber.state == SubscriberState.QUARANTINED
    )
    waits = (
        select(func.count())
        .select_from(Invitation)
        .where(Invitation.organization_id == mine, Invitation.state == InvitationState.OPEN)
    )
    is_admin = literal(role.includes(Role.ADMIN))
    return select(
        select(func.count()).select_from(failed).scalar_subquery(),
        reason.scalar_subquery(),
        put_aside.where(Subscriber.quarantined_at >= now - NEWS_FOR).scalar_subquery(),
        put_aside.where(Subscriber.quarantined_at >= now - timedelta(days=1)).scalar_subquery(),
        waits.where(Invitation.expires_at > now, is_admin).scalar_subquery(),
        waits.where(Invitation.expires_at <= now, is_admin).scalar_subquery(),
    )
