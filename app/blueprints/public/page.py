"""The page that visitors see, and what it links to. All of it is the same for everyone, so all of it is cached."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template
from flask.typing import ResponseReturnValue

from app import clock
from app.blueprints.public import blueprint
from app.pages.queries import (
    PageAddress,
    build_page,
    get_day,
    get_incident,
    get_service_history,
    read_revision,
)
from app.web.addresses import open_page, read_day
from app.web.caching import cached, fresh_until, page_fresh_until, shared_read
from app.web.limits import limited_misses

TODAY_FRESHNESS = timedelta(seconds=30)
"""Today's detail grows by the minute."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What the frame of a page shows, where the whole `PageView` would be more work than the page itself."""

    slug: str
    name: str
    time_zone: ZoneInfo
    built_at: datetime

    @property
    def today(self) -> date:
        return self.built_at.astimezone(self.time_zone).date()


def frame_of(page: PageAddress) -> Frame:
    return Frame(page.slug, page.name, page.time_zone, clock.now())


@blueprint.get("/<slug>")
@shared_read
def show_page(slug: str) -> Response:
    page = build_page(open_page(slug))
    html = render_template("public/page.html", page=page)
    notice = render_template("public/_stale.html", page=page)
    until = page_fresh_until(page)
    return cached(make_response(html), page.organization_id, page.revision, until, stale_notice=notice)


@blueprint.get("/<slug>/")
def show_page_with_slash(slug: str) -> ResponseReturnValue:
    """People type it; the page has one address."""
    page = open_page(slug)
    return "", 308, {"Location": f"/{page.slug}"}


@blueprint.get("/<slug>/incidents/<uuid:incident_id>")
@shared_read
@limited_misses
def show_incident(slug: str, incident_id: UUID) -> Response:
    page = open_page(slug)
    # Before the incident is read: an answer may be newer than the revision it is kept under, never older.
    revision = read_revision(page)
    incident = get_incident(page, incident_id)
    frame = frame_of(page)
    html = render_template("public/incident.html", page=frame, incident=incident)
    notice = render_template("public/_stale.html", page=frame)
    until = fresh_until(frame.built_at, page.time_zone)
    return cached(make_response(html), page.organization_id, revision, until, stale_notice=notice)


@blueprint.get("/<slug>/services/<uuid:service_id>")
@shared_read
@limited_misses
def show_service(slug: str, service_id: UUID) -> Response:
    """A service's last 90 days as rows."""
    page = open_page(slug)
    revision = read_revision(page)
    history = get_service_history(page, service_id)
    frame = frame_of(page)
    html = render_template("public/service.html", page=frame, service=history.service, days=history.days)
    notice = render_template("public/_stale.html", page=frame)
    until = fresh_until(frame.built_at, page.time_zone, [history.service.status])
    return cached(make_response(html), page.organization_id, revision, until, stale_notice=notice)


@blueprint.get("/<slug>/services/<uuid:service_id>/days/<day>")
@shared_read
@limited_misses
def show_day(slug: str, service_id: UUID, day: str) -> Response:
    """One day of a service, as the fragment that a strip of days opens."""
    page = open_page(slug)
    revision = read_revision(page)
    detail = get_day(page.organization_id, page.time_zone, service_id, read_day(day))
    frame = frame_of(page)
    html = render_template("public/_day.html", detail=detail, zone=page.time_zone, home=f"/{page.slug}")
    until = fresh_until(frame.built_at, page.time_zone)
    if detail.day == frame.today:
        until = min(until, frame.built_at + TODAY_FRESHNESS)
    return cached(make_response(html), page.organization_id, revision, until)
