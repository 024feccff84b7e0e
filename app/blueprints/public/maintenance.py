"""Planned maintenance: each window's page, and all of them for calendar programs."""

from collections.abc import Iterable
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response

from app import clock
from app.blueprints.public import blueprint
from app.blueprints.public.frame import answer_framed
from app.delivery.figures import read_figures
from app.maintenance.calendar import CONTENT_TYPE, CalendarFrame, CalendarWindow, write_calendar
from app.pages.address import PageAddress
from app.pages.details import get_maintenance, list_maintenance
from app.pages.views import MaintenanceView
from app.web.addresses import open_page
from app.web.caching import cached, fresh_until, shared_read
from app.web.limits import limited_misses


@blueprint.get("/<slug>/maintenance/<uuid:maintenance_id>")
@shared_read
@limited_misses
def show_maintenance(slug: str, maintenance_id: UUID) -> Response:
    page = open_page(slug)
    maintenance, figures = get_maintenance(page, maintenance_id), read_figures(page, maintenance_id)
    return answer_framed("public/maintenance.html", page, maintenance=maintenance, figures=figures)


@blueprint.get("/<slug>/maintenance.ics")
@shared_read
@limited_misses
def show_calendar(slug: str) -> Response:
    """All windows, for a program that listens to changes."""
    page = open_page(slug)
    return _calendar(page, list_maintenance(page))


@blueprint.get("/<slug>/maintenance/<uuid:maintenance_id>.ics")
@shared_read
@limited_misses
def show_window_calendar(slug: str, maintenance_id: UUID) -> Response:
    """One window, to put into a calendar. It has the id that it has among all, so that it is there only once."""
    page = open_page(slug)
    return _calendar(page, [get_maintenance(page, maintenance_id)])


def _calendar(page: PageAddress, windows: Iterable[MaintenanceView]) -> Response:
    host = urlsplit(page.url).hostname or ""
    frame = CalendarFrame(page.name, page.url, host, page.time_zone)
    feed = write_calendar(frame, (_entry(page, window) for window in windows))
    response = Response(feed, content_type=CONTENT_TYPE)
    return cached(response, page, fresh_until(clock.now(), page.time_zone))


def _entry(page: PageAddress, window: MaintenanceView) -> CalendarWindow:
    """What is planned; of what is over, when it really was."""
    is_over = window.completed_at is not None
    return CalendarWindow(
        id=window.id,
        title=window.title,
        text=window.text,
        services=tuple(service.name for service in window.affected),
        starts_at=window.started_at if is_over and window.started_at else window.starts_at,
        ends_at=window.completed_at or window.ends_at,
        is_cancelled=window.cancelled_at is not None,
        version=window.version,
        created_at=window.created_at,
        changed_at=window.changed_at,
        address=f"{page.url}/maintenance/{window.id}",
    )
