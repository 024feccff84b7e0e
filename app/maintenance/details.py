"""What the form of a window says, and bringing rows in line with it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.database.actor import Actor
from app.database.scope import Scope
from app.edits.actions import keep_edit
from app.edits.rules import Subject
from app.maintenance import rules
from app.maintenance.models import Maintenance
from app.maintenance.rules import DEFAULT_REMINDERS, MaintenanceStage
from app.text.markdown import render_markdown
from app.translated.actions import keep_translations
from app.translated.rules import OwnTexts
from app.translated.rules import find_faults as find_translation_faults


@dataclass(frozen=True, slots=True)
class MaintenanceDetails:
    """What the form of a window asks for; texts are cleaned already, times are aware UTC.

    Faults are told for the fields `title`, `message`, `starts_at`, `ends_at`, `services` and `reminders`.
    """

    title: str
    message: str
    starts_at: datetime
    ends_at: datetime
    service_ids: Collection[UUID] = ()
    reminders: Collection[timedelta] = DEFAULT_REMINDERS
    """How long before the start subscribers are reminded."""
    auto_start: bool = True
    auto_complete: bool = True
    expects_failures: bool = False
    """Whether what monitors find in its services while it runs is to be expected, and not shown."""
    notify: bool = True
    """Whether subscribers are told of what the clock does: reminders, start, completion."""
    translations: OwnTexts = field(default_factory=dict)
    """Title and message in further languages."""

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def lead_minutes(self) -> list[int]:
        """The reminders as they are kept: longest first, each once."""
        return sorted({lead // timedelta(minutes=1) for lead in self.reminders}, reverse=True)


def find_faults(
    details: MaintenanceDetails, now: datetime, *, new_start: bool = True, new_times: bool = True
) -> dict[str, str]:
    """What is wrong with a window's details, by field. Times that stay as they were are not asked about again."""
    found = {
        "starts_at": rules.check_start(details.starts_at, now) if new_start else None,
        "ends_at": rules.check_end(details.starts_at, details.ends_at, now) if new_times else None,
        "services": rules.check_services(len(set(details.service_ids))),
        "reminders": rules.check_leads(details.reminders),
    }
    texts = find_text_faults(details.title, details.message)
    texts |= find_translation_faults(details.translations, rules.check_title, rules.check_message)
    return texts | {name: fault for name, fault in found.items() if fault}


def find_text_faults(title: str, message: str) -> dict[str, str]:
    """What is wrong with a window's texts, by field: to be known also while its times cannot be read."""
    found = {"title": rules.check_title(title), "message": rules.check_message(message)}
    return {name: fault for name, fault in found.items() if fault}


def new_window(details: MaintenanceDetails, now: datetime, *, by: Actor) -> Maintenance:
    """The row of a window that was never planned before."""
    return Maintenance(
        organization_id=by.organization_id,
        title=details.title,
        message=details.message,
        html=render_markdown(details.message),
        stage=MaintenanceStage.SCHEDULED,
        starts_at=details.starts_at,
        ends_at=details.ends_at,
        planned_at=now,
        lead_minutes=details.lead_minutes,
        reminded_through=now,
        auto_start=details.auto_start,
        auto_complete=details.auto_complete,
        expects_failures=details.expects_failures,
        notify=details.notify,
        version=0,
        created_at=now,
        created_by_user_id=by.user_id,
        created_by_name=by.name,
    )


def apply_details(scope: Scope, window: Maintenance, details: MaintenanceDetails, now: datetime) -> None:
    """Bring a window's row in line with its form. What was reminded of already is not repeated for the same start."""
    title_is_new = keep_edit(scope, Subject.MAINTENANCE, window.id, "title", before=window.title, after=details.title)
    message_is_new = keep_edit(
        scope, Subject.MAINTENANCE, window.id, "message", before=window.message, after=details.message
    )
    keep_translations(scope, Subject.MAINTENANCE, window.id, details.translations)
    if title_is_new or message_is_new:
        window.title, window.message, window.html = details.title, details.message, render_markdown(details.message)
        window.edited_at = now
    if (window.starts_at, window.lead_minutes) != (details.starts_at, details.lead_minutes):
        window.lead_minutes, window.reminded_through = details.lead_minutes, now
    if window.starts_at != details.starts_at:
        window.starts_at, window.planned_at = details.starts_at, now
    if window.ends_at != details.ends_at:
        window.ends_at, window.overran_at = details.ends_at, None
    window.auto_start, window.auto_complete = details.auto_start, details.auto_complete
    window.expects_failures, window.notify = details.expects_failures, details.notify


def differs(window: Maintenance, details: MaintenanceDetails, before: Collection[UUID], *, texts: bool = True) -> bool:
    """Whether a form says anything else of a window than what it is; `before` are its services."""
    now_and_then = [
        (window.starts_at, details.starts_at),
        (window.ends_at, details.ends_at),
        (set(before), set(details.service_ids)),
        (window.lead_minutes, details.lead_minutes),
        (window.auto_start, details.auto_start),
        (window.auto_complete, details.auto_complete),
        (window.expects_failures, details.expects_failures),
        (window.notify, details.notify),
    ]
    if texts:
        now_and_then += [(window.title, details.title), (window.message, details.message)]
    return any(was != becomes for was, becomes in now_and_then)
