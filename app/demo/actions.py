"""Making the demo organization."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from app import clock
from app.announcements.actions import AnnouncementDetails, announce
from app.database.actor import Actor, ActorRole
from app.database.scope import organization_scope, system_scope
from app.demo.catalogue import ANNOUNCED, ANNOUNCED_TOO, NAME, RECURRING_WORK, RECURS, SLUG, SUPPORT, TIME_ZONE
from app.demo.history import Past
from app.demo.people import Colleague, ensure_memberships, ensure_people
from app.demo.remembered import ensure_remembered
from app.demo.stories.telling import MARA
from app.demo.texts import TEXTS
from app.extensions import settings
from app.incidents.message_templates.actions import create_template
from app.incidents.message_templates.models import MessageTemplate
from app.maintenance.details import MaintenanceDetails
from app.maintenance.series import create_series
from app.onboarding.actions import NewOrganization, create_organization
from app.organizations.models import Membership, Organization
from app.overview.actions import note_look
from app.pages.finding import read_pages
from app.pages.models import Page
from app.pages.zones import keep_zones
from app.services.models import Service
from app.services.rollups.actions import roll_up
from app.text.languages import PageLanguage


def create_demo() -> bool:
    """Make the demo organization with its people, its past and its subscribers. Nobody is told of any of it.

    A second call changes nothing, and goes on where a first one was cut off.

    Returns:
        Whether there was something to do.
    """
    now = clock.now()
    people = ensure_people(settings.oidc_issuer, now)
    organization_id = _ensure_organization(people[MARA])
    if organization_id is None:
        return False
    ensure_memberships(organization_id, people, now)
    written = _write_past(organization_id, people, now)
    ensure_remembered(organization_id, people)
    _plan_recurring_work(organization_id, people[MARA], now)
    _announce(organization_id, people[MARA], now)
    _keep_texts(organization_id, people[MARA])
    _settle_page(organization_id, people[MARA])
    keep_zones()
    roll_up(organization_id, TIME_ZONE)
    return written


def _ensure_organization(founder: Colleague) -> UUID | None:
    """The demo organization; None when its address belongs to somebody else."""
    with system_scope("the demo looks whether its address is taken") as scope:
        found = scope.session.execute(
            select(Organization.id, Membership.user_id)
            .outerjoin(
                Membership,
                (Membership.organization_id == Organization.id) & (Membership.user_id == founder.user_id),
            )
            .where(Organization.slug == SLUG)
        ).one_or_none()
    if found is not None:
        organization_id, member = found
        return organization_id if member is not None else None
    new = NewOrganization(NAME, SLUG, TIME_ZONE.key)
    return create_organization(new, user_id=founder.user_id, user_name=founder.name).id


def _write_past(organization_id: UUID, people: Mapping[str, Colleague], now: datetime) -> bool:
    with organization_scope(Actor.worker(organization_id)) as scope:
        # Two who make the demo at once: the second waits here and finds it made.
        scope.session.execute(select(func.pg_advisory_xact_lock(organization_id.int & 0x7FFF_FFFF_FFFF_FFFF)))
        services = scope.session.scalar(select(func.count()).where(Service.organization_id == organization_id))
        if services:
            return False
        Past(scope, people, now, read_pages(scope)[0].page_id).write()
        event = scope.emit("demo.filled", {})
        event.dispatched_at = now
    return True


def _plan_recurring_work(organization_id: UUID, planner: Colleague, now: datetime) -> None:
    """As the dashboard would. The form's id is the organization's, so that a second call plans nothing."""
    by = Actor(organization_id, ActorRole.ADMIN, planner.user_id, planner.name)
    with organization_scope(by, read_only=True) as scope:
        services = scope.session.scalars(
            select(Service.id).where(
                Service.organization_id == organization_id, Service.name.in_(RECURRING_WORK.services)
            )
        ).all()
    day = now.astimezone(TIME_ZONE).date() + timedelta(days=RECURRING_WORK.days)
    starts_at = datetime.combine(day, RECURRING_WORK.at, TIME_ZONE).astimezone(UTC)
    details = MaintenanceDetails(
        title=RECURRING_WORK.title,
        message=RECURRING_WORK.message,
        starts_at=starts_at,
        ends_at=starts_at + RECURRING_WORK.length,
        service_ids=services,
        notify=False,
    )
    rule = RECURS.format(weekday=f"{day:%A}"[:2].upper())
    create_series(details, rule, TIME_ZONE, announce=False, form_id=organization_id, by=by)


def _announce(organization_id: UUID, writer: Colleague, now: datetime) -> None:
    """Likewise: a second call announces nothing."""
    by = Actor(organization_id, ActorRole.ADMIN, writer.user_id, writer.name)
    details = AnnouncementDetails(
        ANNOUNCED.title, ANNOUNCED.message, ends_at=now + ANNOUNCED.lasts, translations=ANNOUNCED_TOO
    )
    announce(details, form_id=organization_id, by=by)


def _keep_texts(organization_id: UUID, writer: Colleague) -> None:
    """Have the texts at hand that a team writes in calm hours; those that are there already stay as they are."""
    by = Actor(organization_id, ActorRole.ADMIN, writer.user_id, writer.name)
    with organization_scope(by, read_only=True) as scope:
        names = scope.session.scalars(
            select(MessageTemplate.name).where(MessageTemplate.organization_id == organization_id)
        ).all()
    for details in TEXTS:
        if details.name not in names:
            create_template(details, by=by)


def _settle_page(organization_id: UUID, founder: Colleague) -> None:
    """Have the page as a team has it that knows it for long; nobody has to learn of it, and twice is once."""
    by = Actor(organization_id, ActorRole.ADMIN, founder.user_id, founder.name)
    with organization_scope(by) as scope:
        page = scope.lock(Page, read_pages(scope)[0].page_id)
        page.languages = list(PageLanguage)
        page.support_address = SUPPORT
    note_look(by=by)
