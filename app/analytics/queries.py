"""The figures of an organization's services over a period, beside those of the period before.

Days come from the roll-ups (`app.services.rollups`), as they do for pages and reports, and the database adds them up.
How many statements it takes depends neither on the number of services nor on how old they are.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from app import clock
from app.analytics.incidents import read_facts
from app.analytics.periods import DAYS_ONE_BY_ONE, WINDOWS, Period, latest
from app.analytics.rules import Bucket, Figures, IncidentFacts, Sort, by_month, in_buckets, longest_outages
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import NotFound
from app.incidents.rules import Impact
from app.services.history import Lengths, day_borders, durations, spans, start_of_day, together, uptime_of
from app.services.queries import ServiceRow, read_catalogue, read_changes
from app.services.rollups.queries import read_together
from app.services.rollups.sums import read_sums

PAGE = 50
"""Services of the table that are shown at once."""

LAST_DAY = timedelta(hours=24)

Uptimes = Mapping[int, float | None]
"""Uptime by how many days up to now, 1 for the last 24 hours."""


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """One service in the table."""

    service: ServiceRow
    figures: Figures
    uptime_before: float | None
    uptimes: Uptimes


@dataclass(frozen=True, slots=True)
class Analysis:
    """All of the page, of one moment."""

    period: Period
    made_at: datetime
    service: ServiceRow | None
    """The only one it is about; None for all."""
    services: tuple[ServiceRow, ...]
    """All that can be chosen."""
    overall: Figures
    before: Figures
    uptimes: Uptimes
    buckets: tuple[Bucket, ...]
    months: tuple[tuple[date, Mapping[Impact, int]], ...]
    longest: tuple[IncidentFacts, ...]
    table: tuple[ServiceFigures, ...]
    """One page of it, sorted."""
    page: int
    """From 1."""
    pages: int


def get_analysis(
    actor: Actor,
    zone: ZoneInfo,
    period: Period,
    *,
    service_id: UUID | None = None,
    sort: Sort = Sort.UPTIME,
    page: int | None = 1,
) -> Analysis:
    """The figures of all services, or of one.

    Args:
        actor: a member.
        zone: the organization's; days are counted in it.
        period: days that are not all to come.
        service_id: of the only one that counts.
        sort: the order of the table.
        page: which part of it, from 1; one past the end is the last, None all of it.

    Raises:
        NotFound: no such service.
    """
    now = clock.now()
    with organization_scope(actor, read_only=True) as scope:
        catalogue = read_catalogue(scope)
        services = tuple(catalogue.services)
        chosen = _chosen(services, catalogue.archived, service_id)
        measured = _measure(scope, chosen, zone, period, now)
        facts = read_facts(scope, Period(period.before.first, period.last), zone, service_id)
    border = start_of_day(zone, period.first)
    began = [one for one in facts if one.started_at >= border]
    rows = _sorted(chosen, measured.of_services, began, sort)
    pages = max(1, -(-len(rows) // PAGE))
    shown = rows if page is None else rows[(min(page, pages) - 1) * PAGE :][:PAGE]
    overall = measured.overall
    return Analysis(
        period=period,
        made_at=now,
        service=chosen[0] if service_id else None,
        services=services,
        overall=Figures(overall.period, began),
        before=Figures(overall.before, [one for one in facts if one.started_at < border]),
        uptimes=overall.uptimes,
        buckets=in_buckets(zip(period.columns, measured.columns, strict=True), began, zone),
        months=by_month(period, began, zone),
        longest=longest_outages(began, now),
        table=tuple(_figures(service, figures, measured.of_services[service.id]) for service, figures in shown),
        page=min(page or 1, pages),
        pages=pages,
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    """How long each status lasted over everything that is told, of one service or of several together."""

    period: Lengths
    before: Lengths
    windows: Mapping[int, Lengths]
    """By how many days up to now, 1 for the last 24 hours."""

    @property
    def uptimes(self) -> Uptimes:
        return {days: uptime_of(lengths) for days, lengths in self.windows.items()}


@dataclass(frozen=True, slots=True)
class _AllMeasured:
    """The same of each service, of all of them together, and column by column."""

    of_services: Mapping[UUID, _Measured]
    overall: _Measured
    columns: Sequence[Lengths]


def _measure(
    scope: Scope, services: Collection[ServiceRow], zone: ZoneInfo, period: Period, now: datetime
) -> _AllMeasured:
    """All that is read of days: five statements for a period that is shown by days, three for a longer one."""
    today = now.astimezone(zone).date()
    told = [period, period.before, *(latest(days, today) for days in WINDOWS)]
    # Days of many services one by one would be too many; months are added up along with the rest.
    by_days = period.days <= DAYS_ONE_BY_ONE
    sums = read_sums(scope, services, told if by_days else [*told, *period.columns], zone, now)
    last_day = _read_last_day(scope, services, now)
    of_services = {}
    for service_id, (of_period, before, *others) in sums.items():
        windows = {1: last_day[service_id], **dict(zip(WINDOWS, others, strict=False))}
        of_services[service_id] = _Measured(of_period, before, windows)
    if by_days:
        calendar = day_borders(zone, period.last, period.days)
        columns = [day.lengths for day in read_together(scope, services, calendar, zone, now)]
    else:
        columns = [together(column) for column in zip(*(one[len(told) :] for one in sums.values()), strict=True)]
        columns = columns or [{} for _ in period.columns]
    return _AllMeasured(of_services, _as_one(of_services.values()), columns)


def _as_one(measured: Collection[_Measured]) -> _Measured:
    return _Measured(
        period=together(one.period for one in measured),
        before=together(one.before for one in measured),
        windows={days: together(one.windows[days] for one in measured) for days in (1, *WINDOWS)},
    )


def _figures(service: ServiceRow, figures: Figures, measured: _Measured) -> ServiceFigures:
    return ServiceFigures(service, figures, uptime_of(measured.before), measured.uptimes)


def _sorted(
    services: Collection[ServiceRow],
    measured: Mapping[UUID, _Measured],
    incidents: Collection[IncidentFacts],
    sort: Sort,
) -> list[tuple[ServiceRow, Figures]]:
    """Each service with its figures, the one to look at first before all."""
    by_service: dict[UUID, list[IncidentFacts]] = defaultdict(list)
    for one in incidents:
        for touched in one.service_ids:
            by_service[touched].append(one)
    rows = [(service, Figures(measured[service.id].period, by_service[service.id])) for service in services]
    return sorted(rows, key=lambda row: sort.place(row[0].name, row[1]))


def _chosen(
    services: Sequence[ServiceRow], archived: Sequence[ServiceRow], service_id: UUID | None
) -> Sequence[ServiceRow]:
    if service_id is None:
        return services
    found = [service for service in chain(services, archived) if service.id == service_id]
    if not found:
        raise NotFound
    return found


def _read_last_day(scope: Scope, services: Collection[ServiceRow], now: datetime) -> Mapping[UUID, Lengths]:
    """How long each service showed what in the last 24 hours, which are no days of a calendar: from the changes."""
    start = now - LAST_DAY
    only = next(iter(services)).id if len(services) == 1 else None
    changes = read_changes(scope, start, only)
    return {
        service.id: durations(spans(changes.get(service.id, ()), service.created_at, start=start, end=now, now=now))
        for service in services
    }
