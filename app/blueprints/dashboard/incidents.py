"""Reporting incidents, and what concerns one as a whole. Its messages are in `updates`, the list in `incident_list`."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app import clock
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.affected import AffectedChoices, FormState, read_choices
from app.blueprints.dashboard.answers import current_organization, done, done_elsewhere, render_page
from app.blueprints.dashboard.filling import Picker, choose, finish, preview_of, read_picker, write
from app.blueprints.dashboard.forms import IncidentDetailsForm, ReportForm, find_uuid
from app.blueprints.dashboard.updates import show_incident as show_incident_page
from app.delivery.queries import count_to_be_told
from app.errors import Conflict, Invalid
from app.incidents import actions
from app.incidents.message_templates.rules import TemplateKind
from app.incidents.queries import get_incident
from app.incidents.rules import Impact, Stage
from app.organizations.rules import Role
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, requires


@blueprint.get("/incidents/new")
@requires(Role.EDITOR)
def new_incident() -> ResponseReturnValue:
    form = ReportForm(data={"stage": Stage.INVESTIGATING.value, "impact": Impact.MINOR.value, "notify": True})
    form.begin_anew()
    followed_id = find_uuid(request.args.get("follows"))
    if followed_id is not None:
        followed = get_incident(current_member.actor, followed_id).row
        form.follows.data, form.title.data = str(followed_id), followed.title
    return _render_filled(form)


@blueprint.post("/incidents/draft")
@requires(Role.EDITOR)
def draft_incident() -> ResponseReturnValue:
    """The form as it stands, with suggestion, count and preview brought up to date. Nothing is published."""
    return _render_filled(ReportForm())


@blueprint.post("/incidents")
@requires(Role.EDITOR)
def report_incident() -> ResponseReturnValue:
    form = ReportForm()
    if not form.validate():
        return _render_report(form, _read_chosen(form), REFUSED)
    chosen = _read_chosen(form)
    next_update_at = form.read_next_update(current_organization().zone, clock.now())
    if form.errors:
        return _render_report(form, chosen, REFUSED)
    try:
        texts = finish(read_picker(TemplateKind.INCIDENT), form, chosen)
        new = actions.NewIncident(
            title=texts.title,
            message=texts.message,
            stage=form.to_stage(),
            impact=form.to_impact(),
            affected=chosen.to_asks(),
            notify=form.notify.data,
            next_update_at=next_update_at,
            follows_id=form.to_follows_id(),
            form_id=form.to_form_id(),
        )
        incident = actions.report_incident(new, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_report(form, chosen, REFUSED)
    except Conflict as conflict:
        form.begin_anew()
        return _render_report(form, chosen, conflict.status, conflict=conflict)
    said = f"The incident is on your page. {form.remark}".strip()
    return done_elsewhere(said, "incident", incident_id=incident.id)


@blueprint.get("/incidents/<uuid:incident_id>")
def incident(incident_id: UUID) -> ResponseReturnValue:
    return show_incident_page(incident_id)


@blueprint.get("/incidents/<uuid:incident_id>/edit")
@requires(Role.EDITOR)
def edit_incident(incident_id: UUID) -> ResponseReturnValue:
    row = get_incident(current_member.actor, incident_id).row
    form = IncidentDetailsForm(data={"title": row.title, "impact": row.impact.value})
    return render_page("dashboard/incidents/edit.html", form=form, incident_id=incident_id)


@blueprint.post("/incidents/<uuid:incident_id>/edit")
@requires(Role.EDITOR)
def save_incident(incident_id: UUID) -> ResponseReturnValue:
    form = IncidentDetailsForm()
    if not form.validate():
        return render_page("dashboard/incidents/edit.html", REFUSED, form=form, incident_id=incident_id)
    try:
        actions.edit_incident(incident_id, form.title.data, Impact(form.impact.data), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return render_page("dashboard/incidents/edit.html", REFUSED, form=form, incident_id=incident_id)
    return done("Title and impact are saved.", "incident", incident_id=incident_id)


@blueprint.get("/incidents/<uuid:incident_id>/delete")
@requires(Role.EDITOR)
def confirm_incident_deletion(incident_id: UUID) -> ResponseReturnValue:
    """Say what deleting means before it is done."""
    return render_page("dashboard/incidents/delete.html", detail=get_incident(current_member.actor, incident_id))


@blueprint.post("/incidents/<uuid:incident_id>/delete")
@requires(Role.EDITOR)
def delete_incident(incident_id: UUID) -> ResponseReturnValue:
    actions.delete_incident(incident_id, by=current_member.actor)
    return done("The incident is off your page, and its services show what is left without it.", "incidents")


def _state(form: ReportForm) -> FormState:
    impact = form.impact.data if form.impact.data in set(Impact) else Impact.NONE
    stage = form.stage.data if form.stage.data in set(Stage) else Stage.INVESTIGATING
    return FormState(Impact(impact), Stage(stage))


def _read_chosen(form: ReportForm) -> AffectedChoices:
    return read_choices(request.form, _state(form))


def _render_filled(form: ReportForm) -> ResponseReturnValue:
    """The form with what a template that is picked just now has for it."""
    picker = choose(read_picker(TemplateKind.INCIDENT, picks=True), form)
    chosen = read_choices({**picker.fields, **request.form}, _state(form))
    return _render_report(form, chosen, picker=write(picker, form, chosen))


def _render_report(
    form: ReportForm,
    chosen: AffectedChoices,
    status: int = 200,
    conflict: Conflict | None = None,
    picker: Picker | None = None,
) -> ResponseReturnValue:
    picker = picker or read_picker(TemplateKind.INCIDENT)
    followed_id = form.to_follows_id()
    actor = current_member.actor
    return render_page(
        "dashboard/incidents/new.html",
        status,
        form=form,
        affected=chosen,
        recipients=count_to_be_told(actor, chosen.service_ids),
        picker=picker,
        preview=preview_of(picker, form, chosen),
        followed=get_incident(actor, followed_id).row if followed_id else None,
        conflict=conflict,
    )
