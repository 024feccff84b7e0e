"""The page while it is open: a socket that tells what changed, or plain requests where sockets are barred."""

from functools import partial

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.blueprints.public import blueprint
from app.live import current_live
from app.live.fragments import Fragments, Pieces, read_mark
from app.live.sock import sock
from app.pages.finding import get_present
from app.pages.queries import build_page
from app.pages.views import PageAddress, PageView
from app.text.speech import speaking
from app.web.addresses import open_page
from app.web.gate import current_admission
from app.web.limits import limited_misses, limited_sockets

PARTS = {
    "overall": "public/_overall.html",
    "announcements": "public/_announcements.html",
    "active-incidents": "public/_active_incidents.html",
    "services": "public/_services.html",
    "planned": "public/_planned.html",
    "past": "public/_past.html",
}
"""The elements of the page that change, and the file that the page itself includes for each."""


@sock.route("/<slug>/live", bp=blueprint)
@limited_sockets
def live(slug: str) -> ResponseReturnValue:
    """A visitor's socket: whatever changes, as fragments."""
    page, admission = open_page(slug), current_admission()
    render = partial(render_fragments, page)
    if admission is None:
        return current_live().serve_visitor(request, _feed_name(page), page.organization_id, render)
    return current_live().serve_member(
        request,
        _feed_name(page),
        page.organization_id,
        render,
        still_allowed=partial(admission.still_holds, page),
        keys=admission.keys,
    )


@blueprint.get("/<slug>/fragments")
@limited_misses
def fragments(slug: str) -> Response:
    """What a page that polls and shows `revision` `until` then has missed; 204 when that is nothing."""
    page = open_page(slug)
    held = read_mark(request.args)
    html = current_live().fragments_since(_feed_name(page), page.organization_id, partial(render_fragments, page), held)
    return Response(status=204) if html is None else make_response(html)


def render_fragments(address: PageAddress) -> Fragments:
    """Everything of the page that may change, as it is now.

    Raises:
        NotFound: there is no such page any more; whoever watches it is let go.
    """
    page = build_page(get_present(address))
    with speaking(page.spoken):
        parts = {element_id: render_template(template, page=page) for element_id, template in PARTS.items()}
        return Fragments(page.revision, parts, {"services": _pieces_of_services(page)}, page.turns_at)


def _pieces_of_services(page: PageView) -> Pieces:
    """A status that changes is told by one row and its group's heading, not by every strip of the page."""
    rows = {
        f"service-{service.id}": render_template("public/_service.html", page=page, service=service)
        for service in page.services
    }
    headings = {
        f"group-{group.id}-status": render_template("public/_group_status.html", page=page, group=group)
        for group in page.headings
        if group.id is not None
    }
    frame = tuple((group.id, group.name, tuple(service.id for service in group.services)) for group in page.headings)
    return Pieces(frame, rows | headings)


def _feed_name(page: PageAddress) -> str:
    """With who may see it: those who may not any more are let go with the feed that they watch (`get_present`)."""
    return f"page:{page.page_id}:{page.access_version}:{page.spoken}"
