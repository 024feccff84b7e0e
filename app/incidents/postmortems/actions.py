"""What can be done to postmortems: written, published, edited, withdrawn."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.edits.actions import keep_edit
from app.edits.rules import Subject
from app.errors import Conflict, Invalid, InvalidTransition, NotFound
from app.incidents.models import Incident
from app.incidents.postmortems.models import Postmortem
from app.incidents.postmortems.rules import POSTMORTEM_LENGTH, check_postmortem
from app.text.markdown import render_markdown


@dataclass(frozen=True, slots=True)
class NewPostmortem:
    """What the form asks for; the text is cleaned already."""

    message: str
    publish: bool = False
    """Show it to visitors from now on. One that is published already stays so."""
    notify: bool = False
    """Whether subscribers are told, when this publishes it."""
    seen_version: int | None = None
    """Its version when the form was opened, 0 for none; None writes whatever has happened since."""


def write_postmortem(incident_id: UUID, new: NewPostmortem, *, by: Actor) -> Postmortem:
    """Keep the text as a draft, publish it, or change what is published. The same form sent twice does it once.

    Raises:
        Invalid: the text is refused.
        NotFound: no such incident.
        InvalidTransition: the incident is not resolved yet.
        Conflict: somebody else wrote since the form was opened.
    """
    if fault := check_postmortem(new.message):
        raise Invalid({"message": fault})
    with organization_scope(by) as scope:
        incident = _lock_resolved(scope, incident_id)
        postmortem = _find(scope, incident)
        if postmortem is not None and _says_so_already(postmortem, new):
            return postmortem
        _check_version(postmortem, new.seen_version)
        if postmortem is None:
            postmortem = Postmortem(
                organization_id=scope.organization_id, incident_id=incident.id, created_at=clock.now(), version=0
            )
        was_published = postmortem.published_at is not None
        _write(scope, postmortem, new)
        scope.session.add(postmortem)
        _tell(scope, incident, postmortem, notify=new.notify, was_published=was_published)
    return postmortem


def withdraw_postmortem(incident_id: UUID, *, by: Actor) -> None:
    """Take it off the page. It stays as a draft, and can be published again. Withdrawing twice does nothing more.

    Raises:
        NotFound: no such incident, or it has no postmortem.
    """
    with organization_scope(by) as scope:
        incident = _lock(scope, incident_id)
        postmortem = _find(scope, incident)
        if postmortem is None:
            raise NotFound
        if postmortem.published_at is None:
            return
        postmortem.published_at = None
        postmortem.version += 1
        scope.record("incident.postmortem_withdrawn", postmortem, name=incident.title)
        scope.emit("incident.postmortem_withdrawn", {"incident_id": str(incident.id)})


def discard_draft(incident_id: UUID, *, by: Actor) -> None:
    """Throw away a postmortem that no visitor has ever read. Twice is once.

    Raises:
        NotFound: no such incident.
        InvalidTransition: it was published once: what people have read is kept.
    """
    with organization_scope(by) as scope:
        incident = _lock(scope, incident_id)
        postmortem = _find(scope, incident)
        if postmortem is None:
            return
        if postmortem.first_published_at is not None:
            raise InvalidTransition("This postmortem was on your page, so it is kept. Withdraw it to take it off.")
        scope.session.delete(postmortem)
        scope.record("incident.postmortem_discarded", postmortem, name=incident.title)
        scope.emit("incident.postmortem_discarded", {"incident_id": str(incident.id)}, visible=False)


def _lock(scope: Scope, incident_id: UUID) -> Incident:
    """The incident's row is what two writers of a first draft both have."""
    incident = scope.lock(Incident, incident_id)
    if incident.deleted_at is not None:
        raise NotFound
    return incident


def _lock_resolved(scope: Scope, incident_id: UUID) -> Incident:
    incident = _lock(scope, incident_id)
    if incident.resolved_at is None:
        raise InvalidTransition("This incident is not resolved yet. Write down what was learned once it is over.")
    return incident


def _find(scope: Scope, incident: Incident) -> Postmortem | None:
    return scope.session.scalar(
        select(Postmortem)
        .where(Postmortem.organization_id == scope.organization_id, Postmortem.incident_id == incident.id)
        .with_for_update()
    )


def _says_so_already(postmortem: Postmortem, new: NewPostmortem) -> bool:
    return postmortem.message == new.message and (postmortem.published_at is not None or not new.publish)


def _check_version(postmortem: Postmortem | None, seen_version: int | None) -> None:
    if seen_version is None or seen_version == (postmortem.version if postmortem else 0):
        return
    last = postmortem.author_name if postmortem else "Somebody"
    raise Conflict(
        f"{last} has written here while you were writing. Your text is kept below."
        " Read theirs, then save or change yours."
    )


def _write(scope: Scope, postmortem: Postmortem, new: NewPostmortem) -> None:
    now = clock.now()
    if postmortem.first_published_at is not None and keep_edit(
        scope, Subject.POSTMORTEM, postmortem.id, "message", before=postmortem.message, after=new.message
    ):
        postmortem.edited_at = now
    postmortem.message, postmortem.html = new.message, render_markdown(new.message, POSTMORTEM_LENGTH)
    postmortem.author_user_id, postmortem.author_name = scope.actor.user_id, scope.actor.name
    postmortem.version += 1
    if new.publish and postmortem.published_at is None:
        postmortem.published_at = now
        postmortem.first_published_at = postmortem.first_published_at or now


def _tell(scope: Scope, incident: Incident, postmortem: Postmortem, *, notify: bool, was_published: bool) -> None:
    said = {"incident_id": str(incident.id)}
    if postmortem.published_at is None:
        kind = "incident.postmortem_drafted"
    elif was_published:
        kind = "incident.postmortem_edited"
    else:
        kind = "incident.postmortem_published"
    publishes = kind == "incident.postmortem_published"
    scope.record(kind, postmortem, name=incident.title, changes={"notify": (None, notify)} if publishes else None)
    payload = said | {"notify": notify} if publishes else said
    scope.emit(kind, payload, visible=postmortem.published_at is not None)
