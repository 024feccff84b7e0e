"""Badges: what a page, or one of its services, shows right now, as a picture for other sites."""

from uuid import UUID

from flask import Response, render_template

from app.blueprints.public import blueprint
from app.blueprints.public.files import POLICY
from app.errors import NotFound
from app.pages.queries import build_page
from app.pages.views import PageView, ServiceView
from app.web.addresses import open_page
from app.web.caching import cached, page_fresh_until, shared_read
from app.web.limits import limited_misses


@blueprint.get("/<slug>/badge.svg")
@shared_read
@limited_misses
def show_badge(slug: str) -> Response:
    """The page's headline."""
    return _picture(build_page(open_page(slug)))


@blueprint.get("/<slug>/services/<uuid:service_id>/badge.svg")
@shared_read
@limited_misses
def show_service_badge(slug: str, service_id: UUID) -> Response:
    """A service's status, and its uptime where the page shows that."""
    page = build_page(open_page(slug))
    service = page.find_service(service_id)
    if service is None:
        raise NotFound
    return _picture(page, service)


def _picture(page: PageView, service: ServiceView | None = None) -> Response:
    response = Response(render_template("public/badge.svg", page=page, service=service), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = POLICY
    return cached(response, page.address, page_fresh_until(page))
