"""What was learned from an incident, on a page of its own. The same for everyone, so it is cached."""

from uuid import UUID

from flask import Response

from app.blueprints.public import blueprint
from app.blueprints.public.frame import answer_framed
from app.pages.postmortems import get_postmortem
from app.web.addresses import open_page
from app.web.caching import shared_read
from app.web.limits import limited_misses


@blueprint.get("/<slug>/incidents/<uuid:incident_id>/postmortem")
@shared_read
@limited_misses
def show_postmortem(slug: str, incident_id: UUID) -> Response:
    page = open_page(slug)
    return answer_framed("public/postmortem.html", page, postmortem=get_postmortem(page, incident_id))
