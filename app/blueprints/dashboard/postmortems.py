"""An incident's postmortem: writing it, publishing it, taking it back."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, TextAreaField

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.errors import Conflict, Invalid, InvalidTransition
from app.incidents.postmortems import actions
from app.incidents.postmortems.actions import NewPostmortem
from app.incidents.postmortems.queries import PostmortemPage, get_postmortem_page
from app.incidents.postmortems.rules import POSTMORTEM_LENGTH
from app.organizations.rules import Role
from app.text.markdown import render_message
from app.web.forms import REFUSED, add_faults, read_lines, read_version
from app.web.members import current_member, requires

PUBLISH = "publish"
"""What the button says that shows it to visitors; any other keeps it as it is, draft or published."""

OUTLINE = "\n\n".join(
    [
        "## What happened",
        "## Whom it affected",
        "## Why it happened",
        "## What we did",
        "## What we change",
    ]
)
"""How an empty one begins."""


class PostmortemForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    message = TextAreaField("Postmortem", filters=[read_lines])
    notify = BooleanField("Tell subscribers by e-mail")
    seen_version = HiddenField()


@blueprint.get("/incidents/<uuid:incident_id>/postmortem")
def postmortem(incident_id: UUID) -> ResponseReturnValue:
    """What there is of it. Members who may not write see drafts, too."""
    page = get_postmortem_page(current_member.actor, incident_id)
    known = page.postmortem
    form = PostmortemForm(
        data={"message": known.message if known else OUTLINE, "seen_version": str(known.version if known else 0)}
    )
    return _render(page, form)


@blueprint.post("/incidents/<uuid:incident_id>/postmortem")
@requires(Role.EDITOR)
def save_postmortem(incident_id: UUID) -> ResponseReturnValue:
    form = PostmortemForm()
    new = NewPostmortem(
        message=form.message.data,
        publish=request.form.get("then") == PUBLISH,
        notify=form.notify.data,
        seen_version=read_version(form.seen_version.data),
    )
    try:
        saved = actions.write_postmortem(incident_id, new, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render(get_postmortem_page(current_member.actor, incident_id), form, REFUSED)
    except (Conflict, InvalidTransition) as conflict:
        page = get_postmortem_page(current_member.actor, incident_id)
        form.seen_version.data = str(page.postmortem.version if page.postmortem else 0)
        return _render(page, form, conflict.status, conflict)
    said = "The postmortem is on your page." if saved.published_at else "The draft is kept. Only members see it."
    return done(said, "postmortem", incident_id=incident_id)


@blueprint.post("/incidents/<uuid:incident_id>/postmortem/withdraw")
@requires(Role.EDITOR)
def withdraw_postmortem(incident_id: UUID) -> ResponseReturnValue:
    actions.withdraw_postmortem(incident_id, by=current_member.actor)
    return done("The postmortem is off your page. It is kept here as a draft.", "postmortem", incident_id=incident_id)


@blueprint.post("/incidents/<uuid:incident_id>/postmortem/discard")
@requires(Role.EDITOR)
def discard_postmortem(incident_id: UUID) -> ResponseReturnValue:
    actions.discard_draft(incident_id, by=current_member.actor)
    return done("The draft is gone.", "incident", incident_id=incident_id)


def _render(
    page: PostmortemPage,
    form: PostmortemForm,
    status: int = 200,
    conflict: Conflict | InvalidTransition | None = None,
) -> ResponseReturnValue:
    return render_page(
        "dashboard/incidents/postmortem.html",
        status,
        page=page,
        form=form,
        preview=render_message(form.message.data or "", POSTMORTEM_LENGTH),
        conflict=conflict,
    )
