"""The page that visitors see, read in a fixed handful of statements however long its history is."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import and_, or_, select

from app import clock
from app.announcements.models import Announcement
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.incidents.models import Incident
from app.maintenance.rules import OPEN
from app.pages.address import PageAddress
from app.pages.groups import STRIP_DAYS, fold, read_services
from app.pages.rules import overall
from app.pages.timelines import read_incidents
from app.pages.views import AnnouncementView, IncidentView, MaintenanceView, PageView, PastDay
from app.pages.windows import read_maintenance, shown_on_page
from app.services.history import day_borders
from app.services.rollups.queries import read_days
from app.text.plain import plain_text
from app.translated.queries import translation_of


def build_page(page: PageAddress) -> PageView:
    """Everything that the page shows, of one moment: one snapshot, the same number of statements for every page."""
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        return read_page(scope, page)


def read_page(scope: Scope, page: PageAddress) -> PageView:
    """The same in a scope that is open: what it has not committed yet is shown, too."""
    now = clock.now()
    today = now.astimezone(page.time_zone).date()
    calendar = day_borders(page.time_zone, today, STRIP_DAYS)
    revision, services = read_services(scope, page)
    days = read_days(scope, [one.service for one in services], calendar, page.time_zone, now)
    since = day_borders(page.time_zone, today, page.settings.past_days).start
    # A duplicate is told of by the incident that it was merged into.
    lately = and_(Incident.started_at >= since, Incident.merged_into_id.is_(None))
    still_shown = or_(Incident.resolved_at.is_(None), lately)
    incidents = read_incidents(scope, page, still_shown)
    windows = read_maintenance(scope, page, shown_on_page(scope, page, now, since))
    announcements = _read_announcements(scope, page, now)
    maintenances = tuple(window for window in windows if window.stage in OPEN)
    active = tuple(incident for incident in incidents if incident.resolved_at is None)
    groups = fold(services, days, page.settings.weights)
    shown = [service for group in groups for service in group.all_services]
    return PageView(
        address=page,
        revision=revision,
        built_at=now,
        today=today,
        overall=overall(shown, active, [window for window in maintenances if window.running]),
        groups=groups,
        active_incidents=active,
        maintenances=tuple(sorted(maintenances, key=lambda window: not window.running)),
        past_days=_past_days(incidents, windows, page, today),
        announcements=announcements,
    )


def _read_announcements(scope: Scope, page: PageAddress, now: datetime) -> tuple[AnnouncementView, ...]:
    """Those that are shown at `now`, the loudest first. The clock raises the revision when one begins or ends."""
    said, is_said = translation_of(Announcement.id, Announcement.organization_id, page.spoken)
    rows = scope.session.execute(
        select(Announcement, said.title, said.html)
        .outerjoin(said, is_said)
        .where(
            Announcement.organization_id == scope.organization_id,
            Announcement.published_at.is_not(None),
            Announcement.removed_at.is_(None),
            or_(Announcement.page_id.is_(None), Announcement.page_id == page.page_id),
            or_(Announcement.ends_at.is_(None), Announcement.ends_at > now),
        )
        .order_by(Announcement.begins_at.desc(), Announcement.id.desc())
    )
    views = [
        AnnouncementView(
            row.id,
            row.level,
            title or row.title,
            html or row.html,
            plain_text(html or row.html),
            row.begins_at,
            row.ends_at,
            row.edited_at,
            None if html else page.language,
        )
        for row, title, html in rows
    ]
    return tuple(sorted(views, key=lambda view: -view.level.loudness))


def _past_days(
    incidents: Iterable[IncidentView], windows: Iterable[MaintenanceView], page: PageAddress, today: date
) -> tuple[PastDay, ...]:
    """The last days, newest first, each with what began on it and is over; quiet days are there too."""
    zone = page.time_zone
    resolved: dict[date, list[IncidentView]] = defaultdict(list)
    for incident in incidents:
        if incident.resolved_at is not None:
            resolved[incident.started_at.astimezone(zone).date()].append(incident)
    completed: dict[date, list[MaintenanceView]] = defaultdict(list)
    for window in windows:
        if window.completed_at is not None:
            began_at = window.started_at or window.starts_at
            completed[began_at.astimezone(zone).date()].insert(0, window)
    days = (today - timedelta(days=number) for number in range(page.settings.past_days))
    return tuple(PastDay(day, tuple(resolved.get(day, ())), tuple(completed.get(day, ()))) for day in days)
