"""An incident and its messages, told to subscribers of the services that it touches."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_

from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import ConcernedSubscribers
from app.delivery.links import to_subscribers
from app.delivery.mails import Compose, clock_time, mails_with_foot, on_day, stage_and_title
from app.delivery.models import Notification
from app.delivery.notices.family import Draft, Family, every_page, teller
from app.delivery.notices.kept import Brief, Kept, Notice
from app.delivery.notices.shown import hears_of, shown_among
from app.delivery.notices.translated import KeptText, keep_texts, text_in
from app.incidents.models import Incident, IncidentService, IncidentUpdate
from app.incidents.rules import Stage
from app.pages.address import PageAddress
from app.services.models import Service
from app.services.rules import ServiceStatus, worst
from app.subscribers.rules import NewsKind
from app.text.languages import PageLanguage
from app.text.plain import plain_text
from app.text.speech import spoken
from app.translated.queries import read_each, read_rows

ENDED = "The incident ended before this was sent."
DELETED = "The incident was deleted before this was sent."


@dataclass(frozen=True, slots=True)
class NoticeUpdate(Kept):
    """One public message of the incident: sanitised HTML, and the same as plain text without its marks."""

    stage: Stage
    text: str
    html: str
    posted_at: datetime
    translations: tuple[KeptText, ...] = ()

    def told_in(self, language: PageLanguage) -> "NoticeUpdate":
        """With the words that it has in this language."""
        said = text_in(self.translations, language)
        return replace(self, text=said.text, html=said.html) if said.html else self


@dataclass(frozen=True, slots=True)
class IncidentNotice(Notice):
    """An incident as it stands with its newest update: stage, what it does to services, and what was said earlier."""

    title: str
    incident_url: str
    status: ServiceStatus | None
    """The worst status that it asks for; None once it is resolved, and when it touches no service."""
    affected: tuple[str, ...]
    """Names of the affected services, in the page's order."""
    updates: tuple[NoticeUpdate, ...]
    """Newest first; the first one is what the mail is about. Never empty."""
    promised_at: datetime | None = None
    """When the newest one promises the next."""
    translations: tuple[KeptText, ...] = ()
    """Its title in further languages."""

    def told_in(self, language: PageLanguage) -> "IncidentNotice":
        """With the words that it has in this language."""
        title = text_in(self.translations, language).title or self.title
        return replace(self, title=title, updates=tuple(update.told_in(language) for update in self.updates))

    @property
    def stage(self) -> Stage:
        return self.updates[0].stage


def incident_brief(notice: IncidentNotice) -> Brief:
    """What is new, in two lines."""
    return Brief(stage_and_title(notice.stage.label, notice.title), notice.updates[0].text, notice.incident_url)


def incident_mails(notice: IncidentNotice) -> Compose:
    """How to tell any recipient of this notice."""
    newest, *earlier = notice.updates
    at = newest.posted_at.astimezone(notice.zone)

    def when(update: NoticeUpdate) -> str:
        """The time of day, with the day when it is not the newest update's."""
        posted = update.posted_at.astimezone(notice.zone)
        return clock_time(posted) if posted.date() == at.date() else on_day(posted, clock_time(posted))

    shared = {
        "newest": newest,
        "earlier": [(update, when(update)) for update in earlier],
        "at": at,
        "promised_at": None if notice.promised_at is None else notice.promised_at.astimezone(notice.zone),
    }
    return mails_with_foot("incident", notice, incident_brief(notice), shared)


def _draft(scope: Scope, event: Event, page: PageAddress | None) -> Draft | None:
    incident = scope.find(Incident, UUID(event.payload["incident_id"]))
    told = scope.find(IncidentUpdate, UUID(event.payload["update_id"]))
    if incident is None or incident.deleted_at is not None or told is None or not told.notify:
        return None
    asked = scope.session.execute(
        select(Service.id, Service.name, IncidentService.status)
        .join(
            Service,
            (Service.organization_id == IncidentService.organization_id) & (Service.id == IncidentService.service_id),
        )
        .where(IncidentService.organization_id == scope.organization_id, IncidentService.incident_id == incident.id)
        .order_by(Service.position, Service.name)
    ).all()
    # Those of the event too: by now a later update may have taken one off the incident.
    touched = {UUID(service_id) for service_id in event.payload.get("service_ids", ())}
    touched.update(service.id for service in asked)
    shown = shown_among(scope, page, touched)
    if not hears_of(scope, page, touched=touched, shown=shown, story_id=incident.id):
        return None
    affected = [service for service in asked if service.id in shown]
    tells = teller(scope, page)
    ended = told.stage is Stage.RESOLVED or not affected
    notice = IncidentNotice(
        **tells,
        title=incident.title,
        incident_url=f"{tells['page_url']}/incidents/{incident.id}",
        status=None if ended else worst(service.status for service in affected),
        affected=tuple(service.name for service in affected),
        updates=_updates_up_to(scope, told),
        promised_at=told.next_update_at,
        translations=keep_texts(read_rows(scope, [incident.id])),
    )
    return Draft(
        notice,
        service_ids=shown,
        story_id=incident.id,
        update_id=told.id,
    )


def _updates_up_to(scope: Scope, told: IncidentUpdate) -> tuple[NoticeUpdate, ...]:
    """The update that is told of and the ones before it, newest first."""
    updates = scope.session.scalars(
        select(IncidentUpdate)
        .filter_by(organization_id=scope.organization_id, incident_id=told.incident_id)
        .where(tuple_(IncidentUpdate.posted_at, IncidentUpdate.id) <= tuple_(told.posted_at, told.id))
        .order_by(IncidentUpdate.posted_at.desc(), IncidentUpdate.id.desc())
    ).all()
    translations = read_each(scope, [update.id for update in updates])
    return tuple(
        NoticeUpdate(
            update.stage,
            plain_text(update.html),
            update.html,
            update.posted_at,
            keep_texts(translations.get(update.id, ())),
        )
        for update in updates
    )


def _read(notification: Notification) -> IncidentNotice:
    """What there is to tell, in the language of the moment."""
    return IncidentNotice.from_json(notification.notice).told_in(spoken())


def _why_not(scope: Scope, notification: Notification) -> str | None:
    if notification.story_id is None:
        return None
    incident = scope.get(Incident, notification.story_id)
    if incident.deleted_at is not None:
        return DELETED
    # It was resolved silently, or its last message is not written down yet and will tell everybody.
    told = IncidentNotice.from_json(notification.notice).stage
    return ENDED if incident.resolved_at is not None and told is not Stage.RESOLVED else None


INCIDENTS = Family(
    kinds=("incident.created", "incident.updated", "incident.resolved"),
    audience=ConcernedSubscribers(NewsKind.INCIDENTS, followed=lambda notification: notification.story_id),
    pages=every_page,
    draft=_draft,
    why_not=_why_not,
    compose=lambda notification: incident_mails(_read(notification)),
    recipient=to_subscribers,
    brief=lambda notification: incident_brief(_read(notification)),
)
