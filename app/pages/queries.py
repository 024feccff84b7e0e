"""What a visitor may see of an organization, read in a fixed handful of statements however long its history is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select

from app import clock
from app.announcements.models import Announcement
from app.database.actor import Actor
from app.database.outbox import Revision
from app.database.scope import Scope, organization_scope
from app.errors import NotFound
from app.incidents.models import Incident, IncidentService
from app.incidents.neighbours import read_neighbours
from app.incidents.postmortems.queries import find_postmortem
from app.incidents.relations import find_target, read_duplicates
from app.maintenance.models import Maintenance, MaintenanceService
from app.maintenance.rules import OPEN
from app.pages.rules import overall
from app.pages.selection import shows_incident, shows_maintenance, shows_service
from app.pages.timelines import (
    read_incidents,
    read_incidents_and_maintenance,
    read_maintenance,
    shown_on_page,
)
from app.pages.views import (
    AnnouncementView,
    DayDetail,
    GroupView,
    IncidentView,
    MaintenanceView,
    PageAddress,
    PageView,
    PastDay,
    ServiceView,
)
from app.services.history import (
    Calendar,
    Change,
    day_borders,
    day_minutes,
    spans,
    uptime,
    worst_of_days,
)
from app.services.models import Service, ServiceGroup
from app.services.queries import read_changes
from app.services.rules import ServiceStatus, worst
from app.text.plain import plain_text

STRIP_DAYS = 90
PAST_DAYS = 14
CALENDAR_PAST = timedelta(days=90)
"""How long windows stay in the calendar after their end. A cancelled one must stay until all programs have seen it."""
MOST_IN_CALENDAR = 1_000


def read_revision(page: PageAddress) -> int:
    """The organization's revision at this moment. Read it before what is kept under it, never after."""
    with organization_scope(Actor.visitor(page.organization_id)) as scope:
        return scope.read_revision()


def build_page(page: PageAddress) -> PageView:
    """Everything that the page shows, of one moment: one snapshot, the same number of statements for every page."""
    now = clock.now()
    today = now.astimezone(page.time_zone).date()
    calendar = day_borders(page.time_zone, today, STRIP_DAYS)
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        revision, rows = _read_services(scope, page)
        changes = read_changes(scope, calendar.start)
        since = day_borders(page.time_zone, today, PAST_DAYS).start
        # A duplicate is told of by the incident that it was merged into.
        lately = and_(Incident.started_at >= since, Incident.merged_into_id.is_(None))
        still_shown = or_(Incident.resolved_at.is_(None), lately)
        incidents, windows = read_incidents_and_maintenance(
            scope, page, still_shown, shown_on_page(scope, page, now, since)
        )
        announcements = _read_announcements(scope, now)
    maintenances = tuple(window for window in windows if window.stage in OPEN)
    active = tuple(incident for incident in incidents if incident.resolved_at is None)
    groups = _group_services(rows, changes, calendar, now)
    shown = [service for group in groups for service in group.services]
    return PageView(
        address=page,
        revision=revision,
        built_at=now,
        today=today,
        overall=overall(shown, active, [window for window in maintenances if window.running]),
        groups=groups,
        active_incidents=active,
        maintenances=tuple(sorted(maintenances, key=lambda window: not window.running)),
        past_days=_past_days(incidents, windows, today, page.time_zone),
        announcements=announcements,
    )


def get_incident(page: PageAddress, incident_id: UUID) -> IncidentView:
    """One incident with its whole timeline, and what can be read from there on.

    Raises:
        NotFound: no such incident on this page, or it was deleted.
    """
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        incidents = read_incidents(scope, page, Incident.id == incident_id)
        if not incidents:
            raise NotFound
        incident = incidents[0]
        postmortem = find_postmortem(scope, incident_id)
        row = scope.get(Incident, incident_id)
        told = shows_incident(page)
        return replace(
            incident,
            merged_into=find_target(scope, row, told),
            merged_from=read_duplicates(scope, incident_id, told),
            neighbours=read_neighbours(scope, incident.started_at, incident_id, told),
            postmortem_at=postmortem.published_at if postmortem else None,
        )


def get_maintenance(page: PageAddress, maintenance_id: UUID) -> MaintenanceView:
    """One window with all that was said of it, in whatever stage it is.

    Raises:
        NotFound: no such window on this page.
    """
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        windows = read_maintenance(scope, page, Maintenance.id == maintenance_id)
    if not windows:
        raise NotFound
    return windows[0]


def list_maintenance(page: PageAddress) -> tuple[MaintenanceView, ...]:
    """Windows still to come, and those of the last weeks with what became of them, soonest first: for the calendar.

    Where there are more than a calendar program should be sent, the earliest are left out.
    """
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        latest = (
            select(Maintenance.id)
            .where(
                Maintenance.organization_id == page.organization_id,
                or_(Maintenance.stage.in_(OPEN), Maintenance.ends_at > clock.now() - CALENDAR_PAST),
                shows_maintenance(page),
            )
            .order_by(Maintenance.starts_at.desc(), Maintenance.id.desc())
            .limit(MOST_IN_CALENDAR)
        )
        return read_maintenance(scope, page, Maintenance.id.in_(latest))


@dataclass(frozen=True, slots=True)
class ServiceHistory:
    """One service with each of its days, newest first: what the strip says, for those who read it as a list."""

    service: ServiceView
    days: tuple[tuple[date, ServiceStatus | None, Mapping[ServiceStatus, int]], ...]


def get_service_history(page: PageAddress, service_id: UUID) -> ServiceHistory:
    """The last 90 days of a service, day by day.

    Raises:
        NotFound: no such service on this page.
    """
    now = clock.now()
    calendar = day_borders(page.time_zone, now.astimezone(page.time_zone).date(), STRIP_DAYS)
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        service = _get_service(scope, page, service_id)
        changes = read_changes(scope, calendar.start, service_id)[service_id]
    view = _service_view(service, changes, calendar, now)
    days = []
    for number, day in enumerate(view.days):
        start, end = calendar.borders[number], calendar.borders[number + 1]
        of_day = spans(changes, service.created_at, start=start, end=end, now=now)
        days.append((day.day, day.status, _faulty_minutes(day_minutes(of_day))))
    return ServiceHistory(view, tuple(reversed(days)))


def get_day(page: PageAddress, service_id: UUID, day: date) -> DayDetail:
    """One day of one service, opened; it begins and ends in the page's zone.

    Raises:
        NotFound: no such service, or the day is not one of the last 90.
    """
    now = clock.now()
    today = now.astimezone(page.time_zone).date()
    if not today - timedelta(days=STRIP_DAYS) < day <= today:
        raise NotFound
    calendar = day_borders(page.time_zone, day, 1)
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        service = _get_service(scope, page, service_id)
        changes = read_changes(scope, calendar.start, service_id)[service_id]
        touching = and_(
            Incident.started_at < calendar.end,
            Incident.merged_into_id.is_(None),
            or_(Incident.resolved_at.is_(None), Incident.resolved_at >= calendar.start),
            select(IncidentService.service_id)
            .where(
                IncidentService.organization_id == Incident.organization_id,
                IncidentService.incident_id == Incident.id,
                IncidentService.service_id == service_id,
            )
            .exists(),
        )
        ran = and_(
            Maintenance.started_at < calendar.end,
            or_(Maintenance.completed_at.is_(None), Maintenance.completed_at >= calendar.start),
            select(MaintenanceService.service_id)
            .where(
                MaintenanceService.organization_id == Maintenance.organization_id,
                MaintenanceService.maintenance_id == Maintenance.id,
                MaintenanceService.service_id == service_id,
            )
            .exists(),
        )
        incidents, maintenances = read_incidents_and_maintenance(scope, page, touching, ran)
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


def _read_announcements(scope: Scope, now: datetime) -> tuple[AnnouncementView, ...]:
    """Those that are shown at `now`, the loudest first. The clock raises the revision when one begins or ends."""
    rows = scope.session.scalars(
        select(Announcement)
        .where(
            Announcement.organization_id == scope.organization_id,
            Announcement.published_at.is_not(None),
            Announcement.removed_at.is_(None),
            or_(Announcement.ends_at.is_(None), Announcement.ends_at > now),
        )
        .order_by(Announcement.begins_at.desc(), Announcement.id.desc())
    )
    views = [
        AnnouncementView(
            row.id, row.level, row.title, row.html, plain_text(row.html), row.begins_at, row.ends_at, row.edited_at
        )
        for row in rows
    ]
    return tuple(sorted(views, key=lambda view: -view.level.loudness))


def _read_services(scope: Scope, page: PageAddress) -> tuple[int, list[tuple[Service, ServiceGroup | None]]]:
    """The revision and, in the page's order, the services with their groups. One statement: it also finds nothing."""
    mine = scope.organization_id
    rows = scope.session.execute(
        select(Revision.number, Service, ServiceGroup)
        .select_from(Revision)
        .outerjoin(Service, and_(Service.organization_id == mine, Service.archived_at.is_(None), shows_service(page)))
        .outerjoin(ServiceGroup, and_(ServiceGroup.organization_id == mine, ServiceGroup.id == Service.group_id))
        .where(Revision.organization_id == mine)
        .order_by(ServiceGroup.position.nulls_first(), ServiceGroup.id.nulls_first(), Service.position, Service.id)
    ).all()
    if not rows:
        raise NotFound
    return rows[0][0], [(service, group) for _, service, group in rows if service is not None]


def _get_service(scope: Scope, page: PageAddress, service_id: UUID) -> Service:
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


def _service_view(service: Service, changes: Sequence[Change], calendar: Calendar, now: datetime) -> ServiceView:
    window = spans(changes, service.created_at, start=calendar.start, end=calendar.end, now=now)
    return ServiceView(
        id=service.id,
        name=service.name,
        description=service.description,
        status=service.status,
        since=service.status_since,
        days=worst_of_days(window, calendar),
        uptime=uptime(window),
    )


def _group_services(
    rows: Sequence[tuple[Service, ServiceGroup | None]],
    changes: Mapping[UUID, Sequence[Change]],
    calendar: Calendar,
    now: datetime,
) -> tuple[GroupView, ...]:
    """Services that follow each other with the same group fold together; those without one come first."""
    grouped: dict[UUID | None, tuple[str | None, list[ServiceView]]] = {}
    for service, group in rows:
        name = group.name if group else None
        _, members = grouped.setdefault(service.group_id if group else None, (name, []))
        members.append(_service_view(service, changes.get(service.id, ()), calendar, now))
    return tuple(
        GroupView(group_id, name, worst(service.status for service in members), tuple(members))
        for group_id, (name, members) in grouped.items()
    )


def _past_days(
    incidents: Iterable[IncidentView], windows: Iterable[MaintenanceView], today: date, zone: ZoneInfo
) -> tuple[PastDay, ...]:
    """The last days, newest first, each with what began on it and is over; quiet days are there too."""
    resolved: dict[date, list[IncidentView]] = defaultdict(list)
    for incident in incidents:
        if incident.resolved_at is not None:
            resolved[incident.started_at.astimezone(zone).date()].append(incident)
    completed: dict[date, list[MaintenanceView]] = defaultdict(list)
    for window in windows:
        if window.completed_at is not None:
            began_at = window.started_at or window.starts_at
            completed[began_at.astimezone(zone).date()].insert(0, window)
    days = (today - timedelta(days=number) for number in range(PAST_DAYS))
    return tuple(PastDay(day, tuple(resolved.get(day, ())), tuple(completed.get(day, ()))) for day in days)


def _faulty_minutes(minutes: Mapping[ServiceStatus | None, int]) -> dict[ServiceStatus, int]:
    """Minutes of each status but operational and unknown, worst first."""
    loudest_first = sorted(ServiceStatus, key=lambda status: -status.severity)[:-1]
    return {status: minutes[status] for status in loudest_first if status in minutes}
