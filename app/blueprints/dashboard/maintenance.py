"""Planned maintenance: the list, planning a window, and changing the plan. What is done to one is in `windows`."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request
from flask.typing import ResponseReturnValue

from app import clock
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import current_organization, done_elsewhere, render_page
from app.blueprints.dashboard.cursors import read_cursor
from app.blueprints.dashboard.filling import Known, Picker, finish, preview_of, read_picker, write
from app.blueprints.dashboard.maintenance_forms import PlanForm, ScheduleForm, Times, new_plan
from app.blueprints.dashboard.repeats import Repeats, rule_in_words, unit_of
from app.blueprints.dashboard.touched import TouchedServices, read_touched, touched
from app.delivery.queries import count_to_be_told
from app.errors import Conflict, Invalid, InvalidTransition
from app.incidents.message_templates.rules import TemplateKind
from app.maintenance import actions, series
from app.maintenance.details import MaintenanceDetails, find_text_faults
from app.maintenance.queries import MaintenancePage, list_maintenances, list_past, list_upcoming
from app.maintenance.recurrences import Recurrence, check_rule, clean_rule, starts
from app.maintenance.rules import OPEN
from app.maintenance.series_detail import list_series
from app.maintenance.window_detail import MaintenanceDetail, get_maintenance
from app.organizations.rules import Role
from app.subscribers.rules import NewsKind
from app.text.local_times import wall_time
from app.text.markdown import render_message
from app.text.wording import duration, moment
from app.translated.queries import list_own_texts
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, requires

COMING_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Coming:
    """What the form says of a rule: in words, with the next starts, or why it cannot be followed."""

    unit: str
    words: str = ""
    starts: tuple[datetime, ...] = ()
    more: bool = False
    fault: str = ""


@blueprint.get("/maintenance")
def list_maintenance() -> ResponseReturnValue:
    """What runs, what is to come and what was; or one of these from where it was cut off."""
    actor = current_member.actor
    coming, past = (read_cursor(request.args.get(name, "")) for name in ("coming", "past"))
    if coming:
        return _render_more(list_upcoming(actor, after=coming), are_coming=True)
    if past:
        return _render_more(list_past(actor, after=past), are_coming=False)
    return render_page(
        "dashboard/maintenance/list.html",
        listed=list_maintenances(actor),
        series=list_series(actor),
        now=clock.now(),
    )


@blueprint.get("/maintenance/new")
@requires(Role.EDITOR)
def new_maintenance() -> ResponseReturnValue:
    form = _schedule_form(new_plan())
    form.begin_anew()
    return _render_filled(form, touched())


@blueprint.post("/maintenance/draft")
@requires(Role.EDITOR)
def draft_maintenance() -> ResponseReturnValue:
    """The form as it stands, with what follows from it brought up to date. Nothing is planned."""
    form = _schedule_form()
    form.suggest_end(typed_zone())
    return _render_filled(form, read_touched())


@blueprint.post("/maintenance")
@requires(Role.EDITOR)
def schedule_maintenance() -> ResponseReturnValue:
    form, services = _schedule_form(), read_touched()
    zone = typed_zone()
    form.validate()
    times = form.read_times(zone)
    rule = form.read_rule(wall_time(times.starts_at, zone)) if times else ""
    if times is None or form.errors:
        add_faults(form, Invalid(find_text_faults(form.title.data, form.message.data)))
        return _render_schedule(form, services, REFUSED)
    by, once = current_member.actor, {"announce": form.announce.data, "form_id": form.to_form_id()}
    try:
        texts = finish(read_picker(TemplateKind.MAINTENANCE), form, _known(form, services))
        details = replace(form.to_details(times, services.chosen), title=texts.title, message=texts.message)
        if form.kind is not Repeats.NEVER:
            made = series.create_series(details, rule, zone, by=by, **once)
            return done_elsewhere(
                "The series is planned, and its next ones are on your page.", "show_series", series_id=made.id
            )
        window = actions.schedule_maintenance(details, by=by, **once)
    except Invalid as refusal:
        add_faults(form, for_fields(refusal, form))
        return _render_schedule(form, services, REFUSED)
    except Conflict as conflict:
        form.begin_anew()
        return _render_schedule(form, services, conflict.status, conflict)
    return done_elsewhere("The maintenance is on your page.", "show_window", maintenance_id=window.id)


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


def typed_zone() -> ZoneInfo:
    """The zone of the times that are typed: the page's, whoever types them."""
    return current_organization().zone


blueprint.add_app_template_filter(rule_in_words)


def coming_of(form: ScheduleForm, zone: ZoneInfo) -> Coming:
    """What comes of the form's rule as far as it is filled in."""
    unit = unit_of(form.kind)
    times = form.find_times(zone)
    if form.kind is Repeats.NEVER or times is None:
        return Coming(unit)
    first = wall_time(times.starts_at, zone)
    recurrence = Recurrence(clean_rule(form.read_rule(first)), first, zone)
    if fault := check_rule(recurrence, times.ends_at - times.starts_at):
        return Coming(unit, fault=fault)
    found = tuple(islice(starts(recurrence, after=clock.now()), COMING_SHOWN + 1))
    return Coming(unit, rule_in_words(recurrence.rule), found[:COMING_SHOWN], more=len(found) > COMING_SHOWN)


def for_fields(refusal: Invalid, form: ScheduleForm) -> Invalid:
    """A fault of a rule that the form made itself belongs to the field that chose it."""
    if form.kind is Repeats.RULE or "rule" not in refusal.faults:
        return refusal
    return Invalid({("repeats" if name == "rule" else name): fault for name, fault in refusal.faults.items()})


def plan_values(form: PlanForm, services: TouchedServices) -> dict[str, object]:
    """What every form of a plan shows beside its fields."""
    zone = typed_zone()
    return {
        "form": form,
        "services": services,
        "typed_zone": zone,
        "times": form.find_times(zone),
        "remarks": form.remarks(zone),
        "recipients": count_to_be_told(current_member.actor, services.chosen, kind=NewsKind.MAINTENANCE),
        "preview": render_message(form.message.data or ""),
    }


def _render_more(page: MaintenancePage, *, are_coming: bool) -> ResponseReturnValue:
    return render_page("dashboard/maintenance/more.html", page=page, are_coming=are_coming, now=clock.now())


def _schedule_form(known: dict[str, object] | None = None) -> ScheduleForm:
    form = ScheduleForm(data=known)
    form.offer_reminders()
    return form


def _known(form: ScheduleForm, services: TouchedServices) -> Known:
    """What a template can say of the plan. A series has no one start."""
    zone = typed_zone()
    times = form.find_times(zone) if form.kind is Repeats.NEVER else None
    more = {}
    if times is not None:
        more = {
            "starts": moment(times.starts_at, zone),
            "ends": moment(times.ends_at, zone),
            "duration": duration(times.ends_at - times.starts_at),
        }
    return Known(services.names, more=more)


def _render_filled(form: ScheduleForm, services: TouchedServices) -> ResponseReturnValue:
    """The form with what a template that is picked just now has for it."""
    picker = read_picker(TemplateKind.MAINTENANCE, picks=True)
    if picker.picked is not None:
        services = touched(services.chosen.union(picker.service_ids))
    return _render_schedule(form, services, picker=write(picker, form, _known(form, services)))


def _render_schedule(
    form: ScheduleForm,
    services: TouchedServices,
    status: int = 200,
    conflict: Conflict | None = None,
    picker: Picker | None = None,
) -> ResponseReturnValue:
    picker = picker or read_picker(TemplateKind.MAINTENANCE)
    values = plan_values(form, services) | {"preview": preview_of(picker, form, _known(form, services))}
    return render_page(
        "dashboard/maintenance/new.html",
        status,
        coming=coming_of(form, typed_zone()),
        conflict=conflict,
        picker=picker,
        **values,
    )


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
