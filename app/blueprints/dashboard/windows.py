"""One window of maintenance: its page, the messages on it, and every step that it takes."""

from datetime import timedelta
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app import clock
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, done_elsewhere, render_page, typed_zone
from app.blueprints.dashboard.forms import MessageForm
from app.blueprints.dashboard.maintenance_forms import CallOffForm, ExtendForm, WindowMessageForm
from app.blueprints.dashboard.repeats import rule_in_words
from app.delivery.queries import count_to_be_told, read_told
from app.errors import Conflict, Invalid, InvalidTransition, NotFound
from app.maintenance import actions
from app.maintenance.rules import MaintenanceStage, allowed_stages, check_cancel, check_extension
from app.maintenance.window_detail import MaintenanceDetail, UpdateRow, get_maintenance
from app.organizations.rules import Role
from app.subscribers.rules import NewsKind
from app.text.markdown import render_message
from app.translated.queries import list_own_texts
from app.web.forms import REFUSED, add_faults
from app.web.local_times import write_local_time
from app.web.members import current_member, requires

SAID = {
    MaintenanceStage.IN_PROGRESS: "The maintenance has begun.",
    MaintenanceStage.VERIFYING: "The page says that you are checking.",
    MaintenanceStage.COMPLETED: "The maintenance is completed.",
}

LIKELY_EXTENSION = timedelta(hours=1)


@blueprint.get("/maintenance/<uuid:maintenance_id>")
def show_window(maintenance_id: UUID) -> ResponseReturnValue:
    """The page with a fresh form, at the window's present stage or at the one that a link asked for."""
    detail = get_maintenance(current_member.actor, maintenance_id)
    allowed = allowed_stages(detail.row.stage)
    wanted = request.args.get("stage")
    stage = MaintenanceStage(wanted) if wanted in set(allowed) else detail.row.stage
    form = WindowMessageForm(data={"stage": stage.value, "notify": True, "seen_version": str(detail.version)})
    form.begin_anew()
    return _render(detail, form)


@blueprint.post("/maintenance/<uuid:maintenance_id>/updates")
@requires(Role.EDITOR)
def post_window_message(maintenance_id: UUID) -> ResponseReturnValue:
    detail = get_maintenance(current_member.actor, maintenance_id)
    form = WindowMessageForm()
    if not form.validate():
        return _render(detail, form, REFUSED)
    stage = form.to_stage()
    new = actions.NewMessage(
        stage=stage,
        message=form.message.data,
        notify=form.notify.data,
        seen_version=form.to_seen_version(),
        form_id=form.to_form_id(),
        translations=form.to_own_texts(),
    )
    try:
        actions.post_message(maintenance_id, new, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render(detail, form, REFUSED)
    except (Conflict, InvalidTransition) as conflict:
        return _render_conflict(maintenance_id, form, conflict)
    moved = stage is not detail.row.stage
    return done(SAID[stage] if moved else "Your update is on the page.", "show_window", maintenance_id=maintenance_id)


@blueprint.get("/maintenance/<uuid:maintenance_id>/updates/<uuid:update_id>/edit")
@requires(Role.EDITOR)
def edit_window_message(maintenance_id: UUID, update_id: UUID) -> ResponseReturnValue:
    detail, update = _get_update(maintenance_id, update_id)
    form = MessageForm(data={"message": update.message, "seen_version": str(detail.version)})
    form.put_own_texts(list_own_texts(current_member.actor, update_id))
    return _render_edit(detail, update, form)


@blueprint.post("/maintenance/<uuid:maintenance_id>/updates/<uuid:update_id>/edit")
@requires(Role.EDITOR)
def save_window_message(maintenance_id: UUID, update_id: UUID) -> ResponseReturnValue:
    form = MessageForm()
    try:
        actions.edit_message(
            maintenance_id,
            update_id,
            form.message.data,
            translations=form.to_own_texts(),
            seen_version=form.to_seen_version(),
            by=current_member.actor,
        )
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_edit(*_get_update(maintenance_id, update_id), form, REFUSED)
    except Conflict as conflict:
        detail, update = _get_update(maintenance_id, update_id)
        form.seen_version.data = str(detail.version)
        return _render_edit(detail, update, form, conflict.status, conflict)
    return done("The message is saved, and marked as edited.", "show_window", maintenance_id=maintenance_id)


@blueprint.get("/maintenance/<uuid:maintenance_id>/extend")
@requires(Role.EDITOR)
def ask_for_extension(maintenance_id: UUID) -> ResponseReturnValue:
    detail = get_maintenance(current_member.actor, maintenance_id)
    check_extension(detail.row.stage)
    likely = max(detail.row.ends_at, clock.now()) + LIKELY_EXTENSION
    form = ExtendForm(
        data={"ends_at": write_local_time(likely, typed_zone()), "notify": True, "seen_version": str(detail.version)}
    )
    form.begin_anew()
    return _render_extension(detail, form)


@blueprint.post("/maintenance/<uuid:maintenance_id>/extend")
@requires(Role.EDITOR)
def extend_window(maintenance_id: UUID) -> ResponseReturnValue:
    detail = get_maintenance(current_member.actor, maintenance_id)
    form = ExtendForm()
    form.validate()
    ends_at = form.read_end(typed_zone())
    if ends_at is None or form.errors:
        return _render_extension(detail, form, REFUSED)
    try:
        actions.extend_maintenance(
            maintenance_id,
            ends_at,
            form.message.data,
            translations=form.to_own_texts(),
            notify=form.notify.data,
            seen_version=form.to_seen_version(),
            form_id=form.to_form_id(),
            by=current_member.actor,
        )
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_extension(detail, form, REFUSED)
    except (Conflict, InvalidTransition) as conflict:
        detail = get_maintenance(current_member.actor, maintenance_id)
        form.seen_version.data = str(detail.version)
        form.begin_anew()
        return _render_extension(detail, form, conflict.status, conflict)
    return done_elsewhere("The maintenance ends later.", "show_window", maintenance_id=maintenance_id)


@blueprint.get("/maintenance/<uuid:maintenance_id>/cancel")
@requires(Role.EDITOR)
def confirm_cancellation(maintenance_id: UUID) -> ResponseReturnValue:
    """Say what cancelling means before it is done."""
    detail = get_maintenance(current_member.actor, maintenance_id)
    check_cancel(detail.row.stage)
    form = CallOffForm(data={"notify": True, "seen_version": str(detail.version)})
    form.begin_anew()
    return _render_cancellation(detail, form)


@blueprint.post("/maintenance/<uuid:maintenance_id>/cancel")
@requires(Role.EDITOR)
def cancel_window(maintenance_id: UUID) -> ResponseReturnValue:
    form = CallOffForm()
    try:
        actions.cancel_maintenance(
            maintenance_id,
            form.message.data,
            translations=form.to_own_texts(),
            notify=form.notify.data,
            seen_version=form.to_seen_version(),
            form_id=form.to_form_id(),
            by=current_member.actor,
        )
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_cancellation(get_maintenance(current_member.actor, maintenance_id), form, REFUSED)
    except (Conflict, InvalidTransition) as conflict:
        form.begin_anew()
        detail = get_maintenance(current_member.actor, maintenance_id)
        form.seen_version.data = str(detail.version)
        return _render_cancellation(detail, form, conflict.status, conflict)
    return done("The maintenance is cancelled.", "show_window", maintenance_id=maintenance_id)


def _render_conflict(
    maintenance_id: UUID, form: WindowMessageForm, conflict: Conflict | InvalidTransition
) -> ResponseReturnValue:
    """The page as it is now, with what was typed; what is sent from here has seen what is new."""
    detail = get_maintenance(current_member.actor, maintenance_id)
    if form.stage.data not in set(allowed_stages(detail.row.stage)):
        form.stage.data = detail.row.stage.value
    form.seen_version.data = str(detail.version)
    form.begin_anew()
    return _render(detail, form, conflict.status, conflict)


def _render(
    detail: MaintenanceDetail,
    form: WindowMessageForm,
    status: int = 200,
    conflict: Conflict | InvalidTransition | None = None,
) -> ResponseReturnValue:
    allowed = allowed_stages(detail.row.stage)
    form.stage.choices = [(stage.value, stage.label) for stage in MaintenanceStage if stage is not _CANCELLED]
    return render_page(
        "dashboard/maintenance/window.html",
        status,
        detail=detail,
        form=form,
        is_open=bool(allowed),
        other_stages=tuple(stage.value for stage in MaintenanceStage if stage not in allowed),
        recipients=_count_recipients(detail),
        told=read_told(current_member.actor, detail.row.id),
        preview=render_message(form.message.data or ""),
        repeats=rule_in_words(detail.series_rule) if detail.series_rule else "",
        conflict=conflict,
        now=clock.now(),
    )


_CANCELLED = MaintenanceStage.CANCELLED


def _count_recipients(detail: MaintenanceDetail) -> int:
    affected = [service.service_id for service in detail.row.affected]
    return count_to_be_told(current_member.actor, affected, kind=NewsKind.MAINTENANCE)


def _get_update(maintenance_id: UUID, update_id: UUID) -> tuple[MaintenanceDetail, UpdateRow]:
    detail = get_maintenance(current_member.actor, maintenance_id)
    update = next((one for one in detail.updates if one.id == update_id), None)
    if update is None:
        raise NotFound
    return detail, update


def _render_edit(
    detail: MaintenanceDetail,
    update: UpdateRow,
    form: MessageForm,
    status: int = 200,
    conflict: Conflict | None = None,
) -> ResponseReturnValue:
    return render_page(
        "dashboard/maintenance/edit_message.html",
        status,
        detail=detail,
        update=update,
        form=form,
        preview=render_message(form.message.data or ""),
        conflict=conflict,
    )


def _render_extension(
    detail: MaintenanceDetail,
    form: ExtendForm,
    status: int = 200,
    conflict: Conflict | InvalidTransition | None = None,
) -> ResponseReturnValue:
    return render_page(
        "dashboard/maintenance/extend.html",
        status,
        detail=detail,
        form=form,
        recipients=_count_recipients(detail),
        conflict=conflict,
    )


def _render_cancellation(
    detail: MaintenanceDetail,
    form: CallOffForm,
    status: int = 200,
    conflict: Conflict | InvalidTransition | None = None,
) -> ResponseReturnValue:
    return render_page(
        "dashboard/maintenance/cancel.html",
        status,
        detail=detail,
        form=form,
        recipients=_count_recipients(detail),
        conflict=conflict,
    )
