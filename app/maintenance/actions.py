"""What members can do to a window. Services follow at once, in the same transaction; people are told by the event.

What the clock does is in `due.py`, what is done to windows that come again and again in `series.py`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.edits.actions import keep_edit
from app.edits.rules import Subject
from app.errors import Conflict, Invalid, InvalidTransition, NotFound
from app.maintenance import rules
from app.maintenance.details import MaintenanceDetails, apply_details, differs, find_faults, new_window
from app.maintenance.models import Maintenance, MaintenanceUpdate
from app.maintenance.rules import OPEN, RUNNING, MaintenanceStage
from app.maintenance.settling import settle_window
from app.maintenance.windows import (
    DEFAULT_WORDS,
    EXTENDED,
    add_update,
    change_stage,
    check_length,
    check_room,
    check_version,
    emit,
    find_message_faults,
    is_posted,
    read_service_ids,
    tell,
    touch,
    write_service_ids,
)
from app.services.claims import lock_services
from app.text.markdown import render_markdown
from app.translated.actions import keep_translations
from app.translated.rules import NO_TEXTS, OwnTexts


@dataclass(frozen=True, slots=True)
class NewMessage:
    """The next message of a window, and the stage that it goes to."""

    stage: MaintenanceStage
    message: str = ""
    """May be empty where the stage changes: then it says what there is to say of the step."""
    notify: bool = True
    seen_version: int | None = None
    """The window's version when the form was opened; None posts whatever has happened since."""
    form_id: UUID | None = None
    """The form it was written in: sent twice (a double click, a reload), it posts once."""
    translations: OwnTexts = field(default_factory=dict)
    """The message in further languages."""


def schedule_maintenance(
    details: MaintenanceDetails, *, announce: bool = True, form_id: UUID | None = None, by: Actor
) -> Maintenance:
    """Plan a window. The clock starts and ends it, where that is wished, and reminds of it.

    One that should have begun within the last hour begins now. `announce` tells subscribers of the plan.

    Raises:
        Invalid: something is refused, or there are too many already.
        NotFound: an affected service is missing.
        Conflict: the same form has planned something else already.
    """
    now = clock.now()
    if faults := find_faults(details, now):
        raise Invalid(faults)
    with organization_scope(by) as scope:
        if (planned := _planned_before(scope, form_id, details)) is not None:
            return planned
        check_room(scope)
        lock_services(scope, details.service_ids)
        window = new_window(details, now, by=by)
        window.form_id = form_id
        touch(window, now)
        scope.session.add(window)
        scope.session.flush()
        keep_translations(scope, Subject.MAINTENANCE, window.id, details.translations)
        write_service_ids(scope, window, details.service_ids)
        tell(scope, "maintenance.scheduled", window, notify=announce, service_ids=details.service_ids)
    return window


def edit_maintenance(
    maintenance_id: UUID,
    details: MaintenanceDetails,
    *,
    announce: bool = False,
    seen_version: int | None = None,
    by: Actor,
) -> Maintenance:
    """Change a window. Services that are added to a running one are under maintenance at once, others come back.

    A start that is moved is reminded of anew. An occurrence of a series no longer changes with it. Nothing changed:
    nothing is told.

    Raises:
        Invalid: something is refused.
        NotFound: no such window, or an affected service is missing.
        InvalidTransition: it has begun and its start is changed, or it is over and more than its texts is changed.
        Conflict: someone else changed it since the form was opened.
    """
    with organization_scope(by) as scope:
        window = scope.lock(Maintenance, maintenance_id)
        check_version(window, seen_version)
        before = read_service_ids(scope, window)
        now = clock.now()
        new_start = window.starts_at != details.starts_at
        new_times = new_start or window.ends_at != details.ends_at
        if faults := find_faults(details, now, new_start=new_start, new_times=new_times):
            raise Invalid(faults)
        _check_editable(window, details, before)
        translated = keep_translations(scope, Subject.MAINTENANCE, window.id, details.translations)
        if not differs(window, details, before) and not translated:
            return window
        services = lock_services(scope, before | set(details.service_ids))
        # Only now: whoever waited for the lock speaks after the one that held it.
        now = clock.now()
        apply_details(scope, window, details, now)
        window.follows_series = False
        touch(window, now)
        write_service_ids(scope, window, details.service_ids)
        if window.stage in RUNNING:
            settle_window(scope, window, services.values(), now, service_ids=details.service_ids)
        tell(scope, "maintenance.edited", window, notify=announce, service_ids=before | set(details.service_ids))
    return window


def cancel_maintenance(
    maintenance_id: UUID,
    message: str = "",
    *,
    translations: OwnTexts = NO_TEXTS,
    notify: bool = True,
    seen_version: int | None = None,
    form_id: UUID | None = None,
    by: Actor,
) -> Maintenance:
    """Call a window off before it begins; for an occurrence of a series that is to skip it.

    Raises:
        Invalid: the message is refused, in whatever language.
        NotFound: no such window.
        InvalidTransition: it has begun, or is over already.
        Conflict: someone else changed it since the form was opened.
    """
    if faults := find_message_faults(message, translations):
        raise Invalid(faults)
    message = message or DEFAULT_WORDS[MaintenanceStage.CANCELLED]
    with organization_scope(by) as scope:
        window = scope.lock(Maintenance, maintenance_id)
        if is_posted(scope, form_id, message):
            return window
        rules.check_cancel(window.stage)
        check_version(window, seen_version)
        now = clock.now()
        change_stage(window, MaintenanceStage.CANCELLED, now)
        window.follows_series = False
        touch(window, now)
        update = add_update(scope, window, message, translations=translations, notify=notify, at=now, form_id=form_id)
        tell(scope, "maintenance.cancelled", window, update, notify=notify)
    return window


def post_message(maintenance_id: UUID, new: NewMessage, *, by: Actor) -> Maintenance:
    """Say something about a window, and move it along: start it now, verify, finish it (early or late).

    Raises:
        Invalid: the message is refused; it may be missing only where the stage changes.
        NotFound: no such window.
        InvalidTransition: the window cannot go to `new.stage`.
        Conflict: someone else changed it since the form was opened, or the form has posted something else already.
    """
    message = new.message or DEFAULT_WORDS.get(new.stage, "")
    with organization_scope(by) as scope:
        window = scope.lock(Maintenance, maintenance_id)
        if is_posted(scope, new.form_id, message):
            return window
        if window.stage in OPEN:  # what is over takes no message at all, whatever else was overtaken
            check_version(window, new.seen_version)
        rules.check_transition(window.stage, new.stage)
        moves = new.stage is not window.stage
        if new.stage is MaintenanceStage.IN_PROGRESS and moves and window.ends_at <= clock.now():
            raise InvalidTransition("The planned end has passed already. Give it a new end first, then start it.")
        if faults := find_message_faults(new.message, new.translations, required=not moves):
            raise Invalid(faults)
        if not moves:
            check_length(scope, window)
        services = lock_services(scope, read_service_ids(scope, window)) if moves else {}
        # Only now: whoever waited for the lock speaks after the one that held it.
        now = clock.now()
        change_stage(window, new.stage, now)
        touch(window, now)
        update = add_update(
            scope, window, message, translations=new.translations, notify=new.notify, at=now, form_id=new.form_id
        )
        if moves:
            settle_window(scope, window, services.values(), now, service_ids=services)
        tell(scope, _KINDS[new.stage] if moves else "maintenance.updated", window, update, notify=new.notify)
    return window


def extend_maintenance(
    maintenance_id: UUID,
    ends_at: datetime,
    message: str = "",
    *,
    translations: OwnTexts = NO_TEXTS,
    notify: bool = True,
    seen_version: int | None = None,
    form_id: UUID | None = None,
    by: Actor,
) -> Maintenance:
    """Let a running window go on longer. Should it run over again, its members are told again.

    Raises:
        Invalid: `ends_at` is not later than now and than the present end, or makes it too long; or the message is
            refused, in whatever language.
        NotFound: no such window.
        InvalidTransition: it has not begun, or is over.
        Conflict: someone else changed it since the form was opened.
    """
    message = message or EXTENDED
    with organization_scope(by) as scope:
        window = scope.lock(Maintenance, maintenance_id)
        now = clock.now()
        if is_posted(scope, form_id, message):
            return window
        rules.check_extension(window.stage)
        check_version(window, seen_version)
        if faults := _end_faults(window, ends_at, now) | find_message_faults(message, translations):
            raise Invalid(faults)
        window.ends_at, window.overran_at = ends_at, None
        touch(window, now)
        update = add_update(scope, window, message, translations=translations, notify=notify, at=now, form_id=form_id)
        tell(scope, "maintenance.extended", window, update, notify=notify)
    return window


def edit_message(
    maintenance_id: UUID,
    update_id: UUID,
    message: str,
    *,
    translations: OwnTexts = NO_TEXTS,
    seen_version: int | None = None,
    by: Actor,
) -> MaintenanceUpdate:
    """Mend the text of a message, or what it says in further languages. Visitors see that it was edited; nobody is
    told again.

    Raises:
        Invalid: the message is refused.
        NotFound: no such window or message.
        Conflict: the window has changed since the form was opened.
    """
    if faults := find_message_faults(message, translations, required=True):
        raise Invalid(faults)
    with organization_scope(by) as scope:
        window = scope.lock(Maintenance, maintenance_id)
        update = scope.lock(MaintenanceUpdate, update_id)
        if update.maintenance_id != window.id:
            raise NotFound
        reworded = keep_edit(
            scope, Subject.MAINTENANCE_UPDATE, update.id, "message", before=update.message, after=message
        )
        if keep_translations(scope, Subject.MAINTENANCE_UPDATE, update.id, translations) or reworded:
            check_version(window, seen_version)
            now = clock.now()
            if reworded:
                update.message, update.html, update.edited_at = message, render_markdown(message), now
            touch(window, now)
            scope.record("maintenance_update.edited", update, name=window.title)
            emit(scope, "maintenance.edited", window, update, notify=False)
    return update


_KINDS = {
    MaintenanceStage.IN_PROGRESS: "maintenance.started",
    MaintenanceStage.VERIFYING: "maintenance.verifying",
    MaintenanceStage.COMPLETED: "maintenance.completed",
}


def _planned_before(scope: Scope, form_id: UUID | None, details: MaintenanceDetails) -> Maintenance | None:
    if form_id is None:
        return None
    scope.take_turns(f"form {form_id}")
    window = scope.session.scalar(
        select(Maintenance).where(Maintenance.organization_id == scope.organization_id, Maintenance.form_id == form_id)
    )
    if window is not None and (window.title, window.message) != (details.title, details.message):
        raise Conflict("You sent this form before, with other words. Send it again if you mean another maintenance.")
    return window


def _check_editable(window: Maintenance, details: MaintenanceDetails, before: Collection[UUID]) -> None:
    if window.stage in RUNNING and details.starts_at != window.starts_at:
        raise InvalidTransition("This maintenance has begun; its start cannot be changed any more.")
    if window.stage not in OPEN and differs(window, details, before, texts=False):
        raise InvalidTransition(f"This maintenance is {window.stage}; only its texts can still be mended.")


def _end_faults(window: Maintenance, ends_at: datetime, now: datetime) -> dict[str, str]:
    fault = rules.check_end(window.starts_at, ends_at, now)
    if fault is None and ends_at <= window.ends_at:
        fault = "Give a time after the present end. To be done sooner, finish it early."
    return {"ends_at": fault} if fault else {}
