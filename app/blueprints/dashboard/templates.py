"""Templates: the list, and what concerns one. How a form uses them is in `filling`."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.blueprints.dashboard.forms import find_uuid
from app.errors import Conflict, Invalid, NotFound
from app.incidents.message_templates import actions
from app.incidents.message_templates.actions import TemplateDetails
from app.incidents.message_templates.queries import get_template, list_templates
from app.incidents.message_templates.rules import ALWAYS_KNOWN, TemplateKind, known_placeholders
from app.incidents.rules import Impact, Stage
from app.organizations.rules import Role
from app.services.queries import get_catalogue
from app.text.markdown import render_message
from app.web.forms import REFUSED, add_faults, read_line, read_lines, read_version
from app.web.members import current_member, requires


class TemplateForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    name = StringField("Name of the template", filters=[read_line])
    kind = SelectField("What it is for", choices={kind.value: kind.label for kind in TemplateKind})
    title = StringField("Title", filters=[read_line])
    message = TextAreaField("Message", filters=[read_lines])
    stage = SelectField("Stage", choices={"": "As it is", **{stage.value: stage.label for stage in Stage}})
    impact = SelectField("Impact", choices={"": "As it is", **{impact.value: impact.label for impact in Impact}})
    services = SelectMultipleField("Services that it adds", validate_choice=False)
    seen_version = HiddenField()

    def to_details(self) -> TemplateDetails:
        """What was typed.

        Raises:
            NotFound: what stands for a service is no id.
        """
        kind = TemplateKind(self.kind.data)
        of_incidents = kind is not TemplateKind.MAINTENANCE
        return TemplateDetails(
            kind=kind,
            name=self.name.data,
            # An update has no title of its own.
            title="" if kind is TemplateKind.UPDATE else self.title.data,
            message=self.message.data,
            stage=Stage(self.stage.data) if self.stage.data and of_incidents else None,
            impact=Impact(self.impact.data) if self.impact.data and of_incidents else None,
            service_ids=frozenset(_service_id(text) for text in self.services.data or ()),
        )


@blueprint.get("/templates")
def templates() -> ResponseReturnValue:
    return render_page("dashboard/templates/list.html", templates=list_templates(current_member.actor))


@blueprint.get("/templates/new")
@requires(Role.EDITOR)
def new_template() -> ResponseReturnValue:
    kind = request.args.get("kind", "")
    return _render_form(TemplateForm(data={"kind": kind if kind in set(TemplateKind) else TemplateKind.INCIDENT.value}))


@blueprint.post("/templates")
@requires(Role.EDITOR)
def create_template() -> ResponseReturnValue:
    form = TemplateForm()
    if not form.validate():
        return _render_form(form, status=REFUSED)
    try:
        template = actions.create_template(form.to_details(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_form(form, status=REFUSED)
    return done(f"{template.name} is kept. You find it where it is needed.", "templates")


@blueprint.get("/templates/<uuid:template_id>/edit")
@requires(Role.EDITOR)
def edit_template(template_id: UUID) -> ResponseReturnValue:
    row = get_template(current_member.actor, template_id)
    known = {
        "name": row.name,
        "kind": row.kind.value,
        "title": row.title,
        "message": row.message,
        "stage": row.stage.value if row.stage else "",
        "impact": row.impact.value if row.impact else "",
        "services": [str(service_id) for service_id, _ in row.services],
        "seen_version": str(row.version),
    }
    return _render_form(TemplateForm(data=known), template_id)


@blueprint.post("/templates/<uuid:template_id>/edit")
@requires(Role.EDITOR)
def save_template(template_id: UUID) -> ResponseReturnValue:
    actor, form = current_member.actor, TemplateForm()
    row = get_template(actor, template_id)
    if not form.validate():
        return _render_form(form, template_id, REFUSED)
    seen = read_version(form.seen_version.data)
    try:
        template = actions.edit_template(template_id, form.to_details(), seen_version=seen, by=actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_form(form, template_id, REFUSED)
    except Conflict as conflict:
        row = get_template(actor, template_id)
        form.seen_version.data = str(row.version)
        return _render_form(form, template_id, conflict.status, conflict=conflict, theirs=row)
    return done(f"{template.name} is saved.", "templates")


@blueprint.get("/templates/<uuid:template_id>/delete")
@requires(Role.EDITOR)
def confirm_template_deletion(template_id: UUID) -> ResponseReturnValue:
    template = get_template(current_member.actor, template_id)
    return render_page("dashboard/templates/delete.html", kept=template)


@blueprint.post("/templates/<uuid:template_id>/delete")
@requires(Role.EDITOR)
def delete_template(template_id: UUID) -> ResponseReturnValue:
    actions.delete_template(template_id, by=current_member.actor)
    return done("The template is gone. What was written with it stays.", "templates")


def _service_id(text: str) -> UUID:
    service_id = find_uuid(text)
    if service_id is None:
        raise NotFound
    return service_id


def _render_form(
    form: TemplateForm, template_id: UUID | None = None, status: int = 200, **more: object
) -> ResponseReturnValue:
    return render_page(
        "dashboard/templates/form.html",
        status,
        form=form,
        template_id=template_id,
        groups=get_catalogue(current_member.actor).groups,
        preview=render_message(form.message.data or ""),
        known=ALWAYS_KNOWN,
        known_only_for=[
            (kind, {name: means for name, means in known_placeholders(kind).items() if name not in ALWAYS_KNOWN})
            for kind in (TemplateKind.INCIDENT, TemplateKind.MAINTENANCE)
        ],
        **more,
    )
