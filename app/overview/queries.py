"""What members see first: what needs them now, what everything shows, and what happened lately."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Exists, exists, func, or_, select

from app import clock
from app.audit.activity import ActivityDay, ActivityRow, by_day, read_activity
from app.database.actor import Actor, ActorRole
from app.database.scope import Scope, organization_scope
from app.delivery.queries import LastTold, read_last_told
from app.incidents.models import Incident, IncidentDraft
from app.incidents.queries import IncidentRow, ResolveTimes, read_resolve_times
from app.maintenance.models import Maintenance
from app.maintenance.rules import OPEN
from app.organizations.models import Membership
from app.organizations.rules import Role
from app.organizations.views import OrganizationView
from app.overview.attention import Attention, next_turn, read_attention
from app.overview.models import FirstSteps
from app.overview.steps import Step, Steps
from app.pages.address import PageAddress
from app.pages.finding import read_pages, url_column
from app.pages.models import Page
from app.pages.settings import DEFAULT_SETTINGS
from app.services.history import DayView, day_borders, start_of_day, together, uptime_of
from app.services.models import Service
from app.services.queries import ServiceRow, read_catalogue
from app.services.rollups.queries import read_days
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState
from app.teams.models import Invitation

STRIP_DAYS = 30
ACTIVITY_LENGTH = 8
SERVICES_NOW = 10
LOOK_AGAIN = timedelta(minutes=1)
"""So old what is shown may become for a change that no revision tells of."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers beside the dashboard's sections."""

    incidents: int
    """Open ones."""
    maintenance: int
    """Windows that run or are to come; a series counts once."""
    services: int
    subscribers: int
    """Confirmed ones."""
    page_url: str | None
    """Where visitors see the organization's first page."""


@dataclass(frozen=True, slots=True)
class ServiceDays:
    """A service with its last 30 days, oldest first."""

    row: ServiceRow
    days: tuple[DayView, ...]


@dataclass(frozen=True, slots=True)
class OverviewView:
    """All of the overview, of one moment; the same for every member of one role."""

    organization: OrganizationView
    role: Role
    revision: int
    made_at: datetime
    today: date
    attention: Attention
    services: tuple[ServiceDays, ...]
    uptime: float | None
    """Of all services together over 30 days: a long outage of one weighs more than a short one of another."""
    resolve_times: ResolveTimes
    last_told: LastTold | None
    activity: tuple[ActivityRow, ...]
    steps: Steps
    page: PageAddress | None
    """The organization's first."""

    @property
    def zone(self) -> ZoneInfo:
        return self.organization.zone

    @property
    def open_incidents(self) -> tuple[IncidentRow, ...]:
        return self.attention.incidents

    @property
    def services_now(self) -> list[ServiceRow]:
        """As many services as fit, those in trouble before all; in the page's order, so that no row jumps."""
        rows = [service.row for service in self.services]
        shown = sorted(rows, key=lambda row: -row.status.severity)[:SERVICES_NOW]
        return [row for row in rows if row in shown]

    def activity_by_day(self, zone: ZoneInfo) -> tuple[ActivityDay, ...]:
        """What happened lately, under the days of the reader."""
        return by_day(self.activity, zone)

    def turns_at(self, zone: ZoneInfo) -> datetime:
        """When it is to be made again though no revision says so: at the next day of the organization or the reader, or
        when something comes due; and each minute, for what raises no revision (a mail that failed, an invitation)."""
        turns = [self.made_at + LOOK_AGAIN, next_turn(self.attention, self.made_at)]
        turns += [_tomorrow(one, self.made_at) for one in (self.zone, zone)]
        return min(at for at in turns if at is not None)


def read_counts(actor: Actor) -> Counts:
    """The frame's numbers, in one statement."""
    mine = actor.organization_id
    opened = (
        select(func.count())
        .select_from(Incident)
        .where(Incident.organization_id == mine, Incident.resolved_at.is_(None), Incident.deleted_at.is_(None))
    )
    planned = select(func.count(func.distinct(func.coalesce(Maintenance.series_id, Maintenance.id)))).where(
        Maintenance.organization_id == mine, Maintenance.stage.in_(OPEN)
    )
    active = (
        select(func.count()).select_from(Service).where(Service.organization_id == mine, Service.archived_at.is_(None))
    )
    confirmed = (
        select(func.count())
        .select_from(Subscriber)
        .where(Subscriber.organization_id == mine, Subscriber.state == SubscriberState.CONFIRMED)
    )
    first_page = select(url_column()).where(Page.organization_id == mine).order_by(Page.created_at, Page.id).limit(1)
    with organization_scope(actor, read_only=True) as scope:
        incidents, maintenance, services, subscribers, page_url = scope.session.execute(
            select(
                opened.scalar_subquery(),
                planned.scalar_subquery(),
                active.scalar_subquery(),
                confirmed.scalar_subquery(),
                first_page.scalar_subquery(),
            )
        ).one()
    return Counts(incidents or 0, maintenance or 0, services or 0, subscribers or 0, page_url)


def read_overview(organization: OrganizationView, role: Role = Role.VIEWER) -> OverviewView:
    """Everything that the overview shows: one snapshot, the same number of statements for every organization."""
    now = clock.now()
    zone = organization.zone
    today = now.astimezone(zone).date()
    calendar = day_borders(zone, today, STRIP_DAYS)
    reader = replace(organization.reader, role=ActorRole(role.value))
    with organization_scope(reader, read_only=True) as scope:
        revision = scope.read_revision()
        catalogue = read_catalogue(scope)
        days = read_days(scope, list(catalogue.services), calendar, zone, now)
        attention = read_attention(scope, role, now)
        resolve_times = read_resolve_times(scope, now)
        last_told = read_last_told(scope)
        activity = read_activity(scope, ACTIVITY_LENGTH)
        steps, page = _read_steps(scope)
    return OverviewView(
        organization=organization,
        role=role,
        revision=revision,
        made_at=now,
        today=today,
        attention=attention,
        services=tuple(ServiceDays(service, days[service.id].days) for service in catalogue.services),
        uptime=uptime_of(together(one.lengths for one in days.values())),
        resolve_times=resolve_times,
        last_told=last_told,
        activity=activity.rows,
        steps=steps,
        page=page,
    )


def _tomorrow(zone: ZoneInfo, now: datetime) -> datetime:
    return start_of_day(zone, now.astimezone(zone).date() + timedelta(days=1))


def _read_steps(scope: Scope) -> tuple[Steps, PageAddress | None]:
    """The first steps, ticked off by what is there; and the first page. Two statements."""
    mine = scope.organization_id
    members = select(func.count()).select_from(Membership).where(Membership.organization_id == mine)
    noted = select(FirstSteps).where(FirstSteps.organization_id == mine)
    service, colleague, incident, subscriber, looked_at, hidden_at = scope.session.execute(
        select(
            _any(Service, mine),
            or_(members.scalar_subquery() > 1, _any(Invitation, mine)),
            or_(_any(Incident, mine), _any(IncidentDraft, mine)),
            _any(Subscriber, mine),
            noted.with_only_columns(FirstSteps.looked_at).scalar_subquery(),
            noted.with_only_columns(FirstSteps.hidden_at).scalar_subquery(),
        )
    ).one()
    pages = read_pages(scope)
    done = {
        Step.SERVICE: service,
        Step.PAGE: looked_at is not None,
        Step.LOOK: any(page.settings != DEFAULT_SETTINGS for page in pages),
        Step.COLLEAGUE: colleague,
        Step.INCIDENT: incident,
        Step.SUBSCRIBER: subscriber,
    }
    return Steps(done, hidden_at is not None), next(iter(pages), None)


def _any(table: type[Service | Invitation | Incident | IncidentDraft | Subscriber], mine: UUID) -> Exists:
    return exists().where(table.organization_id == mine)
