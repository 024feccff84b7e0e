"""Finding anything that has a name: as a list that a script walks through, and as a page that needs none."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import render_page
from app.palette.queries import Results, find_anything
from app.palette.rules import LONGEST
from app.text.clean import clean_text
from app.web.members import current_member


@blueprint.get("/search")
def search() -> ResponseReturnValue:
    return render_page("dashboard/palette/page.html", results=_results())


@blueprint.get("/palette")
def palette() -> ResponseReturnValue:
    """The same, as a part of the dialog that every page has: it is asked for at each pause in typing."""
    return render_template("dashboard/palette/_listbox.html", results=_results())


def _results() -> Results:
    typed = clean_text(request.args.get("q", "")[:LONGEST])
    return find_anything(current_member.actor, current_member.role, typed)
