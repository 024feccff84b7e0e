"""What all acts on a window have in common, inside a transaction that is already open."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select

from app.database.scope import Scope
from app.edits.rules import Subject
from app.errors import Conflict, Invalid
from app.maintenance import rules
from app.maintenance.models import Maintenance, MaintenanceService, MaintenanceUpdate
from app.maintenance.rules import OPEN, MaintenanceStage, Plan, next_step
from app.sentences import Sentence
from app.text.markdown import render_markdown
from app.text.speech import in_each_language
from app.translated.actions import keep_translations
from app.translated.rules import NO_TEXTS, OwnText, OwnTexts, with_words
from app.translated.rules import find_faults as find_translation_faults

DEFAULT_WORDS: Mapping[MaintenanceStage, str] = {
    MaintenanceStage.IN_PROGRESS: Sentence("The work has begun."),
    MaintenanceStage.VERIFYING: Sentence("The work is done. We are checking that all is well."),
    MaintenanceStage.COMPLETED: Sentence("The work is complete."),
    MaintenanceStage.CANCELLED: Sentence("This maintenance is cancelled."),
}
"""What is said of a step when whoever takes it, a person or the clock, says nothing."""

EXTENDED = Sentence("The work takes longer than planned.")


def check_version(window: Maintenance, seen_version: int | None) -> None:
    """Refuse what was written without knowing what has happened since.

    Raises:
        Conflict: the window has changed after the form was opened.
    """
    if seen_version is not None and seen_version != window.version:
        raise Conflict(
            "This maintenance has changed while you were writing."
            " Your text is kept below. Read what is new, then send or change yours."
        )


def check_room(scope: Scope) -> None:
    """Refuse one more window where there are more than anybody plans; whoever plans another one at once waits.

    Raises:
        Invalid: the fault is none of a single field.
    """
    scope.take_turns("maintenance")
    planned = scope.session.scalar(
        select(func.count()).where(
            Maintenance.organization_id == scope.organization_id,
            Maintenance.stage.in_(OPEN),
        )
    )
    if (planned or 0) >= rules.MOST_OPEN:
        raise Invalid(
            {
                "windows": f"There are {rules.MOST_OPEN} maintenances to come or running."
                " Cancel or complete some that you do not need."
            }
        )


def is_posted(scope: Scope, form_id: UUID | None, message: str) -> bool:
    """Whether this very form has posted its message already.

    Raises:
        Conflict: it has posted another one: somebody went back and changed what was published.
    """
    if form_id is None:
        return False
    scope.take_turns(f"form {form_id}")
    posted = scope.session.scalar(
        select(MaintenanceUpdate.message).where(
            MaintenanceUpdate.organization_id == scope.organization_id, MaintenanceUpdate.form_id == form_id
        )
    )
    if posted is not None and posted != message:
        raise Conflict("You published this form before, with another message. Publish again if you mean a new one.")
    return posted is not None


def check_length(scope: Scope, window: Maintenance) -> None:
    """Refuse one more message where nobody could read them all.

    Raises:
        Invalid: the window has as many as it may.
    """
    said = scope.session.scalar(
        select(func.count()).where(
            MaintenanceUpdate.organization_id == scope.organization_id, MaintenanceUpdate.maintenance_id == window.id
        )
    )
    if (said or 0) >= rules.MOST_UPDATES:
        messages = "1 message" if said == 1 else f"{said} messages"
        raise Invalid({"message": f"This maintenance has {messages} already. Say the rest when it ends."})


def read_service_ids(scope: Scope, window: Maintenance) -> frozenset[UUID]:
    """The services that a window touches."""
    return frozenset(
        scope.session.scalars(
            select(MaintenanceService.service_id).where(
                MaintenanceService.organization_id == scope.organization_id,
                MaintenanceService.maintenance_id == window.id,
            )
        )
    )


def write_service_ids(scope: Scope, window: Maintenance, service_ids: Collection[UUID]) -> None:
    """Say which services a window touches, in place of those before."""
    before = read_service_ids(scope, window)
    gone = before - set(service_ids)
    if gone:
        scope.session.execute(
            delete(MaintenanceService).where(
                MaintenanceService.organization_id == scope.organization_id,
                MaintenanceService.maintenance_id == window.id,
                MaintenanceService.service_id.in_(gone),
            )
        )
    scope.session.add_all(
        MaintenanceService(organization_id=scope.organization_id, maintenance_id=window.id, service_id=service_id)
        for service_id in sorted(set(service_ids) - before)
    )
    scope.session.flush()


def find_message_faults(message: str, translations: OwnTexts, *, required: bool = False) -> dict[str, str]:
    """What is wrong with a message, in whatever language, by field."""
    faults = find_translation_faults(translations, rules.check_title, rules.check_message)
    fault = rules.check_message(message, required=required)
    return faults | ({"message": fault} if fault else {})


def add_update(
    scope: Scope,
    window: Maintenance,
    message: str,
    *,
    notify: bool,
    at: datetime,
    translations: OwnTexts = NO_TEXTS,
    form_id: UUID | None = None,
) -> MaintenanceUpdate:
    """Post a message with the stage that the window has now; one that is ours is there in each language at once, unless
    it is said otherwise in one of them."""
    update = MaintenanceUpdate(
        organization_id=scope.organization_id,
        maintenance_id=window.id,
        stage=window.stage,
        message=str(message),
        html=render_markdown(message),
        notify=notify,
        posted_at=at,
        author_user_id=scope.actor.user_id,
        author_name=scope.actor.name,
        form_id=form_id,
    )
    scope.session.add(update)
    scope.session.flush()
    ours = in_each_language(message) if isinstance(message, Sentence) else {}
    own = {language: OwnText(message=text) for language, text in ours.items()}
    keep_translations(scope, Subject.MAINTENANCE_UPDATE, update.id, {**own, **with_words(translations)})
    return update


def change_stage(window: Maintenance, stage: MaintenanceStage, at: datetime) -> None:
    """Move a window on; the times at which it began and ended follow."""
    if stage is window.stage:
        return
    window.stage = stage
    if stage is MaintenanceStage.IN_PROGRESS:
        window.started_at = at
    elif stage is MaintenanceStage.COMPLETED:
        window.completed_at = at
    elif stage is MaintenanceStage.CANCELLED:
        window.cancelled_at = at


def touch(window: Maintenance, now: datetime) -> None:
    """Count a change, and work out when the clock has to look at the window next."""
    window.version = (window.version or 0) + 1
    window.changed_at = now
    schedule_look(window)


def schedule_look(window: Maintenance) -> None:
    """Work out when the clock has to look at the window next."""
    step = next_step(plan_of(window))
    window.due_at = step.at if step else None


def plan_of(window: Maintenance) -> Plan:
    """What the clock goes by."""
    return Plan(
        stage=window.stage,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        auto_start=window.auto_start,
        auto_complete=window.auto_complete,
        leads=[timedelta(minutes=minutes) for minutes in window.lead_minutes],
        reminded_through=window.reminded_through,
        overran=window.overran_at is not None,
    )


def tell(
    scope: Scope,
    kind: str,
    window: Maintenance,
    update: MaintenanceUpdate | None = None,
    *,
    notify: bool,
    service_ids: Iterable[UUID] | None = None,
    visible: bool = True,
    **more: object,
) -> None:
    """Write down in the audit log what was done, and emit its event."""
    said: dict[str, tuple[object, object]] = {"notify": (None, notify)}
    if update is not None:
        said["message"] = (None, update.message)
    scope.record(kind, window, name=window.title, changes=said | {name: (None, value) for name, value in more.items()})
    emit(scope, kind, window, update, notify=notify, service_ids=service_ids, visible=visible, **more)


def emit(
    scope: Scope,
    kind: str,
    window: Maintenance,
    update: MaintenanceUpdate | None = None,
    *,
    notify: bool,
    service_ids: Iterable[UUID] | None = None,
    visible: bool = True,
    **more: object,
) -> None:
    """Say what happened. The services are named as they are now, unless `service_ids` names those before as well."""
    if service_ids is None:
        service_ids = read_service_ids(scope, window)
    scope.emit(
        kind,
        {
            "maintenance_id": str(window.id),
            "update_id": str(update.id) if update else None,
            "notify": notify,
            "service_ids": sorted(str(service_id) for service_id in service_ids),
            **more,
        },
        visible=visible,
    )
