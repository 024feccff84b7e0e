"""Reporting incidents, and what concerns one as a whole. Its messages are in `updates`, the list in `incident_list`."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app import clock
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.affected import AffectedChoices, FormState, read_choices, suggested
from app.blueprints.dashboard.answers import current_organization, done, done_elsewhere, render_page
from app.blueprints.dashboard.filling import Known, Picker, choose, finish, preview_of, read_picker, write
from app.blueprints.dashboard.forms import IncidentDetailsForm, ReportForm, find_uuid
from app.blueprints.dashboard.updates import show_incident as show_incident_page
from app.delivery.queries import count_to_be_told
from app.errors import Conflict, Invalid
from app.incidents import actions
from app.incidents.drafts.queries import DraftRow
from app.incidents.message_templates.rules import TemplateKind
from app.incidents.queries import IncidentDetail, get_incident
from app.incidents.relations import find_followed, read_text_edits
from app.incidents.rules import Impact, Stage, find_text_faults
from app.organizations.rules import Role
from app.translated.queries import list_own_texts
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
    return render_filled(form)


@blueprint.post("/incidents/draft")
@requires(Role.EDITOR)
def draft_incident() -> ResponseReturnValue:
    """The form as it stands, with suggestion, count and preview brought up to date. Nothing is published."""
    return render_filled(ReportForm())


@blueprint.post("/incidents")
@requires(Role.EDITOR)
def report_incident() -> ResponseReturnValue:
    form = ReportForm()
    if not form.validate():
        return render_report(form, read_chosen(form), REFUSED)
    chosen = read_chosen(form)
    try:
        incident = actions.report_incident(read_report(form, chosen), by=current_member.actor)
    except Invalid as refusal:
        form.add_faults(refusal)
        return render_report(form, chosen, REFUSED)
    except Conflict as conflict:
        form.begin_anew()
        return render_report(form, chosen, conflict.status, conflict=conflict)
    said = f"The incident is on your page. {form.remark}".strip()
    return done_elsewhere(said, "incident", incident_id=incident.id)


@blueprint.get("/incidents/<uuid:incident_id>")
def incident(incident_id: UUID) -> ResponseReturnValue:
    return show_incident_page(incident_id)


@blueprint.get("/incidents/<uuid:incident_id>/edit")
@requires(Role.EDITOR)
def edit_incident(incident_id: UUID) -> ResponseReturnValue:
    detail = get_incident(current_member.actor, incident_id)
    shown = {"title": detail.row.title, "impact": detail.row.impact.value, "seen_version": str(detail.version)}
    form = IncidentDetailsForm(data=shown)
    form.put_own_texts(list_own_texts(current_member.actor, incident_id))
    return _render_edit(detail, form)


@blueprint.post("/incidents/<uuid:incident_id>/edit")
@requires(Role.EDITOR)
def save_incident(incident_id: UUID) -> ResponseReturnValue:
    form = IncidentDetailsForm()
    if not form.validate():
        return _render_edit(get_incident(current_member.actor, incident_id), form, REFUSED)
    title, impact = form.title.data, Impact(form.impact.data)
    try:
        actions.edit_incident(
            incident_id,
            title,
            impact,
            translations=form.to_own_texts(),
            seen_version=form.to_seen_version(),
            by=current_member.actor,
        )
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_edit(get_incident(current_member.actor, incident_id), form, REFUSED)
    except Conflict as conflict:
        detail = get_incident(current_member.actor, incident_id)
        form.seen_version.data = str(detail.version)
        return _render_edit(detail, form, conflict.status, conflict)
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


@blueprint.get("/incidents/<uuid:incident_id>/edits")
def incident_edits(incident_id: UUID) -> ResponseReturnValue:
    """What its texts said before they were edited."""
    edits = read_text_edits(current_member.actor, incident_id)
    detail = get_incident(current_member.actor, incident_id)
    return render_page("dashboard/incidents/edits.html", detail=detail, edits=edits)


def _render_edit(
    detail: IncidentDetail, form: IncidentDetailsForm, status: int = 200, conflict: Conflict | None = None
) -> ResponseReturnValue:
    return render_page("dashboard/incidents/edit.html", status, form=form, detail=detail, conflict=conflict)


def read_report(form: ReportForm, chosen: AffectedChoices) -> actions.NewIncident:
    """What the form reports.

    Raises:
        Invalid: its template is not filled in; or a time in it is none, which the form knows already, with what is
            wrong besides.
    """
    zone = current_organization().zone
    next_update_at = form.read_next_update(zone, clock.now())
    started_at = form.read_started_at(zone)
    if form.errors:
        raise Invalid(find_text_faults(form.title.data, form.message.data))
    texts = finish(read_picker(TemplateKind.INCIDENT), form, Known(chosen.names))
    return actions.NewIncident(
        title=texts.title,
        message=texts.message,
        stage=form.to_stage(),
        impact=form.to_impact(),
        affected=chosen.to_asks(),
        notify=form.notify.data,
        started_at=started_at,
        next_update_at=next_update_at,
        follows_id=form.to_follows_id(),
        form_id=form.to_form_id(),
        translations=form.to_own_texts(),
    )


def state_of(form: ReportForm) -> FormState:
    """What the suggestions in the form depend on."""
    impact = form.impact.data if form.impact.data in set(Impact) else Impact.NONE
    stage = form.stage.data if form.stage.data in set(Stage) else Stage.INVESTIGATING
    return FormState(Impact(impact), Stage(stage))


def read_chosen(form: ReportForm) -> AffectedChoices:
    """The services that were chosen in the form."""
    return read_choices(request.form, state_of(form))


def render_filled(form: ReportForm, kept: DraftRow | None = None) -> ResponseReturnValue:
    """The form with what a template that is picked just now has for it."""
    picker = choose(read_picker(TemplateKind.INCIDENT, picks=True), form)
    chosen = read_choices({**suggested(picker.service_ids), **request.form}, state_of(form))
    return render_report(form, chosen, picker=write(picker, form, Known(chosen.names)), kept=kept)


def render_report(
    form: ReportForm,
    chosen: AffectedChoices,
    status: int = 200,
    conflict: Conflict | None = None,
    picker: Picker | None = None,
    kept: DraftRow | None = None,
) -> ResponseReturnValue:
    """The form that reports an incident: a new one, or `kept`, a draft."""
    picker = picker or read_picker(TemplateKind.INCIDENT)
    actor = current_member.actor
    followed = find_followed(actor, form.to_follows_id())
    form.follows.data = str(followed.id) if followed else ""  # one that was deleted meanwhile is not sent again
    return render_page(
        "dashboard/incidents/new.html",
        status,
        form=form,
        affected=chosen,
        recipients=count_to_be_told(actor, chosen.service_ids),
        picker=picker,
        preview=preview_of(picker, form, Known(chosen.names)),
        followed=followed,
        conflict=conflict,
        kept=kept,
    )
