"""What members see first: what needs them now, what everything shows, and what happened lately."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.delivery.queries import LastTold, read_last_told
from app.incidents.models import Incident
from app.incidents.queries import (
    IncidentRow,
    RecentUpdate,
    ResolveTimes,
    read_open,
    read_recent_updates,
    read_resolve_times,
)
from app.maintenance.models import Maintenance
from app.maintenance.queries import MaintenanceRow, read_current
from app.maintenance.rules import OPEN
from app.organizations.views import OrganizationView
from app.pages.models import Page
from app.services.history import Calendar, Change, DayView, SpanView, day_borders, spans, uptime, worst_of_days
from app.services.models import Service
from app.services.queries import RecentChange, ServiceRow, read_catalogue, read_changes, read_recent_changes
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState

STRIP_DAYS = 30
ACTIVITY_LENGTH = 7
SERVICES_NOW = 10


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
    page_slug: str | None
    """The organization's first page."""


@dataclass(frozen=True, slots=True)
class ServiceDays:
    """A service with its last 30 days, oldest first."""

    row: ServiceRow
    days: tuple[DayView, ...]


@dataclass(frozen=True, slots=True)
class OverviewView:
    """All of the overview, of one moment; the same for every member."""

    organization: OrganizationView
    revision: int
    made_at: datetime
    today: date
    open_incidents: tuple[IncidentRow, ...]
    maintenance: tuple[MaintenanceRow, ...]
    """Windows that run, or should."""
    services: tuple[ServiceDays, ...]
    uptime: float | None
    """Of all services together over 30 days: a long outage of one weighs more than a short one of another."""
    resolve_times: ResolveTimes
    last_told: LastTold | None
    activity: tuple[RecentUpdate | RecentChange, ...]

    @property
    def zone(self) -> ZoneInfo:
        return self.organization.zone

    @property
    def services_now(self) -> list[ServiceRow]:
        """As many services as fit, those in trouble before all; in the page's order, so that no row jumps."""
        rows = [service.row for service in self.services]
        shown = sorted(rows, key=lambda row: -row.status.severity)[:SERVICES_NOW]
        return [row for row in rows if row in shown]


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
    first_page = select(Page.slug).where(Page.organization_id == mine).order_by(Page.created_at, Page.id).limit(1)
    with organization_scope(actor, read_only=True) as scope:
        incidents, maintenance, services, subscribers, page_slug = scope.session.execute(
            select(
                opened.scalar_subquery(),
                planned.scalar_subquery(),
                active.scalar_subquery(),
                confirmed.scalar_subquery(),
                first_page.scalar_subquery(),
            )
        ).one()
    return Counts(incidents or 0, maintenance or 0, services or 0, subscribers or 0, page_slug)


def read_overview(organization: OrganizationView) -> OverviewView:
    """Everything that the overview shows: one snapshot, the same number of statements for every organization."""
    now = clock.now()
    zone = organization.zone
    today = now.astimezone(zone).date()
    calendar = day_borders(zone, today, STRIP_DAYS)
    with organization_scope(organization.reader, read_only=True) as scope:
        revision = scope.read_revision()
        catalogue = read_catalogue(scope)
        changes = read_changes(scope, calendar.start)
        open_incidents = read_open(scope)
        maintenance = read_current(scope, now)
        resolve_times = read_resolve_times(scope, now)
        last_told = read_last_told(scope)
        activity = _read_activity(scope)
    windows = {
        service.id: _window(changes.get(service.id, ()), service, calendar, now) for service in catalogue.services
    }
    return OverviewView(
        organization=organization,
        revision=revision,
        made_at=now,
        today=today,
        open_incidents=open_incidents,
        maintenance=maintenance,
        services=tuple(
            ServiceDays(service, worst_of_days(windows[service.id], calendar)) for service in catalogue.services
        ),
        uptime=uptime(chain.from_iterable(windows.values())),
        resolve_times=resolve_times,
        last_told=last_told,
        activity=activity,
    )


def _window(changes: Iterable[Change], service: ServiceRow, calendar: Calendar, now: datetime) -> Sequence[SpanView]:
    return spans(changes, service.created_at, start=calendar.start, end=calendar.end, now=now)


def _read_activity(scope: Scope) -> tuple[RecentUpdate | RecentChange, ...]:
    happened: list[RecentUpdate | RecentChange] = [
        *read_recent_updates(scope, ACTIVITY_LENGTH),
        *read_recent_changes(scope, ACTIVITY_LENGTH),
    ]
    return tuple(sorted(happened, key=lambda one: one.at, reverse=True)[:ACTIVITY_LENGTH])
