"""What can be done to drafts. Nobody but members learns of it until one is published."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.edits.rules import Subject
from app.errors import Conflict, Invalid, NotFound, refuse_faulty
from app.incidents import steps
from app.incidents.actions import NewIncident, check_new, open_incident
from app.incidents.models import Incident, IncidentDraft
from app.incidents.rules import Impact, Stage, check_affected, check_message, check_title
from app.services.models import Service
from app.services.rules import ServiceStatus
from app.translated.actions import forget_translations, keep_translations
from app.translated.rules import OwnTexts, find_faults

MOST_DRAFTS = 100


@dataclass(frozen=True, slots=True)
class DraftContent:
    """What there is of an incident so far. Only a title is needed, to find it again."""

    title: str
    message: str = ""
    stage: Stage = Stage.INVESTIGATING
    impact: Impact = Impact.NONE
    affected: Mapping[UUID, ServiceStatus | None] = field(default_factory=dict)
    """None where a service follows the suggestion."""
    started_at: datetime | None = None
    """When it began; None: when it is published. Whether a time can be promised, or be the start, is asked then."""
    next_update_at: datetime | None = None
    """When the next update is promised."""
    next_update_in: timedelta | None = None
    """Or how long after its publication."""
    notify: bool = True
    follows_id: UUID | None = None
    form_id: UUID | None = None
    """As in `NewIncident`: sent twice, it is one draft."""
    translations: OwnTexts = field(default_factory=dict)
    """Title and message in further languages."""


def save_draft(content: DraftContent, *, by: Actor) -> IncidentDraft:
    """Keep an incident for later.

    Raises:
        Invalid: something in it is refused, or there are as many drafts as there may be.
        NotFound: an affected service, or the incident that it follows, is missing.
        Conflict: the same form has been published already.
    """
    _check(content)
    with organization_scope(by) as scope:
        if steps.find_posted(scope, content.form_id, content.message) is not None:
            raise Conflict("You published this form already. Find the incident in the list.")
        draft = steps.find_draft(scope, content.form_id) or _begin(scope, content)
        _write(scope, draft, content)
        scope.session.add(draft)
        scope.record("incident_draft.saved", draft, name=draft.title)
        scope.emit("incident.drafted", {"draft_id": str(draft.id)}, visible=False)
    return draft


def edit_draft(draft_id: UUID, content: DraftContent, *, seen_version: int | None = None, by: Actor) -> IncidentDraft:
    """Change a draft.

    Raises:
        Invalid: something in it is refused.
        NotFound: no such draft (any more), or no such service.
        Conflict: someone else changed it since the form was opened.
    """
    _check(content)
    with organization_scope(by) as scope:
        draft = scope.lock(IncidentDraft, draft_id)
        _check_version(draft, seen_version)
        draft.version += 1
        _write(scope, draft, content)
        scope.record("incident_draft.saved", draft, name=draft.title)
        scope.emit("incident.drafted", {"draft_id": str(draft.id)}, visible=False)
    return draft


def publish_draft(draft_id: UUID, new: NewIncident, *, seen_version: int | None = None, by: Actor) -> Incident:
    """Report what was a draft, as the form has it now. Published twice, it is reported once.

    Raises:
        Invalid: something in it is refused, or too many incidents are open.
        NotFound: no such draft, service or followed incident.
        Conflict: someone else changed it since the form was opened.
    """
    check_new(new)
    with organization_scope(by) as scope:
        draft = scope.find(IncidentDraft, draft_id, lock=True)
        if draft is None:
            return scope.get(Incident, draft_id)
        _check_version(draft, seen_version)
        scope.session.delete(draft)
        return open_incident(scope, new, incident_id=draft_id)


def discard_draft(draft_id: UUID, *, by: Actor) -> None:
    """Throw a draft away.

    Raises:
        NotFound: no such draft (any more).
    """
    with organization_scope(by) as scope:
        draft = scope.lock(IncidentDraft, draft_id)
        forget_translations(scope, draft.id)
        scope.session.delete(draft)
        scope.record("incident_draft.discarded", draft, name=draft.title)
        scope.emit("incident.draft_discarded", {"draft_id": str(draft_id)}, visible=False)


def _check(content: DraftContent) -> None:
    refuse_faulty(
        {
            "title": check_title(content.title),
            "message": check_message(content.message, required=False),
            "affected": check_affected(len(content.affected)),
            **find_faults(content.translations, check_title, check_message),
        }
    )


def _check_version(draft: IncidentDraft, seen_version: int | None) -> None:
    if seen_version not in (None, draft.version):
        raise DraftOvertaken(draft.changed_by_name)


class DraftOvertaken(Conflict):
    """Somebody changed the draft since it was opened."""

    def __init__(self, name: str) -> None:
        super().__init__("Your text is kept below. Read theirs, then save or publish yours.")
        self.title = f"{name} changed this draft while you were writing"


def _begin(scope: Scope, content: DraftContent) -> IncidentDraft:
    number = scope.session.scalar(select(func.count()).where(IncidentDraft.organization_id == scope.organization_id))
    if (number or 0) >= MOST_DRAFTS:
        raise Invalid({"form": f"There are {MOST_DRAFTS} drafts already. Publish or discard some first."})
    return IncidentDraft(
        organization_id=scope.organization_id,
        form_id=content.form_id,
        created_at=clock.now(),
        created_by_user_id=scope.actor.user_id,
        created_by_name=scope.actor.name,
    )


def _write(scope: Scope, draft: IncidentDraft, content: DraftContent) -> None:
    if content.follows_id is not None:
        steps.check_followed(scope, content.follows_id)
    _check_services(scope, content)
    draft.title, draft.message, draft.notify = content.title, content.message, content.notify
    draft.stage, draft.impact, draft.follows_id = content.stage, content.impact, content.follows_id
    draft.started_at, draft.next_update_at = content.started_at, content.next_update_at
    draft.next_update_in = content.next_update_in
    draft.affected = {str(service_id): status for service_id, status in content.affected.items()}
    draft.changed_at = clock.now()
    draft.changed_by_user_id, draft.changed_by_name = scope.actor.user_id, scope.actor.name
    scope.session.add(draft)
    scope.session.flush()
    # Under the id that it has as an incident, too.
    keep_translations(scope, Subject.INCIDENT, draft.id, content.translations)


def _check_services(scope: Scope, content: DraftContent) -> None:
    known = scope.session.scalar(
        select(func.count()).where(Service.organization_id == scope.organization_id, Service.id.in_(content.affected))
    )
    if known != len(content.affected):
        raise NotFound
