"""An announcement that begins, told to all subscribers where its writer wanted that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app import clock
from app.announcements.models import Announcement
from app.announcements.rules import Level, Phase, phase_of
from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import ConcernedSubscribers
from app.delivery.links import to_subscribers
from app.delivery.mails import Compose, date_time, mails_with_foot
from app.delivery.models import Notification
from app.delivery.notices.family import Draft, Family, every_page, teller
from app.delivery.notices.kept import Brief, Notice
from app.delivery.notices.translated import KeptText, keep_texts, text_in
from app.pages.address import PageAddress
from app.services.rules import ServiceStatus
from app.subscribers.rules import NewsKind
from app.text.languages import PageLanguage
from app.text.plain import plain_text
from app.text.speech import gettext, spoken, words
from app.translated.queries import read_rows

OVER = "The announcement was over or removed before this was sent."

_INKS = {
    Level.INFO: None,
    Level.WARNING: ServiceStatus.DEGRADED_PERFORMANCE,
    Level.CRITICAL: ServiceStatus.MAJOR_OUTAGE,
}
"""Mails have the inks of statuses; these are as loud as the levels."""


@dataclass(frozen=True, slots=True)
class AnnouncementNotice(Notice):
    """What is announced, and until when."""

    announcement_id: UUID
    level: Level
    title: str
    html: str
    text: str
    ends_at: datetime | None
    translations: tuple[KeptText, ...] = ()

    def told_in(self, language: PageLanguage) -> "AnnouncementNotice":
        """With the words that it has in this language."""
        said = text_in(self.translations, language)
        worded = replace(self, html=said.html, text=said.text) if said.html else self
        return replace(worded, title=said.title or self.title)


def announcement_brief(notice: AnnouncementNotice) -> Brief:
    """What is announced, in two lines."""
    return Brief(notice.title, notice.text or notice.title, notice.page_url)


def announcement_mails(notice: AnnouncementNotice) -> Compose:
    """How to tell any recipient of this notice."""
    until = ""
    if notice.ends_at is not None:
        until = gettext("Until %(time)s", time=date_time(notice.ends_at.astimezone(notice.zone)))
    shared = {
        "headline": words(notice.level.label),
        "detail": until,
        "status": _INKS[notice.level],
    }
    return mails_with_foot("announcement", notice, announcement_brief(notice), shared)


def _draft(scope: Scope, event: Event, page: PageAddress | None) -> Draft | None:
    if not event.payload.get("notify"):
        return None
    row = scope.find(Announcement, UUID(event.payload["announcement_id"]))
    if row is None or not _is_shown(row):
        return None
    notice = AnnouncementNotice(
        **teller(scope, page),
        announcement_id=row.id,
        level=row.level,
        title=row.title,
        html=row.html,
        text=plain_text(row.html),
        ends_at=row.ends_at,
        translations=keep_texts(read_rows(scope, [row.id])),
    )
    return Draft(notice)


def _read(notification: Notification) -> AnnouncementNotice:
    """What there is to tell, in the language of the moment."""
    return AnnouncementNotice.from_json(notification.notice).told_in(spoken())


def _pages(scope: Scope, event: Event) -> Sequence[PageAddress]:
    """The page that it is for, or all of them."""
    row = scope.find(Announcement, UUID(event.payload["announcement_id"]))
    return [page for page in every_page(scope, event) if row is None or row.page_id in (None, page.page_id)]


def _why_not(scope: Scope, notification: Notification) -> str | None:
    row = scope.find(Announcement, AnnouncementNotice.from_json(notification.notice).announcement_id)
    stands = row is not None and _is_shown(row) and row.page_id in (None, notification.page_id)
    return None if stands else OVER


def _is_shown(row: Announcement) -> bool:
    is_active = phase_of(row.published_at is not None, row.period, clock.now()) is Phase.ACTIVE
    return is_active and row.removed_at is None


ANNOUNCEMENTS = Family(
    kinds=("announcement.published",),
    audience=ConcernedSubscribers(NewsKind.ANNOUNCEMENTS, whatever_they_chose=True),
    pages=_pages,
    draft=_draft,
    why_not=_why_not,
    compose=lambda notification: announcement_mails(_read(notification)),
    recipient=to_subscribers,
    brief=lambda notification: announcement_brief(_read(notification)),
)
