"""What happened, for every member: the part of the log that is for all, page by page."""

from flask import request
from flask.typing import ResponseReturnValue

from app.audit.activity import by_day, get_activity
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import current_zone, render_page
from app.blueprints.dashboard.cursors import read_cursor
from app.web.members import current_member


@blueprint.get("/activity")
def activity() -> ResponseReturnValue:
    after = read_cursor(request.args.get("after", ""))
    listed = get_activity(current_member.actor, after=after)
    days = by_day(listed.rows, current_zone())
    return render_page("dashboard/activity/list.html", listed=listed, days=days, earlier=after is not None)
