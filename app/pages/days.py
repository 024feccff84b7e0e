"""The days of one service: all of them as a list, and one of them opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import NotFound
from app.incidents.models import Incident
from app.maintenance.models import Maintenance
from app.pages.address import PageAddress
from app.pages.affected import incident_touches, window_touches
from app.pages.groups import STRIP_DAYS, make_service_view
from app.pages.months import MONTHS, MonthDays, by_month, month_after, month_before
from app.pages.selection import shows_service
from app.pages.timelines import read_incidents
from app.pages.views import DayDetail, ServiceView
from app.pages.windows import read_maintenance
from app.services.history import Calendar, DayView, day_borders, day_minutes, spans, together, uptime_of, worst_of_days
from app.services.models import Service
from app.services.queries import read_changes
from app.services.rollups.queries import read_lengths
from app.services.rollups.rules import first_day
from app.services.rollups.views import DaysOf
from app.services.rules import ServiceStatus

UPTIME_DAYS = (7, 30, 90, 365)
"""The windows that a service's own page tells its uptime of, each up to now."""

FIRST_DAY = date(1970, 1, 1)
"""Days before it are none that anybody could open: there a zone's midnight may be no instant at all."""


@dataclass(frozen=True, slots=True)
class UptimeView:
    """A service's uptime over so many days, today included; None without data."""

    days: int
    uptime: float | None


@dataclass(frozen=True, slots=True)
class ServiceHistory:
    """One service with each of its days, newest first: what the strip says, for those who read it as a list."""

    service: ServiceView
    days: tuple[tuple[date, ServiceStatus | None, Mapping[ServiceStatus, int]], ...]
    uptimes: tuple[UptimeView, ...]
    months: tuple[MonthDays, ...]
    """The last twelve, or as many as there have been since the service was created; the running one first."""


def get_service_history(page: PageAddress, service_id: UUID) -> ServiceHistory:
    """The last 90 days of a service, day by day, its last twelve months, and its uptime over several windows.

    Raises:
        NotFound: no such service on this page.
    """
    now = clock.now()
    today = now.astimezone(page.time_zone).date()
    begin = min(month_before(today, MONTHS - 1), today - timedelta(days=max(UPTIME_DAYS) - 1))
    calendar = day_borders(page.time_zone, today, (today - begin).days + 1)
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        service = get_shown_service(scope, page, service_id)
        rows = read_lengths(scope, [service], calendar, page.time_zone, now)[service_id]
    weights = page.settings.weights
    beginning = first_day(service.created_at, page.time_zone)
    strip = tuple(DayView(row.day, row.status) for row in rows[-STRIP_DAYS:])
    view = make_service_view(service, DaysOf(strip, together(row.lengths for row in rows[-STRIP_DAYS:])), weights)
    return ServiceHistory(
        service=view,
        days=tuple((row.day, row.status, _faulty_minutes(row.minutes)) for row in reversed(rows[-STRIP_DAYS:])),
        uptimes=tuple(
            UptimeView(days, uptime_of(together(row.lengths for row in rows[-days:]), weights)) for days in UPTIME_DAYS
        ),
        months=tuple(month for month in by_month(rows, weights)[:MONTHS] if month_after(month.month) > beginning),
    )


def get_day(page: PageAddress, service_id: UUID, day: date) -> DayDetail:
    """One day of one service, opened; it begins and ends in the page's zone.

    Raises:
        NotFound: no such service, or the day is neither one of the last 90 nor one since the service was created.
    """
    now = clock.now()
    today = now.astimezone(page.time_zone).date()
    if not FIRST_DAY < day <= today:
        raise NotFound
    calendar = day_borders(page.time_zone, day, 1)
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        service = get_shown_service(scope, page, service_id)
        if day < min(first_day(service.created_at, page.time_zone), today - timedelta(days=STRIP_DAYS - 1)):
            raise NotFound
        changes = read_changes(scope, calendar.start, service_id)[service_id]
        incidents = read_incidents(scope, page, _went_on(calendar, service_id))
        maintenances = read_maintenance(scope, page, _ran(calendar, service_id))
    window = spans(changes, service.created_at, start=calendar.start, end=calendar.end, now=now)
    minutes = day_minutes(window)
    return DayDetail(
        service_id=service.id,
        service_name=service.name,
        day=day,
        status=worst_of_days(window, calendar)[0].status,
        spans=window,
        minutes=tuple(_faulty_minutes(minutes).items()),
        incidents=incidents,
        maintenances=maintenances,
    )


def get_shown_service(scope: Scope, page: PageAddress, service_id: UUID) -> Service:
    """One of the page's services.

    Raises:
        NotFound: it is none, or archived.
    """
    service = scope.session.scalar(
        select(Service).where(
            Service.organization_id == scope.organization_id,
            Service.id == service_id,
            Service.archived_at.is_(None),
            shows_service(page),
        )
    )
    if service is None:
        raise NotFound
    return service


def _went_on(calendar: Calendar, service_id: UUID) -> ColumnElement[bool]:
    """Of an incident: that it touched a service, and was open at some time of these days."""
    return and_(
        Incident.started_at < calendar.end,
        Incident.merged_into_id.is_(None),
        or_(Incident.resolved_at.is_(None), Incident.resolved_at >= calendar.start),
        incident_touches(service_id),
    )


def _ran(calendar: Calendar, service_id: UUID) -> ColumnElement[bool]:
    """Of a window: the same, from its real beginning to its real end."""
    return and_(
        Maintenance.started_at < calendar.end,
        or_(Maintenance.completed_at.is_(None), Maintenance.completed_at >= calendar.start),
        window_touches(service_id),
    )


def _faulty_minutes(minutes: Mapping[ServiceStatus | None, int]) -> dict[ServiceStatus, int]:
    """Minutes of each status but operational and unknown, worst first."""
    loudest_first = sorted(ServiceStatus, key=lambda status: -status.severity)[:-1]
    return {status: minutes[status] for status in loudest_first if status in minutes}
