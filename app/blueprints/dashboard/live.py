"""The overview while it is open: the members' own socket, which closes when the session or the membership ends."""

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from app.accounts.queries import is_session_open
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import current_organization, current_zone
from app.live import current_live
from app.live.fragments import Fragments, read_mark
from app.live.sock import sock
from app.organizations.rules import Role
from app.organizations.views import OrganizationView
from app.overview.parts import render_parts
from app.overview.queries import read_overview
from app.text.languages import Language
from app.text.wording import write_for
from app.web.members import current_member


@sock.route("/live", bp=blueprint)
def live() -> ResponseReturnValue:
    """A member's socket: whatever changes on the overview, as fragments."""
    organization, person = current_organization(), current_member.person
    return current_live().serve_member(
        request,
        _feed_name(organization),
        organization.id,
        _renderer(organization),
        still_allowed=partial(is_session_open, person.session_id, organization.id, current_member.role),
        keys=[str(person.session_id), str(person.user_id)],
    )


@blueprint.get("/fragments")
def fragments() -> Response:
    """What an overview that polls and shows `revision` has missed; 204 when that is nothing."""
    organization = current_organization()
    held = read_mark(request.args)
    html = current_live().fragments_since(_feed_name(organization), organization.id, _renderer(organization), held)
    return Response(status=204) if html is None else make_response(html)


def render_fragments(
    organization: OrganizationView, zone: ZoneInfo, language: Language | None, role: Role
) -> Fragments:
    """Everything of the overview that may change, as members of this role, zone and language read it now."""
    write_for(language)
    overview = read_overview(organization, role)
    return Fragments(overview.revision, render_parts(overview, zone), turns_at=overview.turns_at(zone))


def _renderer(organization: OrganizationView) -> Callable[[], Fragments]:
    person = current_member.person
    return partial(render_fragments, organization, current_zone(), person.language, current_member.role)


def _feed_name(organization: OrganizationView) -> str:
    """One feed for all who read the same: most members of a team do."""
    reading = f"{current_zone().key}:{current_member.person.language or ''}:{current_member.role}"
    return f"overview:{organization.id}:{organization.slug}:{organization.time_zone}:{reading}"
