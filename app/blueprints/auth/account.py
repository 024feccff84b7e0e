"""The person apart from any organization: their picture, how they go, and how an organization of theirs goes."""

from datetime import timedelta
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import StringField

from app.accounts.deletion import delete_account, last_admin_of
from app.accounts.profile import get_avatar
from app.blueprints.auth import blueprint
from app.closing.queries import get_progress
from app.errors import Invalid
from app.extensions import limiter
from app.live.announcements import tell_rights_changed
from app.web.forms import REFUSED, add_faults, read_line
from app.web.members import end_session, get_person

PICTURE_KEPT = timedelta(days=365)
"""By browsers: a new picture has a new address."""


class DeletionForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    confirmation = StringField("Your e-mail address", filters=[read_line])


@blueprint.get("/account/avatars/<uuid:avatar_id>")
def avatar(avatar_id: UUID) -> Response:
    """A person's picture, for those who know them."""
    response = make_response(get_avatar(avatar_id, seen_by=get_person().user_id))
    response.content_type = "image/webp"
    response.cache_control.private = True
    response.cache_control.max_age = int(PICTURE_KEPT.total_seconds())
    response.cache_control.immutable = True
    return response


@blueprint.get("/account/delete")
def confirm_deletion() -> ResponseReturnValue:
    return _ask(DeletionForm(formdata=None))


@blueprint.post("/account/delete")
@limiter.limit("20 per hour", key_func=lambda: str(get_person().user_id))
def delete() -> ResponseReturnValue:
    """Delete the person who asks; all their sockets end."""
    person = get_person()
    form = DeletionForm()
    try:
        delete_account(person.user_id, form.confirmation.data, address=request.remote_addr or "")
    except Invalid as refusal:
        add_faults(form, refusal)
        return _ask(form), REFUSED
    tell_rights_changed(person.user_id)
    end_session()
    flash("Your account is deleted.")
    return redirect(url_for("auth.sign_in"), 303)


@blueprint.get("/account/closings/<uuid:organization_id>")
def closing(organization_id: UUID) -> ResponseReturnValue:
    """How far the deletion of an organization is; the page looks again by itself."""
    progress = get_progress(organization_id, seen_by=get_person().user_id)
    return render_template("auth/closing.html", progress=progress)


def _ask(form: DeletionForm) -> str:
    person = get_person()
    return render_template(
        "auth/delete_account.html", form=form, person=person, needed_by=last_admin_of(person.user_id)
    )
