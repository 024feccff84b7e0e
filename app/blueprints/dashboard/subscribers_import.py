"""Importing subscribers: a table is uploaded, looked through, and taken in once its member has seen what is in it."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectField, TextAreaField

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.blueprints.dashboard.subscribers_one import get_named_page
from app.errors import Invalid
from app.extensions import limiter
from app.organizations.rules import Role
from app.pages.finding import find_pages
from app.subscribers.imports import actions, queries
from app.subscribers.imports.catalogue import write_template
from app.subscribers.imports.rules import MOST_BYTES, MOST_ROWS
from app.subscribers.rules import NewsKind
from app.text.clean import clean_text
from app.text.languages import PageLanguage
from app.web.forms import REFUSED, add_faults, read_lines
from app.web.members import current_member, find_person, of_organization, requires
from app.web.streams import attachment

UPLOADING_LIMIT = "30 per hour"
AROUND_THE_FILE = 256 * 1024
"""What a form holds besides its file."""
LONGEST_NAME = 120
LEFT_OUT_SHOWN = 5


class ImportForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    file = FileField("CSV file")
    page = SelectField("Page", validate_choice=False)
    consent = TextAreaField("Where did these people agree to get these mails?", filters=[read_lines])


@blueprint.url_value_preprocessor
def let_tables_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A table is larger than any form of ours; this runs before the form is read. It is kept on disk, not in memory.

    Who is not signed in sends no large ones. A little more than is allowed is read, to say so in words.
    """
    if endpoint == "dashboard.upload_subscribers" and find_person() is not None:
        request.max_content_length = MOST_BYTES + 1024 * 1024 + AROUND_THE_FILE


@blueprint.get("/subscribers/import")
@requires(Role.EDITOR)
def import_subscribers() -> ResponseReturnValue:
    return _show_form(ImportForm(formdata=None))


@blueprint.post("/subscribers/import")
@requires(Role.EDITOR)
@limiter.limit(UPLOADING_LIMIT, key_func=of_organization("imports"))
def upload_subscribers() -> ResponseReturnValue:
    form, actor = ImportForm(), current_member.actor
    sent = request.files.get("file")
    try:
        page = get_named_page(form.page.data, find_pages(actor))
        if sent is None or not sent.filename:
            raise Invalid({"file": "Choose a CSV file with one address in each line."})
        name = clean_text(sent.filename)[:LONGEST_NAME]
        import_id = actions.upload(page, sent.stream, name, form.consent.data, by=actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show_form(form, REFUSED)
    return done("", "subscriber_import", import_id=import_id)


@blueprint.get("/subscribers/import/template.csv")
@requires(Role.EDITOR)
def download_import_template() -> ResponseReturnValue:
    """A table with every column, and a line that shows what goes into them."""
    pieces = write_template(current_member.actor)
    return attachment(pieces, name="subscribers-template.csv", content_type="text/csv; charset=utf-8")


@blueprint.get("/subscribers/imports/<uuid:import_id>")
@requires(Role.EDITOR)
def subscriber_import(import_id: UUID) -> ResponseReturnValue:
    """How far it is, and what was found. While it is at work the page asks for this again and takes its part."""
    found = queries.get_import(current_member.actor, import_id)
    names = {page.page_id: page.name for page in find_pages(current_member.actor)}
    address = url_for("dashboard.subscriber_import", import_id=import_id)
    return render_page(
        "dashboard/subscribers/import.html",
        found=found,
        left_out=queries.first_left_out(current_member.actor, import_id, LEFT_OUT_SHOWN) if found.rows_left_out else (),
        page_names=names,
        address=address,
    )


@blueprint.post("/subscribers/imports/<uuid:import_id>/agree")
@requires(Role.EDITOR)
def agree_to_import(import_id: UUID) -> ResponseReturnValue:
    """Take in those who were found to be new."""
    actions.agree(import_id, by=current_member.actor)
    return done("", "subscriber_import", import_id=import_id)


@blueprint.post("/subscribers/imports/<uuid:import_id>/cancel")
@requires(Role.EDITOR)
def cancel_import(import_id: UUID) -> ResponseReturnValue:
    actions.cancel(import_id, by=current_member.actor)
    return done("The table is cancelled. What stood in it is forgotten.", "subscriber_import", import_id=import_id)


@blueprint.get("/subscribers/imports/<uuid:import_id>/left-out.csv")
@requires(Role.EDITOR)
def download_left_out(import_id: UUID) -> ResponseReturnValue:
    """The lines that are not taken in, each with the reason."""
    actor = current_member.actor
    queries.get_import(actor, import_id)
    pieces = queries.write_left_out(actor, import_id)
    return attachment(pieces, name="left-out.csv", content_type="text/csv; charset=utf-8")


def _show_form(form: ImportForm, status: int = 200) -> ResponseReturnValue:
    pages = find_pages(current_member.actor)
    form.page.choices = [(str(page.page_id), page.name) for page in pages]
    return render_page(
        "dashboard/subscribers/upload.html",
        status,
        address=url_for("dashboard.subscribers"),
        form=form,
        pages=pages,
        imports=queries.list_imports(current_member.actor),
        most_rows=MOST_ROWS,
        kinds=[kind.value for kind in NewsKind],
        languages=[language.value for language in PageLanguage],
    )
