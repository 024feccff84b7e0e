"""What can be done to windows that come again and again. Each occurrence near enough is a window of its own.

An occurrence that somebody moved, edited or skipped no longer changes with its series (decision 0016).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.edits.rules import Subject
from app.errors import Conflict, Invalid, InvalidTransition
from app.maintenance import rules
from app.maintenance.details import MaintenanceDetails, find_faults
from app.maintenance.models import Maintenance, MaintenanceSeries
from app.maintenance.occurrences import (
    drop_window,
    follow_series,
    lock_coming,
    lock_scheduled,
    plan_occurrences,
    read_series_services,
    recurrence_of,
    write_series_services,
)
from app.maintenance.recurrences import Recurrence, check_rule, clean_rule, upcoming
from app.maintenance.rules import MaintenanceStage
from app.maintenance.windows import (
    DEFAULT_WORDS,
    add_update,
    check_room,
    emit,
    find_message_faults,
)
from app.services.claims import lock_services
from app.text.local_times import wall_time
from app.text.markdown import render_markdown
from app.translated.actions import keep_translations
from app.translated.rules import NO_TEXTS, OwnTexts, with_words


def create_series(
    details: MaintenanceDetails,
    rule: str,
    zone: ZoneInfo,
    *,
    announce: bool = True,
    form_id: UUID | None = None,
    by: Actor,
) -> MaintenanceSeries:
    """Plan windows that come again: `details` are those of the first, `rule` is an RRULE of RFC 5545.

    The wall time in `zone` (the page's) stays the same when the clocks change. The near occurrences are planned at
    once, later ones by the clock. `announce` tells subscribers of the first; reminders tell of the others.

    Raises:
        Invalid: something is refused, or there are too many already; faults of the rule are told for the field `rule`.
        NotFound: an affected service is missing.
        Conflict: the same form has planned something else already.
    """
    now = clock.now()
    recurrence = Recurrence(clean_rule(rule), wall_time(details.starts_at, zone), zone)
    _check(details, recurrence, now, is_new=True)
    with organization_scope(by) as scope:
        if (planned := _planned_before(scope, form_id, details)) is not None:
            return planned
        check_room(scope)
        _check_series_room(scope)
        lock_services(scope, details.service_ids)
        series = MaintenanceSeries(
            organization_id=by.organization_id,
            created_at=now,
            created_by_user_id=by.user_id,
            created_by_name=by.name,
            form_id=form_id,
        )
        _write_details(series, details, recurrence)
        scope.session.add(series)
        scope.session.flush()
        keep_translations(scope, Subject.MAINTENANCE, series.id, with_words(details.translations))
        write_series_services(scope, series, details.service_ids)
        coming = plan_occurrences(scope, series, recurrence, details.service_ids, now)
        scope.record("maintenance_series.created", series, name=series.title, changes=_said(announce, coming))
        emit(scope, "maintenance.scheduled", coming[0], notify=announce, series_id=str(series.id))
    return series


def edit_series(
    series_id: UUID,
    details: MaintenanceDetails,
    rule: str,
    *,
    announce: bool = False,
    seen_version: int | None = None,
    by: Actor,
) -> MaintenanceSeries:
    """Change a series and all its occurrences that have not begun and that nobody has changed one by one.

    Those that the new rule does not have are cancelled, new ones are planned. The zone stays the one it began with.

    Raises:
        Invalid, NotFound: as `create_series`.
        InvalidTransition: the series was ended.
        Conflict: someone else changed it since the form was opened.
    """
    now = clock.now()
    with organization_scope(by) as scope:
        series = scope.lock(MaintenanceSeries, series_id)
        _check_version(series, seen_version)
        if series.ended_at is not None:
            raise InvalidTransition("This series was ended. Create a new one.")
        zone = ZoneInfo(series.time_zone)
        recurrence = Recurrence(clean_rule(rule), wall_time(details.starts_at, zone), zone)
        _check(details, recurrence, now, is_new=False)
        occurrences = lock_coming(scope, series, now)
        lock_services(scope, details.service_ids)
        series.version += 1
        _write_details(series, details, recurrence)
        keep_translations(scope, Subject.MAINTENANCE, series.id, details.translations)
        write_series_services(scope, series, details.service_ids)
        follow_series(scope, recurrence, occurrences, details, now)
        coming = plan_occurrences(scope, series, recurrence, details.service_ids, now)
        scope.record("maintenance_series.edited", series, name=series.title, changes=_said(announce, coming))
        _tell_nearest(scope, "maintenance.edited", series, coming, notify=announce)
    return series


def end_series(
    series_id: UUID,
    message: str = "",
    *,
    translations: OwnTexts = NO_TEXTS,
    notify: bool = True,
    seen_version: int | None = None,
    by: Actor,
) -> MaintenanceSeries:
    """Let no more occurrences come. Those planned already are cancelled, moved ones too; a running one goes on.

    Raises:
        Invalid: the message is refused, in whatever language.
        NotFound: no such series.
        InvalidTransition: it was ended before.
        Conflict: someone else changed it since the form was opened.
    """
    if faults := find_message_faults(message, translations):
        raise Invalid(faults)
    with organization_scope(by) as scope:
        series = scope.lock(MaintenanceSeries, series_id)
        if series.ended_at is not None:
            raise InvalidTransition("This series was ended already.")
        _check_version(series, seen_version)
        now = clock.now()
        series.ended_at, series.due_at = now, None
        series.version += 1
        cancelled = lock_scheduled(scope, series)
        for window in cancelled:
            drop_window(window, now)
        scope.record("maintenance_series.ended", series, name=series.title, changes=_said(notify, cancelled))
        if cancelled:
            words = message or DEFAULT_WORDS[MaintenanceStage.CANCELLED]
            update = add_update(scope, cancelled[0], words, translations=translations, notify=notify, at=now)
            emit(scope, "maintenance.cancelled", cancelled[0], update, notify=notify, series_id=str(series.id))
        else:
            scope.emit("maintenance_series.ended", {"series_id": str(series.id)}, visible=False)
    return series


def continue_series(series_id: UUID, *, by: Actor) -> datetime | None:
    """Plan the occurrences that have come near enough; done twice, the second time plans none.

    Returns:
        When the clock has to look again; None: never.

    Raises:
        NotFound: no such series.
    """
    with organization_scope(by) as scope:
        series = scope.lock(MaintenanceSeries, series_id)
        if series.ended_at is not None:
            return None
        now = clock.now()
        new = plan_occurrences(scope, series, recurrence_of(series), read_series_services(scope, series), now)
        if new:
            planned = {"occurrences": (None, [window.starts_at for window in new])}
            scope.record("maintenance_series.continued", series, name=series.title, changes=planned)
            emit(scope, "maintenance.scheduled", new[0], notify=False, series_id=str(series.id))
        return series.due_at


def _check(details: MaintenanceDetails, recurrence: Recurrence, now: datetime, *, is_new: bool) -> None:
    """Raises `Invalid`."""
    faults = find_faults(details, now, new_start=False, new_times=False)
    if fault := rules.check_first_start(details.starts_at, now, is_new=is_new):
        faults["starts_at"] = fault
    if fault := rules.check_span(details.starts_at, details.ends_at):
        faults["ends_at"] = fault
    elif fault := check_rule(recurrence, details.length):
        faults["rule"] = fault
    elif not upcoming(recurrence, now)[0]:
        faults["rule"] = "By this rule it never comes again. Choose other days, or a later end."
    if faults:
        raise Invalid(faults)


def _check_series_room(scope: Scope) -> None:
    """Raises `Invalid`. Call it after `check_room`, where others wait."""
    going_on = scope.session.scalar(
        select(func.count()).where(
            MaintenanceSeries.organization_id == scope.organization_id, MaintenanceSeries.ended_at.is_(None)
        )
    )
    if (going_on or 0) >= rules.MOST_SERIES:
        raise Invalid({"series": f"There are {rules.MOST_SERIES} series. End one that you do not need any more."})


def _planned_before(scope: Scope, form_id: UUID | None, details: MaintenanceDetails) -> MaintenanceSeries | None:
    if form_id is None:
        return None
    scope.take_turns(f"form {form_id}")
    series = scope.session.scalar(
        select(MaintenanceSeries).where(
            MaintenanceSeries.organization_id == scope.organization_id, MaintenanceSeries.form_id == form_id
        )
    )
    if series is not None and (series.title, series.message) != (details.title, details.message):
        raise Conflict("You sent this form before, with other words. Send it again if you mean another series.")
    return series


def _write_details(series: MaintenanceSeries, details: MaintenanceDetails, recurrence: Recurrence) -> None:
    series.title, series.message, series.html = details.title, details.message, render_markdown(details.message)
    series.rule, series.time_zone = recurrence.rule, recurrence.zone.key
    series.first_start, series.length = recurrence.first, details.length
    series.lead_minutes = details.lead_minutes
    series.auto_start, series.auto_complete = details.auto_start, details.auto_complete
    series.expects_failures, series.notify = details.expects_failures, details.notify


def _tell_nearest(
    scope: Scope, kind: str, series: MaintenanceSeries, new: Sequence[Maintenance], *, notify: bool
) -> None:
    """One event for the whole series, told with the next occurrence: nobody reads ten mails of one change."""
    nearest = min(lock_scheduled(scope, series), key=lambda window: window.starts_at, default=None)
    if nearest is None:
        scope.emit("maintenance_series.edited", {"series_id": str(series.id)}, visible=bool(new))
    else:
        emit(scope, kind, nearest, notify=notify, series_id=str(series.id))


def _check_version(series: MaintenanceSeries, seen_version: int | None) -> None:
    if seen_version is not None and seen_version != series.version:
        raise Conflict("This series has changed while you were writing. Read what is new, then change yours.")


def _said(notify: bool, windows: Iterable[Maintenance]) -> dict[str, tuple[object, object]]:
    return {"notify": (None, notify), "occurrences": (None, [window.starts_at for window in windows])}
