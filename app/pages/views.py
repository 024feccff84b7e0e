"""What one public page shows, as plain values.

Built once per revision by `app.pages.queries`, read by the HTML templates, the JSON, the live fragments and the mails:
all of them tell the same story because they read the same object.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from app.announcements.rules import Level
from app.incidents.rules import Impact, Stage
from app.incidents.views import IncidentLink, Neighbours
from app.maintenance.rules import RUNNING, MaintenanceStage
from app.pages.address import OfPage, PageAddress
from app.services.history import DayView as DayView
from app.services.history import SpanView as SpanView
from app.services.history import start_of_day
from app.services.rules import ServiceStatus
from app.text.languages import PageLanguage
from app.text.plain import plain_text

MOST_UPDATES_SHOWN = 10
"""Of one incident among others: a long story must not make everybody's page long."""


@dataclass(frozen=True, slots=True)
class ServiceView:
    """One service: what it shows now, its last 90 days (oldest first, today last) and its uptime over them."""

    id: UUID
    name: str
    description: str
    status: ServiceStatus
    since: datetime
    days: tuple[DayView, ...]
    uptime: float | None
    """Share, 0 to 1, of the known time without maintenance that it was up, by the page's weights; None without data."""


@dataclass(frozen=True, slots=True)
class GroupView:
    """Services that fold together; the ungrouped ones come in a group whose `id` and `name` are None."""

    id: UUID | None
    name: str | None
    status: ServiceStatus
    """The worst of all that is in it."""
    services: tuple[ServiceView, ...]
    """Its own, which come first."""
    groups: tuple["GroupView", ...] = ()
    """Those that stand in it; they hold no others."""

    @property
    def all_services(self) -> Iterator[ServiceView]:
        """Its own, and those of the groups in it."""
        yield from self.services
        for group in self.groups:
            yield from group.services


@dataclass(frozen=True, slots=True)
class UpdateView:
    """One public message of an incident; `html` is sanitised already."""

    id: UUID
    stage: Stage
    html: str
    posted_at: datetime
    edited_at: datetime | None
    language: PageLanguage | None = None
    """What its words are in, where that is not the language that it is read in."""

    @property
    def text(self) -> str:
        """Worked out when somebody asks: a long message takes milliseconds, and most of many are only counted."""
        return plain_text(self.html)


@dataclass(frozen=True, slots=True)
class AffectedView:
    """A service that an incident or a maintenance touches; `status` is what the incident asks for it."""

    id: UUID
    name: str
    status: ServiceStatus


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident with its timeline, newest update first."""

    id: UUID
    title: str
    stage: Stage
    impact: Impact
    status: ServiceStatus
    """The worst status it asks for; for one without services, what its impact suggests."""
    started_at: datetime
    resolved_at: datetime | None
    affected: tuple[AffectedView, ...]
    updates: tuple[UpdateView, ...]
    next_update_at: datetime | None = None
    """When the next update is promised, while it is open."""
    is_overdue: bool = False
    """Whether that time had passed when this was read."""
    follows_id: UUID | None = None
    """The resolved incident that this one goes back to, if any."""
    follows_title: str | None = None
    title_edited_at: datetime | None = None
    neighbours: Neighbours | None = None
    """What began before and after it; known only on a page of its own, like what follows."""
    merged_into: IncidentLink | None = None
    """Where a duplicate goes on."""
    merged_from: tuple[IncidentLink, ...] = ()
    """Its duplicates."""
    postmortem_at: datetime | None = None
    """When its postmortem was published, if it is; likewise."""

    @property
    def latest_updates(self) -> tuple[UpdateView, ...]:
        """As many as a page or a document of several incidents shows; the incident's own page has all."""
        return self.updates[:MOST_UPDATES_SHOWN]

    @property
    def earlier_updates(self) -> int:
        """How many there are besides the latest ones."""
        return len(self.updates) - len(self.latest_updates)

    @property
    def duration(self) -> timedelta | None:
        """How long it lasted, once resolved."""
        return self.resolved_at - self.started_at if self.resolved_at else None


@dataclass(frozen=True, slots=True)
class MaintenanceUpdateView:
    """One public message of a window; `html` is sanitised already."""

    id: UUID
    stage: MaintenanceStage
    html: str
    posted_at: datetime
    edited_at: datetime | None
    language: PageLanguage | None = None
    """What its words are in, where that is not the language that it is read in."""

    @property
    def text(self) -> str:
        """Worked out when somebody asks: a long message takes milliseconds, and most of many are only counted."""
        return plain_text(self.html)


@dataclass(frozen=True, slots=True)
class MaintenanceView:
    """A planned window with what was said of it, newest first."""

    id: UUID
    title: str
    html: str
    stage: MaintenanceStage
    starts_at: datetime
    """As planned, like `ends_at`."""
    ends_at: datetime
    started_at: datetime | None
    """When it really began; None while it has not."""
    completed_at: datetime | None
    cancelled_at: datetime | None
    edited_at: datetime | None
    created_at: datetime
    changed_at: datetime
    version: int
    """Rises with each change, from 1."""
    is_repeating: bool
    affected: tuple[AffectedView, ...]
    updates: tuple[MaintenanceUpdateView, ...] = ()
    language: PageLanguage | None = None
    """What its words are in, where that is not the language that it is read in."""

    @property
    def text(self) -> str:
        return plain_text(self.html)

    @property
    def running(self) -> bool:
        """Whether its services are under maintenance now."""
        return self.stage in RUNNING

    @property
    def latest_updates(self) -> tuple[MaintenanceUpdateView, ...]:
        """As many as a page or a document of several shows; the window's own page has all."""
        return self.updates[:MOST_UPDATES_SHOWN]

    @property
    def earlier_updates(self) -> int:
        """How many there are besides the latest ones."""
        return len(self.updates) - len(self.latest_updates)

    @property
    def duration(self) -> timedelta | None:
        """How long the work took, once it is completed."""
        if self.started_at is None or self.completed_at is None:
            return None
        return self.completed_at - self.started_at


@dataclass(frozen=True, slots=True)
class AnnouncementView:
    """What the page says apart from incidents; `html` is sanitised already, and empty when the title says all."""

    id: UUID
    level: Level
    title: str
    html: str
    text: str
    begins_at: datetime
    ends_at: datetime | None
    edited_at: datetime | None
    language: PageLanguage | None = None
    """What its words are in, where that is not the language that it is read in."""


@dataclass(frozen=True, slots=True)
class PastDay:
    """One day of the page's calendar with what began on it, latest first."""

    day: date
    incidents: tuple[IncidentView, ...]
    maintenances: tuple[MaintenanceView, ...] = ()
    """Those that are completed."""


@dataclass(frozen=True, slots=True)
class Overall:
    """The page's one sentence. `status` decides colour, icon and favicon."""

    status: ServiceStatus
    headline: str
    detail: str


@dataclass(frozen=True, slots=True)
class PageView(OfPage):
    """Everything that a public page, its JSON and its live fragments are made from."""

    address: PageAddress
    revision: int
    built_at: datetime
    today: date
    """Today in the page's time zone: the last day of every strip."""
    overall: Overall
    groups: tuple[GroupView, ...]
    active_incidents: tuple[IncidentView, ...]
    maintenances: tuple[MaintenanceView, ...]
    """Those that run, then those still to come, soonest first; of a series the next one."""
    past_days: tuple[PastDay, ...]
    announcements: tuple[AnnouncementView, ...] = ()
    """Those shown now: the loudest first, of these the latest."""

    @property
    def headings(self) -> Iterator[GroupView]:
        """All groups, those that stand in another one right after it: for lists that do not fold."""
        for group in self.groups:
            yield group
            yield from group.groups

    @property
    def services(self) -> Iterator[ServiceView]:
        """All services in the page's order, groups unfolded."""
        for group in self.groups:
            yield from group.all_services

    def find_service(self, service_id: UUID | None) -> ServiceView | None:
        """The service of this id, if the page shows it."""
        return next((service for service in self.services if service.id == service_id), None)

    @property
    def turns_at(self) -> datetime:
        """When the page shows something else without any change: its day ends, a window that never began is over, an
        announcement's time is up."""
        tomorrow = start_of_day(self.time_zone, self.today + timedelta(days=1))
        planned = (window.ends_at for window in self.maintenances if not window.running)
        announced = (one.ends_at for one in self.announcements if one.ends_at is not None)
        return min([tomorrow, *(ends_at for ends_at in (*planned, *announced) if ends_at > self.built_at)])


@dataclass(frozen=True, slots=True)
class DayDetail:
    """One day of one service, opened: its spans in order, minutes per status (operational left out), its incidents."""

    service_id: UUID
    service_name: str
    day: date
    status: ServiceStatus | None
    spans: tuple[SpanView, ...]
    minutes: tuple[tuple[ServiceStatus, int], ...]
    incidents: tuple[IncidentView, ...]
    maintenances: tuple[MaintenanceView, ...] = ()
    """Windows that ran on that day."""
