"""`GET /api/<slug>/status`: for other people's dashboards, bots and scripts, from any site."""

from flask import Response, json

from app.blueprints.api import blueprint
from app.blueprints.api.documents import status_document
from app.pages.queries import build_page
from app.web.addresses import open_page
from app.web.caching import cached, page_fresh_until, shared_read

PREFLIGHT_SECONDS = 86_400


@blueprint.get("/<slug>/status", provide_automatic_options=False)
@shared_read
def show_status(slug: str) -> Response:
    page = build_page(open_page(slug))
    document = status_document(page)
    text = json.dumps(document, sort_keys=False, ensure_ascii=False)
    response = Response(text + "\n", mimetype="application/json")
    response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
    updated = f'"updated_at": "{document["updated_at"]}"'
    return cached(response, page.address, page_fresh_until(page), passing=[updated])


@blueprint.route("/<slug>/status", methods=["OPTIONS"])
def allow_everybody(slug: str) -> Response:
    """A browser asks before it sends `If-None-Match` from another site (Fetch §3.2.2). It need not know the page."""
    response = Response(status=204)
    response.headers["Allow"] = "GET, HEAD, OPTIONS"
    response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
    response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response
