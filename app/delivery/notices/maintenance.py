"""A planned window, told to subscribers of the services that it touches: before, while it runs, and when it is over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import ConcernedSubscribers
from app.delivery.links import to_subscribers
from app.delivery.mails import Compose, clock_time, date_time, mails_with_foot, on_day, stage_and_title
from app.delivery.models import Notification
from app.delivery.notices.family import Draft, Family, every_page, teller
from app.delivery.notices.kept import Brief, Notice
from app.delivery.notices.shown import hears_of, shown_among
from app.delivery.notices.translated import KeptText, keep_texts, text_in
from app.maintenance.models import Maintenance, MaintenanceService, MaintenanceUpdate
from app.maintenance.rules import OPEN, RUNNING, MaintenanceStage
from app.pages.address import PageAddress
from app.sentences import Sentence
from app.services.models import Service
from app.services.rules import ServiceStatus
from app.subscribers.rules import NewsKind
from app.text.languages import PageLanguage
from app.text.plain import plain_text
from app.text.speech import gettext, spoken, words
from app.translated.queries import read_rows

CANCELLED = "The maintenance was cancelled before this was sent."
ENDED = "The maintenance was over before this was sent."
BEGUN = "The maintenance had begun before this was sent."
MOVED = "The maintenance got other times before this was sent."

_WORDS = {
    "maintenance.scheduled": Sentence("Planned maintenance"),
    "maintenance.edited": Sentence("Planned maintenance has changed"),
    "maintenance.cancelled": Sentence("Maintenance cancelled"),
    "maintenance.reminded": Sentence("Reminder of maintenance"),
    "maintenance.started": Sentence("Maintenance has started"),
    "maintenance.updated": Sentence("Maintenance"),
    "maintenance.verifying": Sentence("Maintenance: checking the result"),
    "maintenance.extended": Sentence("Maintenance takes longer"),
    "maintenance.completed": Sentence("Maintenance completed"),
}
"""What a mail of each kind is about, for its subject and its first line."""

_STATUSES = {MaintenanceStage.COMPLETED: ServiceStatus.OPERATIONAL, MaintenanceStage.CANCELLED: None}
"""In whose ink it is told once it is over; None is in none."""

_OF_SERIES = {
    "maintenance.scheduled": Sentence("This work comes again: the page has the next dates, its calendar has them all."),
    "maintenance.edited": Sentence("This work comes again; its later dates have changed, too."),
    "maintenance.cancelled": Sentence("This work does not come again: its later dates are cancelled, too."),
}
"""What is said besides where the whole of a series is meant."""

_BEFORE = ("maintenance.scheduled", "maintenance.edited", "maintenance.reminded")
"""Kinds whose subject says when it begins."""


@dataclass(frozen=True, slots=True)
class MaintenanceNotice(Notice):
    """A window as it stands, with what was last said of it."""

    kind: str
    title: str
    stage: MaintenanceStage
    starts_at: datetime
    ends_at: datetime
    affected: tuple[str, ...]
    """Names of the services that it touches, in the page's order."""
    plan_html: str
    """The message that it was planned with, sanitised."""
    plan_text: str
    said_html: str
    """The message that this mail is about; empty when it has none of its own."""
    said_text: str
    maintenance_url: str
    is_series: bool = False
    """Whether it stands for all windows of its series."""
    plan_translations: tuple[KeptText, ...] = ()
    """Title and plan in further languages, and below what was said."""
    said_translations: tuple[KeptText, ...] = ()

    def told_in(self, language: PageLanguage) -> "MaintenanceNotice":
        """With the words that it has in this language."""
        plan, said = text_in(self.plan_translations, language), text_in(self.said_translations, language)
        return replace(
            self,
            title=plan.title or self.title,
            plan_html=plan.html or self.plan_html,
            plan_text=plan.text or self.plan_text,
            said_html=said.html or self.said_html,
            said_text=said.text or self.said_text,
        )

    @property
    def calendar_url(self) -> str:
        return f"{self.maintenance_url}.ics"

    @property
    def is_open(self) -> bool:
        """Whether it is still to come, or runs."""
        return self.stage in OPEN

    @property
    def tells_plan(self) -> bool:
        """Whether what was written when it was planned is still what there is to say."""
        return self.stage is MaintenanceStage.SCHEDULED or not self.said_html


def maintenance_brief(notice: MaintenanceNotice) -> Brief:
    """What is new of the window, in two lines."""
    title = stage_and_title(words(_WORDS[notice.kind]), notice.title)
    if notice.kind in _BEFORE:
        begins = date_time(notice.starts_at.astimezone(notice.zone))
        title = gettext("%(subject)s, %(time)s", subject=title, time=begins)
    return Brief(title, f"{_window(notice)}. {notice.said_text or notice.plan_text}", notice.maintenance_url)


def maintenance_mails(notice: MaintenanceNotice) -> Compose:
    """How to tell any recipient of this notice."""
    shared = {
        "headline": words(_WORDS[notice.kind]),
        "when": _window(notice),
        "besides": words(_OF_SERIES.get(notice.kind, "")) if notice.is_series else "",
        "status": _STATUSES.get(notice.stage, ServiceStatus.UNDER_MAINTENANCE),
    }
    return mails_with_foot("maintenance", notice, maintenance_brief(notice), shared)


def _window(notice: MaintenanceNotice) -> str:
    """ "24 November 2026, 02:00 to 04:00 CET", "24 November 2026, 22:00 CET to 25 November 2026, 01:00 CET"."""
    start, end = notice.starts_at.astimezone(notice.zone), notice.ends_at.astimezone(notice.zone)
    if start.date() == end.date() and start.utcoffset() == end.utcoffset():
        hours = gettext("%(begin)s to %(end)s", begin=clock_time(start), end=f"{clock_time(end)} {end:%Z}")
        return on_day(start, hours)
    return gettext("%(begin)s to %(end)s", begin=date_time(start), end=date_time(end))


def _draft(scope: Scope, event: Event, page: PageAddress | None) -> Draft | None:
    if not event.payload.get("notify"):
        return None
    window = scope.find(Maintenance, UUID(event.payload["maintenance_id"]))
    if window is None or _overtaken(window, event.kind) is not None:
        return None
    said = scope.find(MaintenanceUpdate, UUID(event.payload["update_id"])) if event.payload.get("update_id") else None
    asked = _read_services(scope, window)
    touched = {UUID(service_id) for service_id in event.payload.get("service_ids", ())}
    touched.update(service_id for service_id, _ in asked)
    shown = shown_among(scope, page, touched)
    if not hears_of(scope, page, touched=touched, shown=shown, story_id=window.id):
        return None
    tells = teller(scope, page)
    notice = MaintenanceNotice(
        **tells,
        kind=event.kind,
        title=window.title,
        stage=window.stage,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        affected=tuple(name for service_id, name in asked if service_id in shown),
        plan_html=window.html,
        plan_text=plain_text(window.html),
        said_html=said.html if said else "",
        said_text=plain_text(said.html) if said else "",
        maintenance_url=f"{tells['page_url']}/maintenance/{window.id}",
        is_series=bool(event.payload.get("series_id")),
        plan_translations=keep_texts(read_rows(scope, [window.id])),
        said_translations=keep_texts(read_rows(scope, [said.id])) if said else (),
    )
    if event.kind == "maintenance.edited" and not notice.is_series and _says_the_same(scope, page, notice, window.id):
        return None
    return Draft(
        notice,
        service_ids=shown,
        story_id=window.id,
        update_id=said.id if said else None,
    )


def _read_services(scope: Scope, window: Maintenance) -> Sequence[tuple[UUID, str]]:
    """What the window touches at present, by id and name."""
    rows = scope.session.execute(
        select(Service.id, Service.name)
        .join(
            MaintenanceService,
            (MaintenanceService.organization_id == Service.organization_id)
            & (MaintenanceService.service_id == Service.id),
        )
        .where(Service.organization_id == scope.organization_id, MaintenanceService.maintenance_id == window.id)
        .order_by(Service.position, Service.name)
    )
    return [(service_id, name) for service_id, name in rows]


def _read(notification: Notification) -> MaintenanceNotice:
    """What there is to tell, in the language of the moment."""
    return MaintenanceNotice.from_json(notification.notice).told_in(spoken())


def _says_the_same(scope: Scope, page: PageAddress | None, notice: MaintenanceNotice, maintenance_id: UUID) -> bool:
    """Whether an edit has changed nothing that the last mail about this window told (its reminders, say)."""
    told = scope.session.scalars(
        select(Notification.notice)
        .filter_by(
            organization_id=scope.organization_id, story_id=maintenance_id, page_id=page.page_id if page else None
        )
        .order_by(Notification.revision.desc(), Notification.event_id.desc())
        .limit(1)
    ).one_or_none()
    if told is None:
        return False
    last = MaintenanceNotice.from_json(told)
    as_now = replace(
        last,
        kind=notice.kind,
        said_html=notice.said_html,
        said_text=notice.said_text,
        said_translations=notice.said_translations,
        is_series=notice.is_series,
    )
    return as_now == notice


def _overtaken(window: Maintenance, kind: str) -> str | None:
    """Why what happened then is no news any more; a window that goes on silently is told of by nothing else."""
    if window.stage is MaintenanceStage.CANCELLED and kind != "maintenance.cancelled":
        return CANCELLED
    if window.stage is MaintenanceStage.COMPLETED and kind != "maintenance.completed":
        return ENDED
    if window.stage in RUNNING and kind == "maintenance.reminded":
        return BEGUN
    return None


def _why_not(scope: Scope, notification: Notification) -> str | None:
    notice = MaintenanceNotice.from_json(notification.notice)
    window = scope.find(Maintenance, notification.story_id) if notification.story_id else None
    if window is None:
        return CANCELLED
    # Of a silent change of times nobody is told: least of all the old ones. A reminder tells the new ones.
    if notice.is_open and (window.starts_at, window.ends_at) != (notice.starts_at, notice.ends_at):
        return _overtaken(window, notification.kind) or MOVED
    return _overtaken(window, notification.kind)


MAINTENANCE = Family(
    kinds=tuple(_WORDS),
    audience=ConcernedSubscribers(NewsKind.MAINTENANCE),
    pages=every_page,
    draft=_draft,
    why_not=_why_not,
    compose=lambda notification: maintenance_mails(_read(notification)),
    recipient=to_subscribers,
    brief=lambda notification: maintenance_brief(_read(notification)),
)
