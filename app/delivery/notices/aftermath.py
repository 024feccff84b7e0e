"""What comes after an incident's messages: it was a duplicate, or its postmortem can be read."""

from dataclasses import dataclass, replace
from datetime import datetime
from textwrap import shorten
from uuid import UUID, uuid5

from sqlalchemy import select

from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import ConcernedSubscribers
from app.delivery.links import to_subscribers
from app.delivery.mails import Compose, date_time, mails_with_foot
from app.delivery.models import Notification
from app.delivery.notices.family import Draft, Family, every_page, teller
from app.delivery.notices.kept import Brief, Notice
from app.delivery.notices.shown import hears_of, shown_among
from app.delivery.notices.translated import KeptText, keep_texts, text_in
from app.incidents.models import Incident, IncidentService
from app.incidents.postmortems.models import Postmortem
from app.pages.address import PageAddress
from app.pages.selection import shows_incident
from app.subscribers.rules import NewsKind
from app.text.languages import PageLanguage
from app.text.plain import plain_text
from app.text.speech import gettext, spoken
from app.translated.queries import read_rows

WITHDRAWN = "It was withdrawn before this was sent."

BEGINNING_LENGTH = 600
"""So many characters of a postmortem stand in its mail."""


@dataclass(frozen=True, slots=True)
class MergedNotice(Notice):
    """An incident that turned out to be another one. How that one goes on is told there: it may change any moment."""

    title: str
    into_id: UUID
    into_title: str
    into_url: str
    translations: tuple[KeptText, ...] = ()
    """Its title in further languages, and below that of the other one."""
    into_translations: tuple[KeptText, ...] = ()

    def told_in(self, language: PageLanguage) -> "MergedNotice":
        """With the titles that they have in this language."""
        title, into = text_in(self.translations, language).title, text_in(self.into_translations, language).title
        return replace(self, title=title or self.title, into_title=into or self.into_title)


@dataclass(frozen=True, slots=True)
class PostmortemNotice(Notice):
    """What was learnt from an incident."""

    incident_id: UUID
    title: str
    postmortem_url: str
    beginning: str
    """The first words of it, as plain text."""
    started_at: datetime
    resolved_at: datetime | None
    translations: tuple[KeptText, ...] = ()
    """Its title in further languages."""

    def told_in(self, language: PageLanguage) -> "PostmortemNotice":
        """With the title that the incident has in this language."""
        return replace(self, title=text_in(self.translations, language).title or self.title)


def merged_brief(notice: MergedNotice) -> Brief:
    """Where it goes on, in two lines."""
    explanation = gettext(
        "This is part of “%(title)s”. What there is to say from now on is said there.", title=notice.into_title
    )
    return Brief(gettext("Same as another incident: %(title)s", title=notice.title), explanation, notice.into_url)


def merged_mails(notice: MergedNotice) -> Compose:
    """How to tell any recipient of this notice."""
    brief = merged_brief(notice)
    return mails_with_foot("merged", notice, brief, {"explanation": brief.text})


def postmortem_brief(notice: PostmortemNotice) -> Brief:
    """What was learnt, in two lines."""
    title = gettext("What happened: %(title)s", title=notice.title)
    return Brief(title, notice.beginning, notice.postmortem_url)


def postmortem_mails(notice: PostmortemNotice) -> Compose:
    """How to tell any recipient of this notice."""
    began = date_time(notice.started_at.astimezone(notice.zone))
    if notice.resolved_at is None:
        detail = gettext("Began on %(begin)s", begin=began)
    else:
        ended = date_time(notice.resolved_at.astimezone(notice.zone))
        detail = gettext("Began on %(begin)s, resolved on %(end)s", begin=began, end=ended)
    shared = {"detail": detail, "beginning": notice.beginning}
    return mails_with_foot("postmortem", notice, postmortem_brief(notice), shared)


def _draft_merged(scope: Scope, event: Event, page: PageAddress | None) -> Draft | None:
    if not event.payload.get("notify"):
        return None
    duplicate = scope.find(Incident, UUID(event.payload["incident_id"]))
    into = scope.find(Incident, UUID(event.payload["into_id"]))
    if duplicate is None or into is None or duplicate.deleted_at is not None or into.deleted_at is not None:
        return None
    touched = _touched(scope, duplicate)
    shown = shown_among(scope, page, touched)
    told = hears_of(scope, page, touched=touched, shown=shown, story_id=duplicate.id)
    if not told or not _is_shown(scope, page, into):
        return None
    tells = teller(scope, page)
    notice = MergedNotice(
        **tells,
        title=duplicate.title,
        into_id=into.id,
        into_title=into.title,
        into_url=f"{tells['page_url']}/incidents/{into.id}",
        translations=keep_texts(read_rows(scope, [duplicate.id])),
        into_translations=keep_texts(read_rows(scope, [into.id])),
    )
    # Not the services of the other one: its subscribers have heard of that already, and need not hear of this.
    return Draft(notice, service_ids=shown, story_id=duplicate.id)


def _draft_postmortem(scope: Scope, event: Event, page: PageAddress | None) -> Draft | None:
    if not event.payload.get("notify"):
        return None
    incident = scope.find(Incident, UUID(event.payload["incident_id"]))
    postmortem = _find_published(scope, incident.id) if incident is not None else None
    if incident is None or incident.deleted_at is not None or postmortem is None:
        return None
    touched = _touched(scope, incident)
    shown = shown_among(scope, page, touched)
    if not hears_of(scope, page, touched=touched, shown=shown, story_id=incident.id):
        return None
    tells = teller(scope, page)
    notice = PostmortemNotice(
        **tells,
        incident_id=incident.id,
        title=incident.title,
        postmortem_url=f"{tells['page_url']}/incidents/{incident.id}/postmortem",
        beginning=shorten(plain_text(postmortem.html), BEGINNING_LENGTH, placeholder=" …"),
        started_at=incident.started_at,
        resolved_at=incident.resolved_at,
        translations=keep_texts(read_rows(scope, [incident.id])),
    )
    # Not the incident's own story: it must not take the place of a mail that says it is over and still waits.
    return Draft(notice, service_ids=shown, story_id=uuid5(incident.id, "postmortem"))


def _read_merged(notification: Notification) -> MergedNotice:
    """What there is to tell, in the language of the moment; likewise of a postmortem."""
    return MergedNotice.from_json(notification.notice).told_in(spoken())


def _read_postmortem(notification: Notification) -> PostmortemNotice:
    return PostmortemNotice.from_json(notification.notice).told_in(spoken())


def _is_shown(scope: Scope, page: PageAddress | None, incident: Incident) -> bool:
    """Whether a link to it leads somewhere: else not even its title is told."""
    if page is None:
        return True
    mine = select(Incident.id).where(Incident.organization_id == scope.organization_id, Incident.id == incident.id)
    return scope.session.scalar(mine.where(shows_incident(page))) is not None


def _touched(scope: Scope, incident: Incident) -> set[UUID]:
    """The services that it asks for, or asked for last."""
    return set(
        scope.session.scalars(
            select(IncidentService.service_id).filter_by(organization_id=scope.organization_id, incident_id=incident.id)
        )
    )


def _find_published(scope: Scope, incident_id: UUID) -> Postmortem | None:
    return scope.session.scalars(
        select(Postmortem)
        .filter_by(organization_id=scope.organization_id, incident_id=incident_id)
        .where(Postmortem.published_at.is_not(None))
    ).one_or_none()


def _why_not_merged(scope: Scope, notification: Notification) -> str | None:
    into = scope.find(Incident, MergedNotice.from_json(notification.notice).into_id)
    return WITHDRAWN if into is None or into.deleted_at is not None else None


def _why_not_postmortem(scope: Scope, notification: Notification) -> str | None:
    incident_id = PostmortemNotice.from_json(notification.notice).incident_id
    incident = scope.find(Incident, incident_id)
    gone = incident is None or incident.deleted_at is not None
    return WITHDRAWN if gone or _find_published(scope, incident_id) is None else None


MERGERS = Family(
    kinds=("incident.merged",),
    audience=ConcernedSubscribers(NewsKind.INCIDENTS, followed=lambda notification: notification.story_id),
    pages=every_page,
    draft=_draft_merged,
    why_not=_why_not_merged,
    compose=lambda notification: merged_mails(_read_merged(notification)),
    recipient=to_subscribers,
    brief=lambda notification: merged_brief(_read_merged(notification)),
)

POSTMORTEMS = Family(
    kinds=("incident.postmortem_published",),
    audience=ConcernedSubscribers(
        NewsKind.INCIDENTS,
        followed=lambda notification: PostmortemNotice.from_json(notification.notice).incident_id,
    ),
    pages=every_page,
    draft=_draft_postmortem,
    why_not=_why_not_postmortem,
    compose=lambda notification: postmortem_mails(_read_postmortem(notification)),
    recipient=to_subscribers,
    brief=lambda notification: postmortem_brief(_read_postmortem(notification)),
)
