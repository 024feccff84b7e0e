"""What the link in an invitation opens. Opening it changes nothing: mail scanners open every link they find."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from htmx_flask import request as htmx_request

from app import clock
from app.accounts.queries import SignedIn
from app.blueprints.auth import blueprint
from app.errors import NotFound
from app.extensions import limiter
from app.teams.invitations import Claimant, request_acceptance
from app.teams.queries import InvitationView, find_invitation
from app.teams.rules import Standpoint, is_slow, mask_address
from app.web.members import find_person, with_article

P = ParamSpec("P")

LINK_LIMIT = "60 per minute"
PROGRESS_LIMIT = "240 per minute"
"""Asked each second by a page that waits; several may wait behind one address."""

STATUSES = {Standpoint.EXPIRED: 410, Standpoint.REVOKED: 410, Standpoint.USED: 410, Standpoint.MISTAKEN: 403}
"""What a page answers that leads nowhere; all others are fine."""


def personal(view: Callable[P, ResponseReturnValue]) -> Callable[P, Response]:
    """Answers under an address that is a secret: neither kept, listed, nor told to other sites."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        response = make_response(view(*args, **kwargs))
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return answer


@blueprint.get("/invitations/<token>")
@limiter.limit(LINK_LIMIT)
@personal
def invitation(token: str) -> ResponseReturnValue:
    """Who invites to what; for its holder a button, for everybody else what to do."""
    found, person = find_invitation(token), find_person()
    if found is None:
        return _unknown()
    stands = _standpoint(found, person)
    if stands is Standpoint.REQUESTED:
        return redirect(url_for("auth.invitation_progress", token=token))
    return _show(found, stands)


@blueprint.post("/invitations/<token>")
@limiter.limit(LINK_LIMIT)
@personal
def accept_invitation(token: str) -> ResponseReturnValue:
    """Ask to become a member; a worker does it, and the page that follows waits for it."""
    person = find_person()
    if person is None:  # the session has ended meanwhile: the page says how to go on
        return redirect(url_for("auth.invitation", token=token), 303)
    claimant = Claimant(person.user_id, person.email, person.name, request.remote_addr or "")
    try:
        stands = request_acceptance(token, claimant)
    except NotFound:
        return _unknown()
    follows = "auth.invitation_progress" if stands is Standpoint.REQUESTED else "auth.invitation"
    return redirect(url_for(follows, token=token), 303)


@blueprint.get("/invitations/<token>/progress")
@limiter.limit(PROGRESS_LIMIT)
@personal
def invitation_progress(token: str) -> ResponseReturnValue:
    """Whether they are a member yet: asked by the page that waits, which is then led to the dashboard."""
    found, person = find_invitation(token), find_person()
    if found is None:
        return _lead_to(url_for("auth.invitation", token=token))
    stands = _standpoint(found, person)
    if stands is Standpoint.JOINED:
        flash(f"You are {with_article(found.role)} at {found.organization_name} now.")
        return _lead_to(url_for("dashboard.overview", organization=found.organization_slug))
    if stands is not Standpoint.REQUESTED:
        return _lead_to(url_for("auth.invitation", token=token))
    slow = found.requested_at is not None and is_slow(found.requested_at, clock.now())
    template = "auth/invitations/_progress.html" if htmx_request.htmx else "auth/invitations/progress.html"
    return render_template(template, invitation=found, token=token, is_slow=slow)


def _standpoint(found: InvitationView, person: SignedIn | None) -> Standpoint:
    if person is None:
        return found.standpoint_of(None, "", is_member=False)
    is_member = any(one.organization_id == found.organization_id for one in person.memberships)
    return found.standpoint_of(person.user_id, person.email, is_member=is_member)


def _show(found: InvitationView, stands: Standpoint) -> ResponseReturnValue:
    html = render_template(
        f"auth/invitations/{stands}.html",
        invitation=found,
        role=with_article(found.role),
        masked=mask_address(found.email),
        person=find_person(),
    )
    return html, STATUSES.get(stands, 200)


def _unknown() -> ResponseReturnValue:
    """Never was, was replaced by a newer mail, or its organization is gone: all read the same."""
    return render_template("auth/invitations/unknown.html"), 404


def _lead_to(address: str) -> ResponseReturnValue:
    return ("", 204, {"HX-Redirect": address}) if htmx_request.htmx else redirect(address, 303)
