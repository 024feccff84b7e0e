"""A message as visitors will see it, while somebody is still writing it: for every form with markdown."""

from flask import request
from flask.typing import ResponseReturnValue

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import render_page
from app.incidents.postmortems.rules import POSTMORTEM_LENGTH
from app.organizations.rules import Role
from app.text.markdown import Rendered, render_message
from app.web.members import requires


@blueprint.post("/preview")
@requires(Role.EDITOR)
def preview() -> ResponseReturnValue:
    """The field `message` of the form that was sent, rendered. Nothing else of that form is read, and nothing kept."""
    return _render(render_message(request.form.get("message", "")))


@blueprint.post("/preview/postmortem")
@requires(Role.EDITOR)
def preview_postmortem() -> ResponseReturnValue:
    """The same for what may be longer."""
    return _render(render_message(request.form.get("message", ""), POSTMORTEM_LENGTH))


def _render(rendered: Rendered) -> ResponseReturnValue:
    return render_page("dashboard/preview.html", preview=rendered)
