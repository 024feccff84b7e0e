"""The overview while it is open: the members' own socket, which closes when the session or the membership ends."""

from functools import partial

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from app.accounts.queries import is_session_open
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import current_organization
from app.live import current_live
from app.live.fragments import Fragments
from app.live.sock import sock
from app.organizations.views import OrganizationView
from app.overview.parts import render_parts
from app.overview.queries import read_overview
from app.web.members import current_member


@sock.route("/live", bp=blueprint)
def live() -> ResponseReturnValue:
    """A member's socket: whatever changes on the overview, as fragments."""
    organization, person = current_organization(), current_member.person
    return current_live().serve_member(
        request,
        _feed_name(organization),
        organization.id,
        partial(render_fragments, organization),
        still_allowed=partial(is_session_open, person.session_id, organization.id, current_member.role),
        keys=[str(person.session_id), str(person.user_id)],
    )


@blueprint.get("/fragments")
def fragments() -> Response:
    """What an overview that polls and shows `revision` has missed; 204 when that is nothing."""
    organization = current_organization()
    held = request.args.get("revision", type=int)
    render = partial(render_fragments, organization)
    html = current_live().fragments_since(_feed_name(organization), organization.id, render, held)
    return Response(status=204) if html is None else make_response(html)


def render_fragments(organization: OrganizationView) -> Fragments:
    """Everything of the overview that may change, as it is now."""
    overview = read_overview(organization)
    return Fragments(overview.revision, render_parts(overview))


def _feed_name(organization: OrganizationView) -> str:
    return f"overview:{organization.id}"
