"""What members see first, and the first steps of those who have nothing to see yet."""

from flask import make_response, redirect
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import current_organization, current_zone, done, render_page
from app.errors import NotFound
from app.organizations.rules import Role
from app.overview.actions import hide_steps, note_look
from app.overview.parts import render_parts
from app.overview.queries import read_overview
from app.pages.finding import find_pages
from app.web.headers import content_policy
from app.web.members import current_member, requires


@blueprint.get("/")
def overview() -> ResponseReturnValue:
    """The overview; before there is anything to see, how to begin."""
    shown = read_overview(current_organization(), current_member.role)
    zone = current_zone()
    parts = {part: Markup(html) for part, html in render_parts(shown, zone).items()}
    until = int(shown.turns_at(zone).timestamp())
    page = render_page("dashboard/overview/page.html", parts=parts, revision=shown.revision, until=until)
    answer = make_response(page)
    if shown.page is not None and shown.page.domain:
        # The button that leads to the page is a form, and may lead to no other host unless that is named.
        answer.headers["Content-Security-Policy"] = content_policy(shown.page.origin)
    return answer


@blueprint.post("/first-steps/hide")
@requires(Role.EDITOR)
def hide_first_steps() -> ResponseReturnValue:
    hide_steps(by=current_member.actor)
    return done("The first steps are hidden.", "overview")


@blueprint.post("/first-steps/page")
@requires(Role.EDITOR)
def look_at_page() -> ResponseReturnValue:
    """On to the page, and the step is done."""
    pages = find_pages(current_member.actor)
    if not pages:
        raise NotFound
    note_look(by=current_member.actor)
    return redirect(pages[0].url, 303)
