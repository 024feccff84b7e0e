"""The page that visitors see, and what it links to. All of it is the same for everyone, so all of it is cached."""

from datetime import timedelta
from uuid import UUID

from flask import Response, make_response, render_template
from flask.typing import ResponseReturnValue

from app.blueprints.public import blueprint
from app.blueprints.public.frame import answer_framed, frame_of
from app.blueprints.public.subscribers import can_be_followed
from app.delivery.figures import read_figures
from app.pages.days import get_day, get_service_history
from app.pages.details import get_incident
from app.pages.queries import build_page
from app.web.addresses import open_page, read_day
from app.web.caching import cached, fresh_until, page_fresh_until, shared_read
from app.web.limits import limited_misses

TODAY_FRESHNESS = timedelta(seconds=30)
"""Today's detail grows by the minute."""


@blueprint.get("/<slug>")
@shared_read
def show_page(slug: str) -> Response:
    page = build_page(open_page(slug))
    html = render_template("public/page.html", page=page)
    notice = render_template("public/_stale.html", page=page)
    updated = render_template("public/_updated.html", page=page)
    until = page_fresh_until(page)
    return cached(make_response(html), page.address, until, stale_notice=notice, passing=[updated])


@blueprint.get("/<slug>/")
@limited_misses
def show_page_with_slash(slug: str) -> ResponseReturnValue:
    """People type it; the page has one address."""
    page = open_page(slug)
    return "", 308, {"Location": page.home}


@blueprint.get("/<slug>/incidents/<uuid:incident_id>")
@shared_read
@limited_misses
def show_incident(slug: str, incident_id: UUID) -> Response:
    page = open_page(slug)
    incident = get_incident(page, incident_id)
    can_follow = can_be_followed(incident)
    figures = read_figures(page, incident_id)
    return answer_framed("public/incident.html", page, incident=incident, can_follow=can_follow, figures=figures)


@blueprint.get("/<slug>/services/<uuid:service_id>")
@shared_read
@limited_misses
def show_service(slug: str, service_id: UUID) -> Response:
    """A service's last 90 days as rows, its last months, and its uptime."""
    page = open_page(slug)
    history = get_service_history(page, service_id)
    service, days = history.service, history.days
    return answer_framed(
        "public/service.html", page, statuses=[service.status], service=service, days=days, history=history
    )


@blueprint.get("/<slug>/services/<uuid:service_id>/days/<day>")
@shared_read
@limited_misses
def show_day(slug: str, service_id: UUID, day: str) -> Response:
    """One day of a service, as the fragment that a strip of days opens."""
    page = open_page(slug)
    detail = get_day(page, service_id, read_day(day))
    frame = frame_of(page)
    html = render_template("public/_day.html", detail=detail, zone=page.time_zone, home=page.home)
    until = fresh_until(frame.built_at, page.time_zone)
    if detail.day == frame.today:
        until = min(until, frame.built_at + TODAY_FRESHNESS)
    return cached(make_response(html), page, until)
