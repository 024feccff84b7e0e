"""Figures of any period for every member: as a page with drawings, and as a table to take along."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app import clock
from app.analytics.periods import DEFAULT_DAYS, WINDOWS, AskedPeriod, latest, read_period
from app.analytics.queries import Analysis, get_analysis
from app.analytics.rules import Figures, Sort
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import current_organization, render_page
from app.blueprints.dashboard.charts import IMPACTS, downtime_chart, incident_chart
from app.blueprints.dashboard.forms import find_uuid
from app.errors import Invalid, NotFound
from app.extensions import limiter
from app.services.history import DOWN_WEIGHTS
from app.text.clean import clean_text
from app.text.tables import csv_line
from app.web.members import current_member, of_organization
from app.web.streams import attachment

LONGEST = 20
"""Letters of a day that are read."""
SORTS = {
    Sort.UPTIME: "Lowest uptime first",
    Sort.DOWNTIME: "Most downtime first",
    Sort.INCIDENTS: "Most incidents first",
    Sort.RESOLVE: "Slowest to resolve first",
    Sort.NAME: "By name",
}

COLUMNS = (
    "service", "from", "to", "uptime", "downtime_minutes", "maintenance_minutes", "incidents", "critical", "major",
    "minor", "no_impact", "mtta_minutes", "mttr_minutes", "uptime_before", "uptime_24_hours", "uptime_7_days",
    "uptime_30_days", "uptime_90_days", "uptime_365_days",
)  # fmt: skip


@blueprint.get("/analytics")
def analytics() -> ResponseReturnValue:
    asked, days = _read_asked()
    sort = Sort(given) if (given := request.args.get("sort", "")) in set(Sort) else Sort.UPTIME
    page = request.args.get("page", default=1, type=int)
    analysis = get_analysis(
        current_member.actor,
        current_organization().zone,
        asked.period,
        service_id=_service_id(),
        sort=sort,
        page=max(page, 1),
    )
    # What is shown, which is not what was asked for where that makes no sense.
    named = {"days": str(days) if days else "", **({} if days or asked.faults else asked.typed)}
    named |= {
        "service": str(analysis.service.id) if analysis.service else "",
        "sort": "" if sort is Sort.UPTIME else sort,
    }
    return render_page(
        "dashboard/analytics/page.html",
        422 if asked.faults else 200,
        analysis=analysis,
        asked=asked,
        days=days,
        windows=WINDOWS,
        sort=sort,
        sorts=SORTS,
        named={name: value for name, value in named.items() if value},
        today=clock.now().astimezone(current_organization().zone).date(),
        downtime=downtime_chart(analysis.buckets),
        incidents=incident_chart(analysis.months),
        impacts=IMPACTS,
        weights=DOWN_WEIGHTS,
    )


@blueprint.get("/analytics.csv")
@limiter.limit("60 per hour", key_func=of_organization("analytics"))
def analytics_table() -> ResponseReturnValue:
    """The figures of all services together, then of each, as CSV; shares from 0 to 1, lengths in minutes.

    A period that makes no sense is refused: nobody who takes a file along sees that it is of other days.
    """
    asked, days = _read_asked()
    if asked.faults:
        raise Invalid(asked.faults)
    if days is not None and request.args.get("days", str(days)) != str(days):
        raise Invalid({"days": f"Choose {_listed(WINDOWS)} days."})
    analysis = get_analysis(
        current_member.actor,
        current_organization().zone,
        asked.period,
        service_id=_service_id(),
        sort=Sort.NAME,
        page=None,
    )
    period = analysis.period
    name = f"analytics-{current_member.membership.slug}-{period.first:%Y-%m-%d}-{period.last:%Y-%m-%d}.csv"
    return attachment(_lines(analysis), name=name, content_type="text/csv; charset=utf-8")


def _read_asked() -> tuple[AskedPeriod, int | None]:
    """The period of the address: so many days up to now, or from one day to another. Days are the organization's."""
    today = clock.now().astimezone(current_organization().zone).date()
    typed_from, typed_to = (clean_text(request.args.get(name, ""))[:LONGEST] for name in ("from", "to"))
    if typed_from or typed_to:
        return read_period(typed_from, typed_to, today), None
    days = request.args.get("days", type=int)
    days = days if days in WINDOWS else DEFAULT_DAYS
    period = latest(days, today)
    return AskedPeriod(period, {"from": period.first.isoformat(), "to": period.last.isoformat()}, {}), days


def _listed(numbers: Sequence[int]) -> str:
    return f"{', '.join(map(str, numbers[:-1]))} or {numbers[-1]}"


def _service_id() -> UUID | None:
    given = request.args.get("service", "")
    found = find_uuid(given)
    if given and found is None:
        raise NotFound
    return found


def _lines(analysis: Analysis) -> Iterator[str]:
    yield csv_line(COLUMNS)
    period = (analysis.period.first, analysis.period.last)
    if analysis.service is None:
        yield csv_line(("All services", *period, *_cells(analysis.overall, analysis.before.uptime, analysis.uptimes)))
    for row in analysis.table:
        yield csv_line((row.service.name, *period, *_cells(row.figures, row.uptime_before, row.uptimes)))


def _cells(figures: Figures, before: float | None, uptimes: Mapping[int, float | None]) -> Iterator[object]:
    yield _share(figures.uptime)
    yield _minutes(figures.down)
    yield _minutes(figures.maintenance)
    yield figures.count
    yield from (figures.by_impact[impact] for impact in IMPACTS)
    yield _minutes(figures.acknowledged_after)
    yield _minutes(figures.resolved_after)
    yield _share(before)
    yield from (_share(uptimes[number]) for number in (1, *WINDOWS))


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.6f}"


def _minutes(length: timedelta | None) -> str:
    return "" if length is None else f"{length / timedelta(minutes=1):.1f}"
