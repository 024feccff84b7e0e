"""How the dashboard answers: whole pages, of which htmx takes the part it wants, and redirects after every change.

So each view has one answer, with and without a script. A refused form is the page again, with status 422.
"""

from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from htmx_flask import request as htmx_request

from app.organizations.views import OrganizationView
from app.overview.queries import read_counts
from app.web.members import current_member, remember_organization


def current_organization() -> OrganizationView:
    """The organization of this request."""
    membership = current_member.membership
    return OrganizationView(membership.organization_id, membership.name, membership.slug, membership.time_zone)


def current_zone() -> ZoneInfo:
    """In which times are told to the person of this request: their own zone, else the organization's.

    What they type, and where days begin, is the organization's.
    """
    return ZoneInfo(current_member.person.time_zone or current_member.membership.time_zone)


def typed_zone() -> ZoneInfo:
    """The zone of the times that are typed: the organization's, whoever types them."""
    return current_organization().zone


def render_page(template: str, status: int = 200, **values: object) -> ResponseReturnValue:
    """A page in the dashboard's frame."""
    remember_organization()
    zones = {"zone": current_zone(), "typed_zone": typed_zone()}
    html = render_template(template, counts=read_counts(current_member.actor), **{**zones, **values})
    return html, status


def done(said: str, endpoint: str, **values: Any) -> ResponseReturnValue:
    """After a change: say so on the page that follows. htmx follows too, and takes its part of that page."""
    if said:
        flash(said)
    return redirect(url_for(f"dashboard.{endpoint}", **values), 303)


def done_elsewhere(said: str, endpoint: str, **values: Any) -> ResponseReturnValue:
    """After a change that leads to another page: htmx is sent there instead of taking a part of it."""
    if not htmx_request.htmx:
        return done(said, endpoint, **values)
    flash(said)
    return "", 204, {"HX-Redirect": url_for(f"dashboard.{endpoint}", **values)}
