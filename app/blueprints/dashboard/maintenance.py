"""Planned maintenance: the list, and planning a window or a series."""

from dataclasses import replace

from flask import request
from flask.typing import ResponseReturnValue

from app import clock
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done_elsewhere, render_page, typed_zone
from app.blueprints.dashboard.cursors import read_cursor
from app.blueprints.dashboard.filling import Known, Picker, finish, preview_of, read_picker, write
from app.blueprints.dashboard.maintenance_forms import ScheduleForm, new_plan
from app.blueprints.dashboard.plans import coming_of, for_fields, plan_values
from app.blueprints.dashboard.repeats import Repeats, rule_in_words
from app.blueprints.dashboard.touched import TouchedServices, read_touched, touched
from app.errors import Conflict, Invalid
from app.incidents.message_templates.rules import TemplateKind
from app.maintenance import actions, series
from app.maintenance.details import find_text_faults
from app.maintenance.queries import MaintenancePage, list_maintenances, list_past, list_upcoming
from app.maintenance.series_detail import list_series
from app.organizations.rules import Role
from app.text.local_times import wall_time
from app.text.wording import duration, moment
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, requires

blueprint.add_app_template_filter(rule_in_words)


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
