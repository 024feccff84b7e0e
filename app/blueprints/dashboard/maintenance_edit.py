"""Changing the plan of one window. What else is done to one is in `windows`."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from flask.typing import ResponseReturnValue

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done_elsewhere, render_page, typed_zone
from app.blueprints.dashboard.maintenance_forms import PlanForm, Times
from app.blueprints.dashboard.plans import plan_values
from app.blueprints.dashboard.touched import TouchedServices, read_touched, touched
from app.errors import Conflict, Invalid, InvalidTransition
from app.maintenance import actions
from app.maintenance.details import MaintenanceDetails, find_text_faults
from app.maintenance.rules import OPEN
from app.maintenance.window_detail import MaintenanceDetail, get_maintenance
from app.organizations.rules import Role
from app.translated.queries import list_own_texts
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, requires


@blueprint.get("/maintenance/<uuid:maintenance_id>/edit")
@requires(Role.EDITOR)
def edit_maintenance(maintenance_id: UUID) -> ResponseReturnValue:
    detail = get_maintenance(current_member.actor, maintenance_id)
    return _render_edit(detail, _form_of(detail), touched(_service_ids(detail)))


@blueprint.post("/maintenance/<uuid:maintenance_id>/edit/draft")
@requires(Role.EDITOR)
def draft_maintenance_edit(maintenance_id: UUID) -> ResponseReturnValue:
    """The form as it stands, brought up to date. Nothing is saved."""
    detail = get_maintenance(current_member.actor, maintenance_id)
    return _render_edit(detail, _edit_form(detail), read_touched())


@blueprint.post("/maintenance/<uuid:maintenance_id>/edit")
@requires(Role.EDITOR)
def save_maintenance(maintenance_id: UUID) -> ResponseReturnValue:
    detail = get_maintenance(current_member.actor, maintenance_id)
    form, services = _edit_form(detail), read_touched()
    kept = Times(detail.row.starts_at, detail.row.ends_at)
    form.validate()
    is_over = detail.row.stage not in OPEN
    times = kept if is_over else form.read_times(typed_zone(), kept)
    if times is None or form.errors:
        add_faults(form, Invalid(find_text_faults(form.title.data, form.message.data)))
        return _render_edit(detail, form, services, REFUSED)
    details = form.to_details(times, services.chosen)
    if is_over:
        details = _with_texts_only(detail, details)
    elif detail.row.running:
        details = replace(details, starts_at=kept.starts_at)
    try:
        actions.edit_maintenance(
            maintenance_id,
            details,
            announce=form.announce.data,
            seen_version=form.to_seen_version(),
            by=current_member.actor,
        )
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_edit(detail, form, services, REFUSED)
    except (Conflict, InvalidTransition) as conflict:
        detail = get_maintenance(current_member.actor, maintenance_id)
        form.seen_version.data = str(detail.version)
        return _render_edit(detail, form, services, conflict.status, conflict)
    return done_elsewhere("The maintenance is changed.", "show_window", maintenance_id=maintenance_id)


def _form_of(detail: MaintenanceDetail) -> PlanForm:
    row = detail.row
    known = {
        "title": row.title,
        "message": detail.message,
        "reminders": _lead_minutes(detail),
        "auto_start": row.auto_start,
        "auto_complete": row.auto_complete,
        "expects_failures": detail.expects_failures,
        "notify": detail.notify,
        "announce": False,
        "seen_version": str(detail.version),
    }
    form = _edit_form(detail, known)
    form.put_times(Times(row.starts_at, row.ends_at), typed_zone())
    form.put_own_texts(list_own_texts(current_member.actor, row.id))
    return form


def _edit_form(detail: MaintenanceDetail, known: dict[str, object] | None = None) -> PlanForm:
    form = PlanForm(data=known)
    form.offer_reminders(_lead_minutes(detail))
    return form


def _lead_minutes(detail: MaintenanceDetail) -> list[int]:
    return [reminder.lead // timedelta(minutes=1) for reminder in detail.reminders]


def _service_ids(detail: MaintenanceDetail) -> tuple[UUID, ...]:
    return tuple(service.service_id for service in detail.row.affected)


def _with_texts_only(detail: MaintenanceDetail, details: MaintenanceDetails) -> MaintenanceDetails:
    """Of what is over only the words can be mended; the form has nothing else."""
    return replace(
        details,
        starts_at=detail.row.starts_at,
        ends_at=detail.row.ends_at,
        service_ids=_service_ids(detail),
        reminders=[reminder.lead for reminder in detail.reminders],
        auto_start=detail.row.auto_start,
        auto_complete=detail.row.auto_complete,
        expects_failures=detail.expects_failures,
        notify=detail.notify,
    )


def _render_edit(
    detail: MaintenanceDetail,
    form: PlanForm,
    services: TouchedServices,
    status: int = 200,
    conflict: Conflict | InvalidTransition | None = None,
) -> ResponseReturnValue:
    return render_page(
        "dashboard/maintenance/edit.html",
        status,
        detail=detail,
        is_over=detail.row.stage not in OPEN,
        conflict=conflict,
        **plan_values(form, services),
    )
