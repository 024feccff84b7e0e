"""What members see first."""

from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import current_organization, current_zone, render_page
from app.organizations.rules import Role
from app.overview.parts import render_parts
from app.overview.queries import read_overview
from app.web.members import current_member


@blueprint.get("/")
def overview() -> ResponseReturnValue:
    """The overview; before there is anything to see, the way to begin."""
    shown = read_overview(current_organization())
    if not shown.services and not shown.open_incidents:
        return render_page("dashboard/overview/begin.html")
    rendered = render_parts(shown, current_zone(), edits=current_member.may(Role.EDITOR))
    parts = {part: Markup(html) for part, html in rendered.items()}
    return render_page("dashboard/overview/page.html", parts=parts, revision=shown.revision)
