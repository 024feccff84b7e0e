"""What a page tells of its past: month by month, and by the words of its incidents."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Select, SQLColumnExpression, cast, func, select

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import NotFound
from app.incidents.models import Incident, IncidentUpdate
from app.incidents.postmortems.models import Postmortem
from app.maintenance.models import Maintenance
from app.maintenance.rules import MaintenanceStage
from app.organizations.models import Organization
from app.pages.address import PageAddress
from app.pages.affected import incident_touches, window_touches
from app.pages.groups import read_services
from app.pages.months import MONTHS, MonthDays, by_month, month_after, month_before, month_name
from app.pages.selection import shows_incident, shows_maintenance
from app.pages.timelines import read_incidents
from app.pages.views import IncidentView, MaintenanceView, PastDay
from app.pages.windows import read_maintenance
from app.services.history import day_borders, start_of_day
from app.services.models import Service
from app.services.rollups.queries import read_together

MOST_OF_A_MONTH = 10
"""Incidents, and windows, of each month where several are shown."""
MOST_ON_A_PAGE = 200
"""Incidents, and windows, of a month on a page of its own."""
MOST_FOUND = 50
MOST_SEARCHED = 500
"""Of so many incidents with these words, the latest, it is looked whether visitors may read them."""


@dataclass(frozen=True, slots=True)
class HistoryMonth:
    """One month: its days, and what began in it, the latest day first."""

    days: MonthDays
    told: tuple[PastDay, ...]
    """Days on which something began; quiet ones are left out."""
    more: bool
    """Whether more began than is shown."""

    @property
    def month(self) -> date:
        return self.days.month


@dataclass(frozen=True, slots=True)
class HistoryView:
    """Some months of a page, the latest first; of one service, or of all together."""

    service: Service | None
    services: tuple[Service, ...]
    """All that the page shows, in its order: of each there is a history of its own."""
    months: tuple[HistoryMonth, ...]
    earlier: date | None
    """The month before the earliest one, if there is anything of it."""
    later: date | None
    """The month after the latest one, unless that is still to come."""

    @property
    def earlier_name(self) -> str | None:
        """As addresses have it, like `later_name`."""
        return month_name(self.earlier) if self.earlier else None

    @property
    def later_name(self) -> str | None:
        return month_name(self.later) if self.later else None


@dataclass(frozen=True, slots=True)
class FoundIncidents:
    """Incidents with the words that somebody looked for, the latest first."""

    incidents: tuple[IncidentView, ...]
    more: bool
    """Whether there are others besides."""


def get_history(page: PageAddress, service_id: UUID | None = None) -> HistoryView:
    """The last twelve months, or as many as there have been.

    Raises:
        NotFound: no such service on this page.
    """
    today = _today(page)
    return _get_months(page, service_id, month_before(today, MONTHS - 1), today, MOST_OF_A_MONTH)


def get_month(page: PageAddress, month: date, service_id: UUID | None = None) -> HistoryView:
    """One month, by its first day.

    Raises:
        NotFound: no such service on this page; or the month is still to come, or was over before there was anything.
    """
    today = _today(page)
    if month > today:
        raise NotFound
    view = _get_months(page, service_id, month, min(month_after(month) - timedelta(days=1), today), MOST_ON_A_PAGE)
    if not view.months:
        raise NotFound
    return view


def search_history(page: PageAddress, words: str) -> FoundIncidents:
    """The page's incidents with these words in their titles, messages and published postmortems, the latest first."""
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        found = scope.session.scalars(_with_words(scope, page, words)).all()
        incidents = read_incidents(scope, page, Incident.id.in_(found[:MOST_FOUND]))
    return FoundIncidents(incidents, len(found) > MOST_FOUND)


def _get_months(page: PageAddress, service_id: UUID | None, first: date, last: date, most: int) -> HistoryView:
    now = clock.now()
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        services = tuple(one.service for one in read_services(scope, page)[1])
        service = next((one for one in services if one.id == service_id), None)
        if service_id is not None and service is None:
            raise NotFound
        beginning = _read_beginning(scope, page, services)
        first = max(first, beginning)
        if first > last:
            return HistoryView(service, services, (), None, None)
        calendar = day_borders(page.time_zone, last, (last - first).days + 1)
        shown = [service] if service else services
        months = by_month(read_together(scope, shown, calendar, page.time_zone, now), page.settings.weights)
        told = _read_told(scope, page, service_id, months, most)
    following = month_after(last)
    return HistoryView(
        service=service,
        services=services,
        months=tuple(_history_month(days, told[days.month], page, most) for days in months),
        earlier=month_before(first) if months[-1].month > beginning else None,
        later=following if following <= now.astimezone(page.time_zone).date() else None,
    )


def _history_month(days: MonthDays, told: "_Told", page: PageAddress, most: int) -> HistoryMonth:
    incidents: dict[date, list[IncidentView]] = defaultdict(list)
    for incident in told.incidents[:most]:
        incidents[incident.started_at.astimezone(page.time_zone).date()].append(incident)
    windows: dict[date, list[MaintenanceView]] = defaultdict(list)
    for window in told.windows[:most]:
        windows[_began(window).astimezone(page.time_zone).date()].append(window)
    listed = sorted({*incidents, *windows}, reverse=True)
    return HistoryMonth(
        days=days,
        told=tuple(PastDay(day, tuple(incidents[day]), tuple(windows[day])) for day in listed),
        more=max(len(told.incidents), len(told.windows)) > most,
    )


def _began(window: MaintenanceView) -> datetime:
    return window.started_at or window.starts_at


def _read_beginning(scope: Scope, page: PageAddress, services: Iterable[Service]) -> date:
    """The first day of which the page could tell anything: one statement."""
    mine = scope.organization_id
    founded, told, planned = scope.session.execute(
        select(
            select(Organization.created_at).where(Organization.id == mine).scalar_subquery(),
            select(func.min(Incident.started_at))
            .where(Incident.organization_id == mine, Incident.deleted_at.is_(None), shows_incident(page))
            .scalar_subquery(),
            select(func.min(_BEGAN))
            .where(
                Maintenance.organization_id == mine,
                Maintenance.stage == MaintenanceStage.COMPLETED,
                shows_maintenance(page),
            )
            .scalar_subquery(),
        )
    ).one()
    moments = [founded, told, planned, *(service.created_at for service in services)]
    return min(moment for moment in moments if moment is not None).astimezone(page.time_zone).date()


@dataclass(slots=True)
class _Told:
    """What began in a month."""

    incidents: list[IncidentView]
    windows: list[MaintenanceView]


def _read_told(
    scope: Scope, page: PageAddress, service_id: UUID | None, months: Sequence[MonthDays], most: int
) -> Mapping[date, _Told]:
    """What began in each of some months, one more of each kind than the most that is shown: two statements."""
    months_of_time = sorted(month.month for month in months)
    borders = [start_of_day(page.time_zone, month) for month in months_of_time]
    end = start_of_day(page.time_zone, month_after(months_of_time[-1]))
    began = _latest(_incidents_of(scope, page, service_id), Incident.started_at, borders, end, most + 1)
    incidents = read_incidents(scope, page, Incident.id.in_(began))
    ran = _latest(_windows_of(scope, page, service_id), _BEGAN, borders, end, most + 1)
    windows = read_maintenance(scope, page, Maintenance.id.in_(ran))
    told: dict[date, _Told] = defaultdict(lambda: _Told([], []))
    for incident in incidents:
        told[_month_of(page, incident.started_at)].incidents.append(incident)
    for window in sorted(windows, key=_began, reverse=True):
        told[_month_of(page, _began(window))].windows.append(window)
    return told


_BEGAN = func.coalesce(Maintenance.started_at, Maintenance.starts_at)


def _latest(
    of: Select[UUID], began: SQLColumnExpression[datetime], borders: Sequence[datetime], end: datetime, most: int
) -> Select[UUID]:
    """The ids of those that `of` selects, as far as they are among the latest of their month."""
    month = func.width_bucket(began, cast(list(borders), ARRAY(DateTime(timezone=True))))
    place = func.row_number().over(partition_by=month, order_by=began.desc())
    ranked = of.add_columns(place.label("place")).where(began >= borders[0], began < end).subquery()
    return select(ranked.c.id).where(ranked.c.place <= most)


def _incidents_of(scope: Scope, page: PageAddress, service_id: UUID | None) -> Select[UUID]:
    found = select(Incident.id).where(
        Incident.organization_id == scope.organization_id,
        Incident.deleted_at.is_(None),
        # A duplicate is told of by the incident that it was merged into.
        Incident.merged_into_id.is_(None),
        shows_incident(page),
    )
    return found if service_id is None else found.where(incident_touches(service_id))


def _windows_of(scope: Scope, page: PageAddress, service_id: UUID | None) -> Select[UUID]:
    found = select(Maintenance.id).where(
        Maintenance.organization_id == scope.organization_id,
        Maintenance.stage == MaintenanceStage.COMPLETED,
        shows_maintenance(page),
    )
    return found if service_id is None else found.where(window_touches(service_id))


def _with_words(scope: Scope, page: PageAddress, words: str) -> Select[UUID]:
    """The latest incidents with these words in what visitors may read of them.

    The index also knows what only members may read, such as a postmortem that is not published. So it only says which
    incidents to look at; what visitors see of them, by the rights of a visitor, must have the words, too.
    """
    likely = (
        _incidents_of(scope, page, None)
        .where(Incident.id.in_(select(func.find_likely_incidents(words).column_valued("found"))))
        .order_by(Incident.started_at.desc(), Incident.id.desc())
        .limit(MOST_SEARCHED)
        .subquery()
    )
    messages = (
        select(func.string_agg(IncidentUpdate.message, "\n"))
        .where(IncidentUpdate.organization_id == Incident.organization_id, IncidentUpdate.incident_id == Incident.id)
        .scalar_subquery()
    )
    published = (
        select(func.left(Postmortem.message, 20_000))
        .where(Postmortem.organization_id == Incident.organization_id, Postmortem.incident_id == Incident.id)
        .scalar_subquery()
    )
    said = func.words_of(scope.organization_id, func.concat_ws("\n", Incident.title, published, messages))
    return (
        select(Incident.id)
        .where(
            Incident.organization_id == scope.organization_id,
            Incident.id.in_(select(likely.c.id)),
            said.bool_op("@@")(func.asked_for(scope.organization_id, _without_not(words))),
        )
        .order_by(Incident.started_at.desc(), Incident.id.desc())
        .limit(MOST_FOUND + 1)
    )


def _without_not(words: str) -> str:
    """What is asked for, without what is not to be there: that would tell of words that nobody is to read."""
    return words.replace("-", " ")


def _month_of(page: PageAddress, at: datetime) -> date:
    return at.astimezone(page.time_zone).date().replace(day=1)


def _today(page: PageAddress) -> date:
    return clock.now().astimezone(page.time_zone).date()
