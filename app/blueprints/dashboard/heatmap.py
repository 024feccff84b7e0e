"""Services by their last 30 days: each day as dark as the time that the service was not operational."""

from flask import request
from flask.typing import ResponseReturnValue

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import current_organization, render_page
from app.services.history import DOWN_WEIGHTS
from app.services.rollups.heat import HEAT_DAYS, get_heatmap
from app.web.members import current_member


@blueprint.get("/heatmap")
def heatmap() -> ResponseReturnValue:
    """One page of it. Its days open as those of a service do (`show_day`)."""
    number = request.args.get("page", 1, type=int)
    found = get_heatmap(current_member.actor, current_organization().zone, number)
    return render_page("dashboard/heatmap.html", heatmap=found, days=HEAT_DAYS, weights=DOWN_WEIGHTS)
