"""What is entered later: incidents of the past, another beginning of one, and messages that were forgotten."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.affected import MARK, AffectedChoices, FormState, as_fields, read_choices
from app.blueprints.dashboard.answers import current_organization, done, render_page
from app.blueprints.dashboard.forms import read_time
from app.blueprints.dashboard.incident_forms import EarlierForm, PastForm, StartForm, TimeForm
from app.blueprints.dashboard.updates import get_update
from app.errors import Conflict, Invalid, InvalidTransition
from app.incidents import actions, backdating
from app.incidents.queries import IncidentDetail, UpdateRow, get_incident
from app.incidents.rules import Impact, Stage
from app.organizations.rules import Role
from app.text.markdown import render_message
from app.web.forms import REFUSED, add_faults
from app.web.local_times import write_local_time
from app.web.members import current_member, requires


@blueprint.get("/incidents/past")
@requires(Role.EDITOR)
def past_incident() -> ResponseReturnValue:
    """The form for an incident that nobody reported when it happened."""
    form = PastForm(data={"impact": Impact.MINOR.value})
    form.begin_anew()
    return _render_past(form, read_choices({}, _state_of_past(form)))


@blueprint.post("/incidents/past/draft")
@requires(Role.EDITOR)
def draft_past_incident() -> ResponseReturnValue:
    """The form as it stands, with the suggestions brought up to date. Nothing is published."""
    form = PastForm()
    return _render_past(form, read_choices(request.form, _state_of_past(form)))


@blueprint.post("/incidents/past")
@requires(Role.EDITOR)
def enter_past_incident() -> ResponseReturnValue:
    form = PastForm()
    chosen = read_choices(request.form, _state_of_past(form))
    form.validate()
    messages = form.read_messages(current_organization().zone)
    if form.errors:
        add_faults(form, Invalid(backdating.find_text_faults(form.title.data, form.texts)))
        return _render_past(form, chosen, REFUSED)
    past = backdating.PastIncident(
        form.title.data,
        messages,
        form.to_impact(),
        chosen.to_asks(),
        notify=form.notify.data,
        form_id=form.to_form_id(),
    )
    try:
        incident = backdating.enter_incident(past, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_past(form, chosen, REFUSED)
    except Conflict as conflict:
        form.begin_anew()
        return _render_past(form, chosen, conflict.status, conflict)
    return done(f"The incident has its place in the past. {form.remark}".strip(), "incident", incident_id=incident.id)


@blueprint.get("/incidents/<uuid:incident_id>/start")
@requires(Role.EDITOR)
def change_start(incident_id: UUID) -> ResponseReturnValue:
    detail = get_incident(current_member.actor, incident_id)
    began = write_local_time(detail.row.started_at, current_organization().zone)
    return _render_start(detail, StartForm(data={"started_at": began, "seen_version": str(detail.version)}))


@blueprint.post("/incidents/<uuid:incident_id>/start")
@requires(Role.EDITOR)
def save_start(incident_id: UUID) -> ResponseReturnValue:
    form = StartForm()
    detail = get_incident(current_member.actor, incident_id)
    began = read_time(form.started_at, current_organization().zone) if form.validate() else None
    if began is None:
        return _render_start(detail, form, REFUSED)
    try:
        seen = form.to_seen_version()
        backdating.move_start(incident_id, began.at, seen_version=seen, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_start(detail, form, REFUSED)
    except Conflict as conflict:
        detail = get_incident(current_member.actor, incident_id)
        form.seen_version.data = str(detail.version)
        return _render_start(detail, form, conflict.status, conflict)
    said = f"The incident began then, and so did what it did to its services. {began.remark}".strip()
    return done(said, "incident", incident_id=incident_id)


@blueprint.get("/incidents/<uuid:incident_id>/updates/<uuid:update_id>/time")
@requires(Role.EDITOR)
def change_time(incident_id: UUID, update_id: UUID) -> ResponseReturnValue:
    detail, update = get_update(incident_id, update_id)
    posted_at = write_local_time(update.posted_at, current_organization().zone)
    form = TimeForm(data={"posted_at": posted_at, "seen_version": str(detail.version)})
    return _render_time(detail, update, form)


@blueprint.post("/incidents/<uuid:incident_id>/updates/<uuid:update_id>/time")
@requires(Role.EDITOR)
def save_time(incident_id: UUID, update_id: UUID) -> ResponseReturnValue:
    form = TimeForm()
    detail, update = get_update(incident_id, update_id)
    posted = read_time(form.posted_at, current_organization().zone) if form.validate() else None
    if posted is None:
        return _render_time(detail, update, form, REFUSED)
    try:
        seen = form.to_seen_version()
        backdating.move_update(incident_id, update_id, posted.at, seen_version=seen, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_time(detail, update, form, REFUSED)
    except (Conflict, InvalidTransition) as conflict:
        detail, update = get_update(incident_id, update_id)
        form.seen_version.data = str(detail.version)
        return _render_time(detail, update, form, conflict.status, conflict)
    said = f"The message has its place at that time. {posted.remark}".strip()
    return done(said, "incident", incident_id=incident_id)


@blueprint.get("/incidents/<uuid:incident_id>/earlier")
@requires(Role.EDITOR)
def earlier_update(incident_id: UUID) -> ResponseReturnValue:
    """The form for a message that was forgotten."""
    detail = get_incident(current_member.actor, incident_id)
    newest = write_local_time(detail.updates[0].posted_at, current_organization().zone)
    stage = Stage.MONITORING if detail.row.resolved_at else detail.row.stage
    form = EarlierForm(data={"stage": stage.value, "posted_at": newest, "seen_version": str(detail.version)})
    form.begin_anew()
    return _render_earlier(detail, form, read_choices(as_fields(detail.row.affected), _state_of(detail)))


@blueprint.post("/incidents/<uuid:incident_id>/earlier/draft")
@requires(Role.EDITOR)
def draft_earlier_update(incident_id: UUID) -> ResponseReturnValue:
    """The form as it stands, with suggestions and preview brought up to date. Nothing is published."""
    detail = get_incident(current_member.actor, incident_id)
    return _render_earlier(detail, EarlierForm(), _read_chosen(detail))


@blueprint.post("/incidents/<uuid:incident_id>/earlier")
@requires(Role.EDITOR)
def post_earlier_update(incident_id: UUID) -> ResponseReturnValue:
    detail, form = get_incident(current_member.actor, incident_id), EarlierForm()
    chosen = _read_chosen(detail)
    posted = read_time(form.posted_at, current_organization().zone) if form.validate() else None
    if posted is None:
        return _render_earlier(detail, form, chosen, REFUSED)
    stage = form.to_stage()
    new = actions.NewUpdate(
        stage=stage,
        message=form.message.data,
        affected=None if stage is Stage.RESOLVED else chosen.to_asks(),
        notify=form.notify.data,
        posted_at=posted.at,
        seen_version=form.to_seen_version(),
        form_id=form.to_form_id(),
        translations=form.to_own_texts(),
    )
    try:
        actions.post_update(incident_id, new, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_earlier(detail, form, chosen, REFUSED)
    except (Conflict, InvalidTransition) as conflict:
        detail = get_incident(current_member.actor, incident_id)
        form.seen_version.data = str(detail.version)
        form.begin_anew()
        return _render_earlier(detail, form, chosen, conflict.status, conflict)
    said = f"The message has its place among the others. {posted.remark}".strip()
    return done(said, "incident", incident_id=incident_id)


def _state_of_past(form: PastForm) -> FormState:
    impact = form.impact.data if form.impact.data in set(Impact) else Impact.NONE
    return FormState(Impact(impact), Stage.INVESTIGATING)


def _state_of(detail: IncidentDetail) -> FormState:
    stage = Stage.MONITORING if detail.row.resolved_at else detail.row.stage
    return FormState(detail.row.impact, stage, detail.row.id)


def _read_chosen(detail: IncidentDetail) -> AffectedChoices:
    if MARK not in request.form:
        return read_choices(as_fields(detail.row.affected), _state_of(detail))
    return read_choices(request.form, _state_of(detail))


def _render_past(
    form: PastForm, chosen: AffectedChoices, status: int = 200, conflict: Conflict | None = None
) -> ResponseReturnValue:
    return render_page("dashboard/incidents/past.html", status, form=form, affected=chosen, conflict=conflict)


def _render_start(
    detail: IncidentDetail, form: StartForm, status: int = 200, conflict: Conflict | None = None
) -> ResponseReturnValue:
    return render_page("dashboard/incidents/start.html", status, detail=detail, form=form, conflict=conflict)


def _render_time(
    detail: IncidentDetail,
    update: UpdateRow,
    form: TimeForm,
    status: int = 200,
    conflict: Conflict | InvalidTransition | None = None,
) -> ResponseReturnValue:
    return render_page(
        "dashboard/incidents/time.html", status, detail=detail, update=update, form=form, conflict=conflict
    )


def _render_earlier(
    detail: IncidentDetail,
    form: EarlierForm,
    chosen: AffectedChoices,
    status: int = 200,
    conflict: Conflict | InvalidTransition | None = None,
) -> ResponseReturnValue:
    return render_page(
        "dashboard/incidents/earlier.html",
        status,
        detail=detail,
        form=form,
        affected=chosen,
        preview=render_message(form.message.data or ""),
        conflict=conflict,
    )
