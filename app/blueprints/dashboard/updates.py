"""One incident's page: its timeline, and the form that adds to it."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app import clock
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.affected import MARK, AffectedChoices, FormState, as_fields, read_choices, suggested
from app.blueprints.dashboard.answers import current_organization, done, render_page
from app.blueprints.dashboard.filling import Known, Picker, choose, finish, preview_of, read_picker, write
from app.blueprints.dashboard.forms import MessageForm, UpdateForm
from app.delivery.queries import count_to_be_told, read_told
from app.errors import Conflict, Invalid, InvalidTransition, NotFound
from app.incidents import actions
from app.incidents.message_templates.rules import TemplateKind
from app.incidents.queries import IncidentDetail, UpdateRow, get_incident
from app.incidents.relations import list_handlers
from app.incidents.rules import Impact, Stage, allowed_stages, check_message
from app.organizations.rules import Role
from app.text.markdown import render_message
from app.translated.queries import list_own_texts
from app.translated.rules import with_words
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, requires

NOTHING: Mapping[str, str] = MappingProxyType({})


def show_incident(incident_id: UUID) -> ResponseReturnValue:
    """The page with a fresh form, at the incident's present stage or at the one that a link asked for."""
    detail = get_incident(current_member.actor, incident_id)
    return _render_filled(detail, _new_form(detail, request.args.get("stage")))


@blueprint.post("/incidents/<uuid:incident_id>/draft")
@requires(Role.EDITOR)
def draft_update(incident_id: UUID) -> ResponseReturnValue:
    """The page with the form as it stands, brought up to date. Nothing is published."""
    detail = get_incident(current_member.actor, incident_id)
    return _render_filled(detail, UpdateForm())


@blueprint.post("/incidents/<uuid:incident_id>/updates")
@requires(Role.EDITOR)
def post_update(incident_id: UUID) -> ResponseReturnValue:
    detail = get_incident(current_member.actor, incident_id)
    form = UpdateForm()
    chosen = _read_chosen(detail, form)
    if not form.validate():
        return _render(detail, form, chosen, REFUSED)
    stage = form.to_stage()
    next_update_at = None
    if stage is not Stage.RESOLVED:
        next_update_at = form.read_next_update(current_organization().zone, clock.now())
        if form.errors:
            fault = check_message(form.message.data)
            add_faults(form, Invalid({"message": fault} if fault else {}))
            return _render(detail, form, chosen, REFUSED)
    try:
        texts = finish(read_picker(TemplateKind.UPDATE), form, Known(chosen.names, detail.row.title))
        new = actions.NewUpdate(
            stage=stage,
            message=texts.message,
            # The end of an incident takes nothing back of what it did to services while it was open.
            affected=None if stage is Stage.RESOLVED else chosen.to_asks(),
            impact=form.to_impact(),
            notify=form.notify.data,
            next_update_at=next_update_at,
            seen_version=form.to_seen_version(),
            form_id=form.to_form_id(),
            translations=with_words(form.to_own_texts()),
        )
        actions.post_update(incident_id, new, by=current_member.actor)
    except Invalid as refusal:
        form.add_faults(refusal)
        return _render(detail, form, chosen, REFUSED)
    except (Conflict, InvalidTransition) as conflict:
        return _render_conflict(incident_id, form, conflict)
    said = "The incident is resolved." if stage is Stage.RESOLVED else "Your update is on the page."
    return done(f"{said} {form.remark}".strip(), "incident", incident_id=incident_id)


@blueprint.get("/incidents/<uuid:incident_id>/updates/<uuid:update_id>/edit")
@requires(Role.EDITOR)
def edit_update(incident_id: UUID, update_id: UUID) -> ResponseReturnValue:
    detail, update = get_update(incident_id, update_id)
    form = MessageForm(data={"message": update.message, "seen_version": str(update.version)})
    form.put_own_texts(list_own_texts(current_member.actor, update_id))
    return _render_edit(detail, update, form)


@blueprint.post("/incidents/<uuid:incident_id>/updates/<uuid:update_id>/edit")
@requires(Role.EDITOR)
def save_update(incident_id: UUID, update_id: UUID) -> ResponseReturnValue:
    form = MessageForm()
    try:
        actions.edit_update(
            incident_id,
            update_id,
            form.message.data,
            translations=form.to_own_texts(),
            seen_version=form.to_seen_version(),
            by=current_member.actor,
        )
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_edit(*get_update(incident_id, update_id), form, REFUSED)
    except Conflict as conflict:
        detail, update = get_update(incident_id, update_id)
        form.seen_version.data = str(update.version)
        return _render_edit(detail, update, form, conflict.status, conflict)
    return done("The message is saved, and marked as edited.", "incident", incident_id=incident_id)


@blueprint.post("/incidents/<uuid:incident_id>/updates/<uuid:update_id>/draft")
@requires(Role.EDITOR)
def draft_edit(incident_id: UUID, update_id: UUID) -> ResponseReturnValue:
    """The edited message as visitors would see it. Nothing is saved."""
    return _render_edit(*get_update(incident_id, update_id), MessageForm())


def _new_form(detail: IncidentDetail, wanted_stage: str | None) -> UpdateForm:
    allowed = allowed_stages(detail.row.stage)
    stage = Stage(wanted_stage) if wanted_stage in set(allowed) else detail.row.stage
    form = UpdateForm(
        data={
            "stage": stage.value,
            "impact": detail.row.impact.value,
            "notify": True,
            "seen_version": str(detail.version),
        }
    )
    form.begin_anew()
    return form


def _state(detail: IncidentDetail, form: UpdateForm) -> FormState:
    impact = Impact(form.impact.data) if form.impact.data in set(Impact) else detail.row.impact
    return FormState(impact, detail.row.stage, detail.row.id)


def _read_chosen(detail: IncidentDetail, form: UpdateForm, added: Mapping[str, str] = NOTHING) -> AffectedChoices:
    """What the form says of services, or else what the incident asks at present; `added` are more, as fields."""
    said = request.form if MARK in request.form else as_fields(detail.row.affected)
    return read_choices({**added, **said}, _state(detail, form))


def _render_filled(detail: IncidentDetail, form: UpdateForm) -> ResponseReturnValue:
    """The page with what a template that is picked just now has for the form."""
    picker = choose(read_picker(TemplateKind.UPDATE, picks=True), form, allowed_stages(detail.row.stage))
    chosen = _read_chosen(detail, form, suggested(picker.service_ids))
    return _render(detail, form, chosen, picker=write(picker, form, Known(chosen.names, detail.row.title)))


def _render_conflict(
    incident_id: UUID, form: UpdateForm, conflict: Conflict | InvalidTransition
) -> ResponseReturnValue:
    """The page as it is now, with what was typed; what is sent from here has seen what is new."""
    detail = get_incident(current_member.actor, incident_id)
    if form.stage.data not in set(allowed_stages(detail.row.stage)):
        form.stage.data = detail.row.stage.value
    form.seen_version.data = str(detail.version)
    form.begin_anew()
    return _render(detail, form, _read_chosen(detail, form), conflict.status, conflict)


def _render(
    detail: IncidentDetail,
    form: UpdateForm,
    chosen: AffectedChoices,
    status: int = 200,
    conflict: Conflict | InvalidTransition | None = None,
    picker: Picker | None = None,
) -> ResponseReturnValue:
    actor = current_member.actor
    picker = picker or read_picker(TemplateKind.UPDATE)
    allowed = allowed_stages(detail.row.stage)
    return render_page(
        "dashboard/incidents/incident.html",
        status,
        detail=detail,
        now=clock.now(),
        form=form,
        affected=chosen,
        is_resolving=form.stage.data == Stage.RESOLVED,
        past_stages=tuple(stage.value for stage in Stage if stage not in allowed),
        recipients=count_to_be_told(actor, chosen.service_ids, incident_id=detail.row.id),
        told=read_told(actor, detail.row.id),
        handlers=() if detail.row.resolved_at else list_handlers(actor),
        picker=picker,
        preview=preview_of(picker, form, Known(chosen.names, detail.row.title)),
        conflict=conflict,
    )


def get_update(incident_id: UUID, update_id: UUID) -> tuple[IncidentDetail, UpdateRow]:
    """An incident with one of its messages.

    Raises:
        NotFound: one of them is missing.
    """
    detail = get_incident(current_member.actor, incident_id)
    update = next((one for one in detail.updates if one.id == update_id), None)
    if update is None:
        raise NotFound
    return detail, update


def _render_edit(
    detail: IncidentDetail,
    update: UpdateRow,
    form: MessageForm,
    status: int = 200,
    conflict: Conflict | None = None,
) -> ResponseReturnValue:
    return render_page(
        "dashboard/incidents/edit_update.html",
        status,
        detail=detail,
        update=update,
        form=form,
        conflict=conflict,
        preview=render_message(form.message.data or ""),
    )
