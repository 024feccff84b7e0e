"""The figures of an organization's services over a period, beside those of the period before.

Days come from the roll-ups (`app.services.rollups`), as they do for pages and reports. How many statements it takes
depends neither on the number of services nor on how old they are.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select

from app import clock
from app.analytics.rules import (
    WINDOWS,
    Bucket,
    Figures,
    IncidentFacts,
    Period,
    Sort,
    by_month,
    in_buckets,
    latest,
    longest_outages,
)
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import NotFound
from app.incidents.models import Incident, IncidentService, IncidentUpdate
from app.incidents.rules import Impact
from app.services.history import Lengths, day_borders, durations, spans, start_of_day, together, uptime_of
from app.services.queries import ServiceRow, read_catalogue, read_changes
from app.services.rollups.queries import read_sums, read_together
from app.services.rollups.views import DayLengths

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
    today = now.astimezone(zone).date()
    with organization_scope(actor, read_only=True) as scope:
        catalogue = read_catalogue(scope)
        services = tuple(catalogue.services)
        chosen = _chosen(services, catalogue.archived, service_id)
        days = _read_by_day(scope, chosen, zone, period, today, now)
        of_period = read_sums(scope, chosen, zone, period.first, period.last, now)
        last_day = _read_last_day(scope, chosen, now)
        incidents = _read_incidents(
            scope,
            start_of_day(zone, period.before.first),
            start_of_day(zone, period.last + timedelta(days=1)),
            service_id,
        )
        border = start_of_day(zone, period.first)
        began = [one for one in incidents if one.started_at >= border]
        rows = _sorted(chosen, of_period, began, sort)
        pages = max(1, -(-len(rows) // PAGE))
        shown = rows if page is None else rows[(min(page, pages) - 1) * PAGE :][:PAGE]
        of_shown = [service for service, _ in shown]
        of_before = read_sums(scope, of_shown, zone, period.before.first, period.before.last, now)
        windows = {
            number: read_sums(scope, of_shown, zone, latest(number, today).first, today, now) for number in WINDOWS
        }
    windows[1] = last_day
    return Analysis(
        period=period,
        made_at=now,
        service=chosen[0] if service_id else None,
        services=services,
        overall=Figures(_within(days, period), began),
        before=Figures(_within(days, period.before), [one for one in incidents if one.started_at < border]),
        uptimes={1: uptime_of(together(last_day.values()))}
        | {number: uptime_of(_within(days, latest(number, today))) for number in WINDOWS},
        buckets=in_buckets(period, days.values(), began, zone),
        months=by_month(period, began, zone),
        longest=longest_outages(began, now),
        table=tuple(
            ServiceFigures(
                service,
                figures,
                uptime_of(of_before[service.id]),
                {number: uptime_of(windows[number][service.id]) for number in (1, *WINDOWS)},
            )
            for service, figures in shown
        ),
        page=min(page or 1, pages),
        pages=pages,
    )


def _read_by_day(
    scope: Scope,
    services: Collection[ServiceRow],
    zone: ZoneInfo,
    period: Period,
    today: date,
    now: datetime,
) -> Mapping[date, DayLengths]:
    """All services as one, on each day of a period, of the one before it, and of the year up to now."""
    year = latest(max(WINDOWS), today)
    if period.before.first >= year.first:
        wanted = [year]
    elif period.last >= year.first:
        wanted = [Period(period.before.first, today)]
    else:
        wanted = [Period(period.before.first, period.last), year]
    found: dict[date, DayLengths] = {}
    for one in wanted:
        calendar = day_borders(zone, one.last, one.days)
        found |= {day.day: day for day in read_together(scope, services, calendar, zone, now)}
    return found


def _within(days: Mapping[date, DayLengths], period: Period) -> Lengths:
    return together(of_day.lengths for day, of_day in days.items() if period.first <= day <= period.last)


def _sorted(
    services: Collection[ServiceRow], lengths: Mapping[UUID, Lengths], incidents: Collection[IncidentFacts], sort: Sort
) -> list[tuple[ServiceRow, Figures]]:
    """Each service with its figures, the one to look at first before all."""
    by_service: dict[UUID, list[IncidentFacts]] = defaultdict(list)
    for one in incidents:
        for touched in one.service_ids:
            by_service[touched].append(one)
    rows = [(service, Figures(lengths[service.id], by_service[service.id])) for service in services]
    return sorted(rows, key=lambda row: _order(sort, *row))


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


def _read_incidents(scope: Scope, start: datetime, end: datetime, service_id: UUID | None) -> list[IncidentFacts]:
    """Incidents that began in this time: neither deleted ones nor duplicates of others. One statement."""
    said = (
        select(func.min(IncidentUpdate.posted_at))
        .where(IncidentUpdate.organization_id == Incident.organization_id, IncidentUpdate.incident_id == Incident.id)
        .scalar_subquery()
    )
    touches = and_(
        IncidentService.organization_id == Incident.organization_id, IncidentService.incident_id == Incident.id
    )
    touched = select(func.array_agg(IncidentService.service_id)).where(touches).scalar_subquery()
    query = select(
        Incident.id, Incident.title, Incident.impact, Incident.started_at, Incident.resolved_at, said, touched
    ).where(
        Incident.organization_id == scope.organization_id,
        Incident.started_at >= start,
        Incident.started_at < end,
        Incident.deleted_at.is_(None),
        Incident.merged_into_id.is_(None),
    )
    if service_id is not None:
        query = query.where(select(touches).where(touches, IncidentService.service_id == service_id).exists())
    rows = scope.session.execute(query.order_by(Incident.started_at.desc(), Incident.id))
    return [
        IncidentFacts(
            id=incident_id,
            title=title,
            impact=impact,
            started_at=started_at,
            resolved_at=resolved_at,
            first_said_at=first_said_at or started_at,
            service_ids=frozenset(touched_ids or ()),
        )
        for incident_id, title, impact, started_at, resolved_at, first_said_at, touched_ids in rows
    ]


def _order(sort: Sort, service: ServiceRow, figures: Figures) -> tuple[object, ...]:
    """The worst first; what has no figure comes last, and of those alike the names decide."""
    name = service.name.casefold()
    match sort:
        case Sort.UPTIME:
            return figures.uptime is None, figures.uptime or 0.0, name
        case Sort.DOWNTIME:
            return -figures.down, name
        case Sort.INCIDENTS:
            return -figures.count, name
        case Sort.RESOLVE:
            resolved = figures.resolved_after
            return resolved is None, -(resolved or timedelta()), name
        case Sort.NAME:
            return (name,)
