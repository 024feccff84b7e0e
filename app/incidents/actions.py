"""What can be done to incidents. Services follow at once, in the same transaction; people are told by the event.

Drafts, merging, what is entered later and who handles an incident have modules of their own beside this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app import clock
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope
from app.edits.actions import keep_edit
from app.edits.rules import Subject
from app.errors import NotFound, refuse_faulty
from app.incidents import asks, steps
from app.incidents.chronology import Said, check_entered, check_place, fit_minute
from app.incidents.models import Incident, IncidentUpdate
from app.incidents.promises.rules import check_promise
from app.incidents.rules import (
    Impact,
    LastChange,
    ServiceAsk,
    Stage,
    check_affected,
    check_message,
    check_title,
    check_transition,
    merge_asks,
)
from app.services.claims import lock_services
from app.services.rules import ServiceStatus
from app.text.markdown import render_markdown
from app.translated.actions import keep_translations
from app.translated.rules import NO_TEXTS, OwnTexts, find_faults, messages_of, titles_of


@dataclass(frozen=True, slots=True)
class NewIncident:
    """What the form to report an incident asks for; texts are cleaned already."""

    title: str
    message: str
    stage: Stage = Stage.INVESTIGATING
    impact: Impact = Impact.NONE
    affected: Mapping[UUID, ServiceStatus] = field(default_factory=dict)
    notify: bool = True
    started_at: datetime | None = None
    """When it began, if that was earlier than now. The message is posted now all the same."""
    next_update_at: datetime | None = None
    """When the next update is promised."""
    follows_id: UUID | None = None
    form_id: UUID | None = None
    """The form it was written in: sent twice (a double click, a reload), it reports once."""
    translations: OwnTexts = field(default_factory=dict)
    """Title and message in further languages."""


@dataclass(frozen=True, slots=True)
class NewUpdate:
    """The next message of an incident, and what changes with it."""

    stage: Stage
    message: str
    affected: Mapping[UUID, ServiceStatus] | None = None
    """All services still affected; None leaves them as they are."""
    impact: Impact | None = None
    """Of the incident from now on; a message that is not the newest changes nothing about it."""
    notify: bool = True
    posted_at: datetime | None = None
    """An earlier time, at which it takes its place among the others; None posts it now."""
    next_update_at: datetime | None = None
    """When the next update is promised; None promises none."""
    seen_version: int | None = None
    """The incident's version when the form was opened; None posts whatever has happened since."""
    form_id: UUID | None = None
    """As in `NewIncident`: sent twice, it posts once."""
    translations: OwnTexts = field(default_factory=dict)
    """The message in further languages."""


def report_incident(new: NewIncident, *, by: Actor) -> Incident:
    """Open an incident with its first message.

    Affected services follow at once; visitors and subscribers are told by the event, after the commit.

    Raises:
        Invalid: something in it is refused, too many incidents are open, or the one that it follows is.
        NotFound: an affected service, or the incident that it follows, is missing.
        Conflict: the same form has reported something else already.
    """
    check_new(new)
    with organization_scope(by) as scope:
        if (reported := steps.find_posted(scope, new.form_id, new.message)) is not None:
            return reported
        draft = steps.find_draft(scope, new.form_id)
        if draft is None:
            return open_incident(scope, new)
        scope.session.delete(draft)  # saved first, then published from the page before
        return open_incident(scope, new, incident_id=draft.id)


def check_new(new: NewIncident) -> None:
    """Look at all that can be wrong with an incident before anything is read.

    Raises:
        Invalid: with a fault for each field.
    """
    now = clock.now()
    refuse_faulty(
        {
            "title": check_title(new.title),
            "message": check_message(new.message),
            "affected": check_affected(len(new.affected)),
            "started_at": check_entered(new.started_at, now) if new.started_at else None,
            "next_update": check_promise(new.next_update_at, resolved=new.stage is Stage.RESOLVED, now=now),
            **find_faults(new.translations, check_title, check_message),
        }
    )


def open_incident(scope: Scope, new: NewIncident, *, incident_id: UUID | None = None) -> Incident:
    """Open an incident that was checked, in an open scope; with the id that it was given already, if it was."""
    steps.check_room(scope)
    if new.follows_id is not None:
        steps.check_followed(scope, new.follows_id)
    services = lock_services(scope, new.affected)
    now = clock.now()
    started_at = new.started_at or now
    incident = Incident(
        organization_id=scope.organization_id,
        id=incident_id or new_id(),
        title=new.title,
        stage=new.stage,
        impact=new.impact,
        started_at=started_at,
        resolved_at=now if new.stage is Stage.RESOLVED else None,
        follows_id=new.follows_id,
        created_at=now,
        created_by_user_id=scope.actor.user_id,
        created_by_name=scope.actor.name,
    )
    scope.session.add(incident)
    scope.session.flush()
    message = steps.Message(
        new.stage, new.message, new.notify, now, next_update_at=new.next_update_at, form_id=new.form_id
    )
    update = steps.add_update(scope, incident, message)
    keep_translations(scope, Subject.INCIDENT, incident.id, titles_of(new.translations))
    keep_translations(scope, Subject.INCIDENT_UPDATE, update.id, messages_of(new.translations))
    steps.keep_promise(incident, message)
    asks.state(scope, incident, new.affected, at=started_at, update_id=update.id)
    if new.started_at is None:
        asked = [ServiceAsk(service_id, status, now) for service_id, status in new.affected.items()]
        asks.follow(scope, incident, asked, services, now)
    else:
        asks.tell_anew(scope, incident)
    steps.tell(scope, "incident.created", incident, update)
    return incident


def post_update(incident_id: UUID, new: NewUpdate, *, by: Actor) -> Incident:
    """Add a public message to an incident and move it along.

    Raises:
        Invalid: something in it is refused, or an earlier time does not fit among the messages that are there.
        NotFound: no such incident, or no such service.
        InvalidTransition: the incident is already past `new.stage`; resolved is final.
        Conflict: someone else changed it since the form was opened.
    """
    now = clock.now()
    refuse_faulty(
        {
            "message": check_message(new.message),
            "affected": check_affected(len(new.affected or ())),
            "posted_at": check_entered(new.posted_at, now) if new.posted_at else None,
            "next_update": check_promise(new.next_update_at, resolved=new.stage is Stage.RESOLVED, now=now),
            **find_faults(new.translations, check_title, check_message),
        }
    )
    with organization_scope(by) as scope:
        incident = steps.lock_incident(scope, incident_id)
        if steps.find_posted(scope, new.form_id, new.message) is not None:
            return incident
        steps.check_not_merged(incident)
        steps.check_length(scope, incident, new.stage)
        if new.posted_at is None:
            update = _post_now(scope, incident, new)
        else:
            update = _post_earlier(scope, incident, new, new.posted_at)
        keep_translations(scope, Subject.INCIDENT_UPDATE, update.id, new.translations)
        ends_it = update.stage is Stage.RESOLVED
        steps.tell(scope, "incident.resolved" if ends_it else "incident.updated", incident, update)
    return incident


def edit_update(
    incident_id: UUID,
    update_id: UUID,
    message: str,
    *,
    translations: OwnTexts = NO_TEXTS,
    seen_version: int | None = None,
    by: Actor,
) -> IncidentUpdate:
    """Mend the text of a message, or what it says in further languages. Visitors see that it was edited; nobody is
    told again.

    Raises:
        Invalid: the message is refused.
        NotFound: no such incident or message.
        Conflict: someone else edited this message since the form was opened.
    """
    refuse_faulty({"message": check_message(message), **find_faults(translations, check_title, check_message)})
    with organization_scope(by) as scope:
        incident = steps.lock_incident(scope, incident_id)
        update = scope.lock(IncidentUpdate, update_id)
        if update.incident_id != incident.id:
            raise NotFound
        translated = keep_translations(scope, Subject.INCIDENT_UPDATE, update.id, translations)
        if update.message == message and not translated:
            return update
        if seen_version not in (None, update.version):
            raise steps.Overtaken(update.edited_by_name or update.author_name, LastChange.MESSAGE)
        if keep_edit(scope, Subject.INCIDENT_UPDATE, update.id, "message", before=update.message, after=message):
            update.message, update.html = message, render_markdown(message)
            update.edited_at, update.edited_by_user_id, update.edited_by_name = clock.now(), by.user_id, by.name
        update.version += 1
        steps.mark_changed(scope, incident, LastChange.MESSAGE)
        scope.record("incident_update.edited", update, name=incident.title)
        scope.emit("incident.edited", {"incident_id": str(incident.id), "update_id": str(update.id)})
    return update


def edit_incident(
    incident_id: UUID,
    title: str,
    impact: Impact,
    *,
    translations: OwnTexts = NO_TEXTS,
    seen_version: int | None = None,
    by: Actor,
) -> Incident:
    """Correct title and impact, and the title in further languages. The services keep what they were given.

    Raises:
        Invalid: the title is refused.
        NotFound: no such incident.
        Conflict: someone else changed the incident since the form was opened.
    """
    refuse_faulty({"title": check_title(title), **find_faults(translations, check_title, check_message)})
    with organization_scope(by) as scope:
        incident = steps.lock_incident(scope, incident_id)
        translated = keep_translations(scope, Subject.INCIDENT, incident.id, translations)
        if (incident.title, incident.impact) == (title, impact) and not translated:
            return incident
        steps.check_version(scope, incident, seen_version)
        if keep_edit(scope, Subject.INCIDENT, incident.id, "title", before=incident.title, after=title):
            incident.title_edited_at = clock.now()
        incident.title, incident.impact = title, impact
        steps.mark_changed(scope, incident, LastChange.DETAILS)
        scope.record("incident.edited", incident, name=incident.title)
        scope.emit("incident.edited", {"incident_id": str(incident.id)})
    return incident


def delete_incident(incident_id: UUID, *, by: Actor) -> None:
    """Take an incident off the page and out of its services. The rows stay, with who deleted it and when.

    Raises:
        NotFound: no such incident, or deleted already.
    """
    with organization_scope(by) as scope:
        incident = steps.lock_incident(scope, incident_id)
        now = clock.now()
        incident.deleted_at, incident.deleted_by_user_id, incident.deleted_by_name = now, by.user_id, by.name
        incident.remind_at = None
        incident.version += 1
        asks.let_go(scope, incident, now)
        scope.record("incident.deleted", incident, name=incident.title)
        scope.emit("incident.deleted", {"incident_id": str(incident.id)})


def _post_now(scope: Scope, incident: Incident, new: NewUpdate) -> IncidentUpdate:
    if incident.resolved_at is None:  # what is resolved takes no update at all, whatever else was overtaken
        steps.check_version(scope, incident, new.seen_version)
    check_transition(incident.stage, new.stage)
    before = asks.read_asks(scope, incident)
    chosen = {ask.service_id: ask.status for ask in before} if new.affected is None else new.affected
    services = lock_services(scope, {*chosen, *(ask.service_id for ask in before)})
    now = clock.now()
    message = steps.Message(
        new.stage, new.message, new.notify, now, next_update_at=new.next_update_at, form_id=new.form_id
    )
    update = _move_along(scope, incident, new, message)
    asks.follow(scope, incident, merge_asks(before, chosen, now=now).asks, services, now)
    return update


def _post_earlier(scope: Scope, incident: Incident, new: NewUpdate, wanted: datetime) -> IncidentUpdate:
    """Put a message in its place among those that are there; only the newest moves the incident along."""
    steps.check_version(scope, incident, new.seen_version)
    timeline = steps.read_timeline(scope, incident)
    posted_at = fit_minute(wanted, incident.started_at)
    is_newest = posted_at >= timeline[-1].at
    told, promised = new.notify and not is_newest, new.next_update_at and not is_newest
    refuse_faulty(
        {
            "posted_at": check_place(timeline, incident.started_at, Said(posted_at, new.stage)),
            "notify": "People are told of the newest message only." if told else None,
            "next_update": "Only the newest message can promise the next." if promised else None,
        }
    )
    message = steps.Message(
        new.stage, new.message, new.notify, posted_at, clock.now(), new.next_update_at, form_id=new.form_id
    )
    if is_newest:
        update = _move_along(scope, incident, new, message)
    else:
        update = steps.add_update(scope, incident, message)
        steps.mark_changed(scope, incident, LastChange.POSTED)
        if new.affected is not None:
            asks.state(scope, incident, new.affected, at=posted_at, update_id=update.id)
    asks.tell_anew(scope, incident)
    return update


def _move_along(scope: Scope, incident: Incident, new: NewUpdate, message: steps.Message) -> IncidentUpdate:
    """Write the incident's newest message, and what the incident is with it."""
    incident.stage = new.stage
    incident.impact = new.impact or incident.impact
    incident.resolved_at = message.posted_at if new.stage is Stage.RESOLVED else None
    steps.mark_changed(scope, incident, LastChange.POSTED)
    update = steps.add_update(scope, incident, message)
    steps.keep_promise(incident, message)
    if new.affected is not None:
        asks.state(scope, incident, new.affected, at=message.posted_at, update_id=update.id)
    return update
