"""The files of a page's look: logos, favicon, style sheet. Their names say what is in them, so they are kept for ever.

A drawing that somebody opens by itself is no page of ours: nothing in it runs, and it loads nothing.
"""

from flask import Response, request

from app import clock
from app.assets import KEEP_FOR_EVER
from app.blueprints.public import blueprint
from app.pages.look.files import get_file
from app.web.addresses import open_page
from app.web.caching import cached, fresh_until, shared_read
from app.web.limits import limited_misses

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@blueprint.get("/<slug>/logo-<rest>")
@blueprint.get("/<slug>/favicon-<rest>")
@blueprint.get("/<slug>/style-<rest>")
@shared_read
@limited_misses
def show_file(slug: str, rest: str) -> Response:
    page = open_page(slug)
    file = get_file(page, request.path.rpartition("/")[2])
    response = Response(file.content, mimetype=file.media_type)
    response.headers["Content-Security-Policy"] = POLICY
    answer = cached(response, page, fresh_until(clock.now(), page.time_zone))
    answer.headers["Cache-Control"] = KEEP_FOR_EVER
    return answer
