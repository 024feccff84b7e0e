"""How a page looks and what it says of itself: a form for each part, and beside it the page as it would be."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from app.addresses.catalogue import get_page_details
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.blueprints.dashboard.page_forms import BasicsForm, LanguagesForm, LookForm, PicturesForm, UptimeForm, WordsForm
from app.errors import Invalid
from app.extensions import limiter
from app.organizations.rules import Role
from app.pages import actions
from app.pages.look.colours import Ground
from app.pages.look.logos import Slot
from app.pages.look.rules import accent_of, describe_contrast
from app.pages.previews import Preview, preview_part, preview_pictures
from app.text.speech import speaking
from app.web.forms import REFUSED, add_faults
from app.web.headers import content_policy
from app.web.members import current_member, find_person, of_organization, requires

MOST_UPLOADED_BYTES = 10 * 1024 * 1024
"""What we read of pictures to say in words that they are too large; more is refused without."""
UPLOADING_LIMIT = "30 per hour"
"""For one organization: a picture costs more to read than anything else that is sent to us."""
DRAWING_LIMIT = "60 per hour"
"""The same for previews of pictures that were chosen."""

TAKES_PICTURES = frozenset({"dashboard.upload_page_pictures", "dashboard.preview_page_pictures"})


@blueprint.url_value_preprocessor
def let_page_pictures_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Pictures are larger than any form of ours; this runs before the form is read, and before anybody is let in."""
    if endpoint in TAKES_PICTURES and find_person() is not None:
        request.max_content_length = MOST_UPLOADED_BYTES


@blueprint.get("/pages/<uuid:page_id>")
@requires(Role.ADMIN)
def edit_page(page_id: UUID) -> ResponseReturnValue:
    return _show("basics", page_id)


@blueprint.post("/pages/<uuid:page_id>")
@requires(Role.ADMIN)
def save_page(page_id: UUID) -> ResponseReturnValue:
    return _save("basics", page_id, BasicsForm(), "edit_page")


@blueprint.post("/pages/<uuid:page_id>/preview")
@requires(Role.ADMIN)
def preview_page(page_id: UUID) -> ResponseReturnValue:
    return answer_preview(preview_part(page_id, BasicsForm().to_part(), by=current_member.actor))


@blueprint.get("/pages/<uuid:page_id>/look")
@requires(Role.ADMIN)
def edit_page_look(page_id: UUID) -> ResponseReturnValue:
    return _show("look", page_id)


@blueprint.post("/pages/<uuid:page_id>/look")
@requires(Role.ADMIN)
def save_page_look(page_id: UUID) -> ResponseReturnValue:
    form = LookForm()
    if request.form.get("use") in form.offers:  # somebody takes a colour that was offered, and saves nothing yet
        form[request.form["use"]].data = form.offers[request.form["use"]]
        return _show("look", page_id, form)
    return _save("look", page_id, form, "edit_page_look")


@blueprint.post("/pages/<uuid:page_id>/look/preview")
@requires(Role.ADMIN)
def preview_page_look(page_id: UUID) -> ResponseReturnValue:
    return answer_preview(preview_part(page_id, LookForm().to_part(), by=current_member.actor))


@blueprint.get("/pages/<uuid:page_id>/words")
@requires(Role.ADMIN)
def edit_page_words(page_id: UUID) -> ResponseReturnValue:
    return _show("words", page_id)


@blueprint.post("/pages/<uuid:page_id>/words")
@requires(Role.ADMIN)
def save_page_words(page_id: UUID) -> ResponseReturnValue:
    return _save("words", page_id, WordsForm(), "edit_page_words")


@blueprint.post("/pages/<uuid:page_id>/words/preview")
@requires(Role.ADMIN)
def preview_page_words(page_id: UUID) -> ResponseReturnValue:
    return answer_preview(preview_part(page_id, WordsForm().to_part(), by=current_member.actor))


@blueprint.get("/pages/<uuid:page_id>/languages")
@requires(Role.ADMIN)
def edit_page_languages(page_id: UUID) -> ResponseReturnValue:
    return _show("languages", page_id)


@blueprint.post("/pages/<uuid:page_id>/languages")
@requires(Role.ADMIN)
def save_page_languages(page_id: UUID) -> ResponseReturnValue:
    return _save("languages", page_id, LanguagesForm(), "edit_page_languages")


@blueprint.post("/pages/<uuid:page_id>/languages/preview")
@requires(Role.ADMIN)
def preview_page_languages(page_id: UUID) -> ResponseReturnValue:
    return answer_preview(preview_part(page_id, LanguagesForm().to_part(), by=current_member.actor))


@blueprint.get("/pages/<uuid:page_id>/uptime")
@requires(Role.ADMIN)
def edit_page_uptime(page_id: UUID) -> ResponseReturnValue:
    return _show("uptime", page_id)


@blueprint.post("/pages/<uuid:page_id>/uptime")
@requires(Role.ADMIN)
def save_page_uptime(page_id: UUID) -> ResponseReturnValue:
    return _save("uptime", page_id, UptimeForm(), "edit_page_uptime")


@blueprint.post("/pages/<uuid:page_id>/uptime/preview")
@requires(Role.ADMIN)
def preview_page_uptime(page_id: UUID) -> ResponseReturnValue:
    return answer_preview(preview_part(page_id, UptimeForm().to_part(), by=current_member.actor))


@blueprint.get("/pages/<uuid:page_id>/pictures")
@requires(Role.ADMIN)
def edit_page_pictures(page_id: UUID) -> ResponseReturnValue:
    return _show("pictures", page_id)


@blueprint.post("/pages/<uuid:page_id>/pictures")
@requires(Role.ADMIN)
@limiter.limit(UPLOADING_LIMIT, key_func=of_organization("logos"))
def upload_page_pictures(page_id: UUID) -> ResponseReturnValue:
    form = PicturesForm()
    try:
        actions.set_pictures(page_id, _read_uploads(), form.to_removed(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show("pictures", page_id, form, REFUSED)
    return done("The page is saved.", "edit_page_pictures", page_id=page_id)


@blueprint.post("/pages/<uuid:page_id>/pictures/preview")
@requires(Role.ADMIN)
@limiter.limit(DRAWING_LIMIT, key_func=of_organization("logos drawn"))
def preview_page_pictures(page_id: UUID) -> ResponseReturnValue:
    removed = PicturesForm().to_removed()
    return answer_preview(preview_pictures(page_id, _read_uploads(), removed, by=current_member.actor))


def answer_preview(preview: Preview) -> Response:
    """The page as it would be, to stand in a frame of ours and nowhere else; nothing in it runs."""
    theme = request.form.get("preview_theme", "")
    with speaking(preview.page.spoken):
        html = render_template(
            "dashboard/pages/preview.html",
            page=preview.page,
            style=preview.style,
            preview_theme=theme if theme in (Ground.LIGHT, Ground.DARK) else "",
        )
    response = make_response(html)
    digest = base64.b64encode(hashlib.sha256(preview.style.encode()).digest()).decode()
    # What is not saved has no address that a style sheet could be asked of: it is named by what is in it.
    response.headers["Content-Security-Policy"] = content_policy(framed=True, style=f"'sha256-{digest}'")
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def render_beside_preview(template: str, status: int = 200, **values: object) -> ResponseReturnValue:
    """A page of the dashboard that has such a frame."""
    response = make_response(render_page(template, status, **values))
    response.headers["Content-Security-Policy"] = content_policy(frames=True)
    return response


FORMS: Mapping[str, Callable[[Any], FlaskForm]] = {
    "basics": BasicsForm.showing,
    "look": LookForm.showing,
    "words": WordsForm.showing,
    "languages": LanguagesForm.showing,
    "uptime": UptimeForm.showing,
    "pictures": lambda _: PicturesForm(formdata=None),
}
"""Each part's form as it is when nothing was typed yet."""


def _show(part: str, page_id: UUID, form: FlaskForm | None = None, status: int = 200) -> ResponseReturnValue:
    details = get_page_details(current_member.actor, page_id)
    form = form or FORMS[part](details.row)
    contrasts = _describe_accents(form) if isinstance(form, LookForm) else {}
    template = f"dashboard/pages/{part}.html"
    return render_beside_preview(template, status, form=form, details=details, contrasts=contrasts)


def _save(part: str, page_id: UUID, form: FlaskForm, endpoint: str) -> ResponseReturnValue:
    try:
        actions.edit_page(page_id, form.to_part(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show(part, page_id, form, REFUSED)
    return done("The page is saved.", endpoint, page_id=page_id)


def _describe_accents(form: LookForm) -> Mapping[str, str]:
    """What there is to say of the accents that the form has, by field."""
    light, dark = form.accent_light.data or "", form.accent_dark.data or ""
    said = {}
    for name, ground, own in (("accent_light", Ground.LIGHT, light), ("accent_dark", Ground.DARK, dark)):
        shown = accent_of(ground, light, dark)
        if not shown:
            said[name] = "Empty: ours."
        elif own:
            said[name] = describe_contrast(ground, shown)
        else:
            said[name] = f"Empty: made from the other one, {shown}."
    return said


def _read_uploads() -> Mapping[Slot, bytes]:
    """The files that were chosen."""
    sent = ((slot, request.files.get(slot.value)) for slot in Slot)
    return {slot: file.read() for slot, file in sent if file is not None and file.filename}
