"""What is open while it changes: a socket that tells of it, or plain requests where sockets are barred.

A page is watched as a whole; an incident or a window of maintenance, on a page of its own, by itself (decision 0035).
"""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from gevent.lock import BoundedSemaphore

from app.blueprints.public import blueprint
from app.blueprints.public.frame import frame_of
from app.delivery.figures import read_figures
from app.errors import NotFound
from app.live import current_live
from app.live.fragments import Fragments, Pieces, Render, read_mark
from app.live.sock import sock
from app.pages.address import PageAddress
from app.pages.details import get_incident, get_maintenance, tells_of_incident, tells_of_maintenance
from app.pages.finding import get_present
from app.pages.queries import build_page
from app.pages.views import PageView
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

INCIDENT_PARTS = {
    "incident": "public/_incident.html",
    "updates": "public/_incident_updates.html",
    "neighbours": "public/_neighbours.html",
}
MAINTENANCE_PARTS = {"maintenance": "public/_maintenance.html", "updates": "public/_maintenance_updates.html"}


@sock.route("/<slug>/live", bp=blueprint)
@limited_sockets
def live(slug: str) -> ResponseReturnValue:
    """A visitor's socket: whatever changes, as fragments."""
    page, admission = open_page(slug), current_admission()
    name, render = _watched(page)
    if admission is None:
        return current_live().serve_visitor(request, name, page.organization_id, render)
    return current_live().serve_member(
        request,
        name,
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
    name, render = _watched(page)
    html = current_live().fragments_since(name, page.organization_id, render, read_mark(request.args))
    return Response(status=204) if html is None else make_response(html)


def render_fragments(address: PageAddress) -> Fragments:
    """Everything of the page that may change, as it is now.

    Raises:
        NotFound: there is no such page any more; whoever watches it is let go.
    """
    page = build_page(get_present(address))
    with speaking(page.spoken):
        parts = _render(PARTS, page=page)
        return Fragments(page.revision, parts, {"services": _pieces_of_services(page)}, page.turns_at)


def render_incident(address: PageAddress, incident_id: UUID) -> Fragments:
    """The same of one incident's page.

    Raises:
        NotFound: the page does not tell of it any more, or is gone itself.
    """
    page = get_present(address)
    incident, figures = get_incident(page, incident_id), read_figures(page, incident_id)
    with speaking(page.spoken):
        parts = _render(INCIDENT_PARTS, page=frame_of(page), incident=incident, figures=figures)
        return Fragments(page.revision, parts)


def render_maintenance(address: PageAddress, maintenance_id: UUID) -> Fragments:
    """The same of one window's page.

    Raises:
        NotFound: the page does not tell of it any more, or is gone itself.
    """
    page = get_present(address)
    maintenance, figures = get_maintenance(page, maintenance_id), read_figures(page, maintenance_id)
    with speaking(page.spoken):
        parts = _render(MAINTENANCE_PARTS, page=frame_of(page), maintenance=maintenance, figures=figures)
        return Fragments(page.revision, parts)


_ALONE = {"incident": (tells_of_incident, render_incident), "maintenance": (tells_of_maintenance, render_maintenance)}
"""What may be watched by itself, by the argument of the address that names it: whether it is there, what renders it."""

ALONE_AT_ONCE = 4
"""Whoever watches hundreds of incidents has hundreds rendered with each change: the page itself, and everybody's plain
requests, must find a connection to the database meanwhile."""
_turns = BoundedSemaphore(ALONE_AT_ONCE)


def _watched(page: PageAddress) -> tuple[str, Render]:
    """What this request watches: the name that all who read the same share, and what renders it.

    The name says who may see the page: those who may not any more are let go with their feed (`get_present`).

    Raises:
        NotFound: it names an incident or a window that the page does not tell of.
    """
    name = f"page:{page.page_id}:{page.access_version}:{page.spoken}"
    for kind, (tells_of, render) in _ALONE.items():
        if kind in request.args:
            # Before anything is kept of it: whoever makes up ids must not make feeds of them.
            one = request.args.get(kind, type=UUID)
            if one is None or not tells_of(page, one):
                raise NotFound
            return f"{name}:{kind}:{one}", partial(_render_in_turn, partial(render, page, one))
    return name, partial(render_fragments, page)


def _render_in_turn(render: Render) -> Fragments:
    with _turns:
        return render()


def _render(parts: Mapping[str, str], **shown: object) -> dict[str, str]:
    return {element_id: render_template(template, **shown) for element_id, template in parts.items()}


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
