"""The person: who they are to us, and where they are signed in. Every member may change this, viewers too."""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectField, StringField

from app.accounts.actions import sign_out
from app.accounts.devices import device_name
from app.accounts.profile import Profile, edit_profile, remove_avatar, set_avatar
from app.accounts.queries import sessions_of
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.errors import Invalid, NotFound
from app.extensions import limiter
from app.live.announcements import tell_session_ended
from app.organizations.rules import time_zone_names
from app.text.languages import Language
from app.web.forms import REFUSED, add_faults, read_line
from app.web.members import current_member, end_session, find_person

SAVING_LIMIT = "60 per hour"
"""For one person: each change stands in the log of every organization of theirs."""
UPLOADING_LIMIT = "10 per hour"
"""For one person: a picture costs more to read than anything else that is sent to us."""

MOST_UPLOADED_BYTES = 10 * 1024 * 1024
"""What we read of a picture to say in words that it is too large; more is refused without."""


class ProfileForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    name = StringField("Name", filters=[read_line])
    time_zone = SelectField("Time zone", validate_choice=False)
    language = SelectField("Dates and numbers as in", choices={one.value: one.label for one in Language})

    def offer_zones(self, organizations: str) -> None:
        """Offer all time zones, and that of the organization without naming it."""
        named = ((name, name.replace("_", " ")) for name in time_zone_names())
        self.time_zone.choices = [("", f"The organization's ({organizations})"), *named]

    def to_profile(self) -> Profile:
        if self.language.data not in set(Language):
            raise Invalid({"language": "Choose one from the list."})
        return Profile(self.name.data, self.time_zone.data or None, Language(self.language.data))


class PictureForm(FlaskForm):  # type: ignore[misc]
    picture = FileField("Picture")


@blueprint.url_value_preprocessor
def let_pictures_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A picture is larger than any form of ours; this runs before the form is read, and before anybody is let in."""
    if endpoint == "dashboard.upload_picture" and find_person() is not None:
        request.max_content_length = MOST_UPLOADED_BYTES


def _person_key() -> str:
    return str(current_member.person.user_id)


@blueprint.get("/account")
def account() -> ResponseReturnValue:
    return _show()


@blueprint.post("/account")
@limiter.limit(SAVING_LIMIT, key_func=_person_key)
def save_profile() -> ResponseReturnValue:
    form = ProfileForm()
    try:
        edit_profile(current_member.person.user_id, form.to_profile(), address=current_member.actor.address)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show(form, status=REFUSED)
    return done("Your profile is saved.", "account")


@blueprint.post("/account/picture")
@limiter.limit(UPLOADING_LIMIT, key_func=_person_key)
def upload_picture() -> ResponseReturnValue:
    form = PictureForm()
    sent = request.files.get("picture")
    try:
        set_avatar(current_member.person.user_id, sent.read() if sent else b"", address=current_member.actor.address)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show(picture_form=form, status=REFUSED)
    return done("Your picture is saved.", "account")


@blueprint.post("/account/picture/remove")
def remove_picture() -> ResponseReturnValue:
    remove_avatar(current_member.person.user_id, address=current_member.actor.address)
    return done("Your picture is removed.", "account")


@blueprint.post("/account/sessions/<uuid:session_id>/end")
def end_one_session(session_id: UUID) -> ResponseReturnValue:
    """Sign one of their browsers out; it may be this one."""
    person = current_member.person
    if session_id not in {session.id for session in sessions_of(person.user_id)}:
        raise NotFound
    sign_out(session_id, address=current_member.actor.address)
    tell_session_ended(session_id)
    if session_id == person.session_id:
        end_session()
        return redirect(url_for("auth.sign_in"), 303)
    return done("That browser is signed out.", "account")


def _show(
    form: ProfileForm | None = None, picture_form: PictureForm | None = None, status: int = 200
) -> ResponseReturnValue:
    person = current_member.person
    if form is None:
        form = ProfileForm(formdata=None)
        form.name.data, form.time_zone.data = person.name, person.time_zone or ""
        form.language.data = (person.language or Language.BRITISH).value
    form.offer_zones(current_member.membership.time_zone.replace("_", " "))
    sessions = [(session, device_name(session.user_agent)) for session in sessions_of(person.user_id)]
    return render_page(
        "dashboard/account.html",
        status,
        form=form,
        picture_form=picture_form or PictureForm(formdata=None),
        sessions=sessions,
    )
