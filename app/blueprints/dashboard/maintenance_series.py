"""Maintenance that comes again and again: a series, its occurrences, changing all of them, and its end."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request
from flask.typing import ResponseReturnValue

from app import clock
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, done_elsewhere, render_page
from app.blueprints.dashboard.cursors import read_cursor
from app.blueprints.dashboard.maintenance_forms import CallOffForm, ScheduleForm, Times
from app.blueprints.dashboard.plans import coming_of, for_fields, plan_values
from app.blueprints.dashboard.repeats import Repeats, rule_in_words
from app.blueprints.dashboard.touched import TouchedServices, read_touched, touched
from app.errors import Conflict, Invalid, InvalidTransition
from app.maintenance import series
from app.maintenance.recurrences import instant_of
from app.maintenance.series_detail import SeriesDetail, get_series
from app.organizations.rules import Role
from app.text.local_times import wall_time
from app.translated.queries import list_own_texts
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, requires


@blueprint.get("/maintenance/series/<uuid:series_id>")
def show_series(series_id: UUID) -> ResponseReturnValue:
    """A series with what is to come of it and what was."""
    detail = get_series(current_member.actor, series_id, after=read_cursor(request.args.get("past", "")))
    return render_page(
        "dashboard/maintenance/series.html",
        detail=detail,
        repeats=rule_in_words(detail.row.rule),
        series_zone=ZoneInfo(detail.row.time_zone),
        first_start=_first_start(detail),
        now=clock.now(),
    )


@blueprint.get("/maintenance/series/<uuid:series_id>/edit")
@requires(Role.EDITOR)
def edit_series(series_id: UUID) -> ResponseReturnValue:
    detail = get_series(current_member.actor, series_id)
    return _render_edit(detail, _form_of(detail), touched(service.service_id for service in detail.affected))


@blueprint.post("/maintenance/series/<uuid:series_id>/edit/draft")
@requires(Role.EDITOR)
def draft_series_edit(series_id: UUID) -> ResponseReturnValue:
    """The form as it stands, brought up to date. Nothing is saved."""
    detail = get_series(current_member.actor, series_id)
    return _render_edit(detail, _edit_form(detail), read_touched())


@blueprint.post("/maintenance/series/<uuid:series_id>/edit")
@requires(Role.EDITOR)
def save_series(series_id: UUID) -> ResponseReturnValue:
    detail = get_series(current_member.actor, series_id)
    form, services = _edit_form(detail), read_touched()
    zone = ZoneInfo(detail.row.time_zone)
    form.validate()
    times = form.read_times(zone, _times_of(detail))
    rule = form.read_rule(wall_time(times.starts_at, zone)) if times else ""
    if form.kind is Repeats.NEVER:
        form.repeats.errors = ["Say how often it comes again; to have no more of them, end the series."]
    if times is None or form.errors:
        return _render_edit(detail, form, services, REFUSED)
    try:
        series.edit_series(
            series_id,
            form.to_details(times, services.chosen),
            rule,
            announce=form.announce.data,
            seen_version=form.to_seen_version(),
            by=current_member.actor,
        )
    except Invalid as refusal:
        add_faults(form, for_fields(refusal, form))
        return _render_edit(detail, form, services, REFUSED)
    except (Conflict, InvalidTransition) as conflict:
        detail = get_series(current_member.actor, series_id)
        form.seen_version.data = str(detail.version)
        return _render_edit(detail, form, services, conflict.status, conflict)
    return done_elsewhere(
        "The series is changed, with all that is still to come of it.", "show_series", series_id=series_id
    )


@blueprint.get("/maintenance/series/<uuid:series_id>/end")
@requires(Role.EDITOR)
def confirm_series_end(series_id: UUID) -> ResponseReturnValue:
    """Say what ending means before it is done."""
    detail = get_series(current_member.actor, series_id)
    return _render_end(detail, CallOffForm(data={"notify": True, "seen_version": str(detail.version)}))


@blueprint.post("/maintenance/series/<uuid:series_id>/end")
@requires(Role.EDITOR)
def end_series(series_id: UUID) -> ResponseReturnValue:
    form = CallOffForm()
    try:
        series.end_series(
            series_id,
            form.message.data,
            translations=form.to_own_texts(),
            notify=form.notify.data,
            seen_version=form.to_seen_version(),
            by=current_member.actor,
        )
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_end(get_series(current_member.actor, series_id), form, REFUSED)
    except (Conflict, InvalidTransition) as conflict:
        detail = get_series(current_member.actor, series_id)
        form.seen_version.data = str(detail.version)
        return _render_end(detail, form, conflict.status, conflict)
    return done(
        "The series is ended, and what was still to come of it is cancelled.", "show_series", series_id=series_id
    )


def _render_end(
    detail: SeriesDetail,
    form: CallOffForm,
    status: int = 200,
    conflict: Conflict | InvalidTransition | None = None,
) -> ResponseReturnValue:
    return render_page("dashboard/maintenance/end_series.html", status, detail=detail, form=form, conflict=conflict)


def _first_start(detail: SeriesDetail) -> datetime:
    return instant_of(detail.row.first_start, ZoneInfo(detail.row.time_zone)).astimezone(UTC)


def _times_of(detail: SeriesDetail) -> Times:
    first = _first_start(detail)
    return Times(first, first + detail.row.length)


def _form_of(detail: SeriesDetail) -> ScheduleForm:
    known = {
        "title": detail.row.title,
        "message": detail.message,
        "reminders": _lead_minutes(detail),
        "auto_start": detail.auto_start,
        "auto_complete": detail.auto_complete,
        "expects_failures": detail.expects_failures,
        "notify": detail.notify,
        "announce": False,
        "seen_version": str(detail.version),
    }
    form = _edit_form(detail, known)
    form.put_times(_times_of(detail), ZoneInfo(detail.row.time_zone))
    form.put_rule(detail.row.rule, detail.row.first_start)
    form.put_own_texts(list_own_texts(current_member.actor, detail.row.id))
    return form


def _edit_form(detail: SeriesDetail, known: dict[str, object] | None = None) -> ScheduleForm:
    form = ScheduleForm(data=known)
    form.offer_reminders(_lead_minutes(detail))
    return form


def _lead_minutes(detail: SeriesDetail) -> list[int]:
    return [lead // timedelta(minutes=1) for lead in detail.leads]


def _render_edit(
    detail: SeriesDetail,
    form: ScheduleForm,
    services: TouchedServices,
    status: int = 200,
    conflict: Conflict | InvalidTransition | None = None,
) -> ResponseReturnValue:
    zone = ZoneInfo(detail.row.time_zone)
    values = plan_values(form, services) | {
        "typed_zone": zone,
        "times": form.find_times(zone),
        "remarks": form.remarks(zone),
    }
    return render_page(
        "dashboard/maintenance/edit_series.html",
        status,
        detail=detail,
        coming=coming_of(form, zone),
        conflict=conflict,
        **values,
    )
