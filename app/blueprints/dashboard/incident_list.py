"""The list of incidents: what the address narrows it to, and where it goes on."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request
from flask.typing import ResponseReturnValue

from app import clock
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import current_organization, render_page
from app.blueprints.dashboard.cursors import read_cursor
from app.blueprints.dashboard.forms import find_uuid
from app.errors import NotFound
from app.incidents.drafts.queries import list_drafts
from app.incidents.queries import IncidentRow, list_incidents
from app.incidents.rules import Impact
from app.incidents.search import LONGEST_QUESTION, Filters, Found, State, lets_through, read_words
from app.services.history import start_of_day
from app.services.queries import Catalogue, get_catalogue
from app.text.clean import clean_text
from app.text.wording import month_heading
from app.web.members import current_member

Choice = TypeVar("Choice", bound=StrEnum)

DRAFTS = "drafts"
"""A state in the address, beside those of incidents: the list has drafts alone then."""
MOST_MONTHS = 120


@blueprint.get("/incidents")
def incidents() -> ResponseReturnValue:
    catalogue = get_catalogue(current_member.actor)
    zone = current_organization().zone
    filters = read_filters(catalogue, zone)
    after = request.args.get("after", "")
    only_drafts = request.args.get("state") == DRAFTS
    listed = list_incidents(current_member.actor, filters, after=read_cursor(after))
    asked = asked_for(filters, zone) | ({"state": DRAFTS} if only_drafts else {})
    # Signs and pictures are no words: nothing is found by them, and least of all everything.
    wordless = "" if filters.words else read_question()
    if wordless:
        listed = replace(listed, open=(), more_open=False, past=(), next_page=None, found=Found(0, more=False))
        asked = {"q": wordless} | asked
    drafts = list_drafts(current_member.actor) if (only_drafts and not wordless) or not (asked or after) else ()
    return render_page(
        "dashboard/incidents/list.html",
        listed=listed,
        drafts=[draft for draft in drafts if lets_through(filters, draft)],
        only_drafts=only_drafts,
        wordless=wordless,
        filters=filters,
        asked=asked,
        catalogue=catalogue,
        months=months_since(listed.oldest_start, zone),
        states=list(State),
        impacts=list(Impact),
    )


def read_filters(catalogue: Catalogue, zone: ZoneInfo) -> Filters:
    """What the address narrows the list to. A state, impact or month that is none counts as not said.

    Raises:
        NotFound: it names a service that is missing or another organization's.
    """
    return Filters(
        state=_choice(State, request.args.get("state")),
        service_id=_service_id(request.args.get("service"), catalogue),
        impact=_choice(Impact, request.args.get("impact")),
        began=_month(request.args.get("month"), zone),
        words=read_words(read_question()),
    )


def asked_for(filters: Filters, zone: ZoneInfo) -> dict[str, str]:
    """The filters as they stand in an address."""
    month = filters.began[0].astimezone(zone).strftime("%Y-%m") if filters.began else ""
    named = {
        "q": filters.words,
        "state": filters.state or "",
        "service": str(filters.service_id or ""),
        "impact": filters.impact or "",
        "month": month,
    }
    return {name: str(value) for name, value in named.items() if value}


def read_question() -> str:
    """What somebody has typed into the search, cleaned."""
    return clean_text(request.args.get("q", ""))[:LONGEST_QUESTION]


def months_since(oldest: datetime | None, zone: ZoneInfo) -> list[tuple[str, str]]:
    """The months that can be chosen, latest first: "2026-11", "November 2026"."""
    this_month = clock.now().astimezone(zone).date().replace(day=1)
    first = oldest.astimezone(zone).date().replace(day=1) if oldest else this_month
    return [(f"{month:%Y-%m}", month_heading(month)) for month in _months_back(this_month, first)]


@blueprint.app_template_filter()
def by_month(incidents: Iterable[IncidentRow], zone: ZoneInfo) -> list[tuple[str, list[IncidentRow]]]:
    """Incidents, latest first, under the month in which they began: "November 2026"."""
    months = groupby(incidents, key=lambda incident: month_heading(incident.started_at.astimezone(zone)))
    return [(month, list(of_month)) for month, of_month in months]


def _choice(words: type[Choice], text: str | None) -> Choice | None:
    return words(text) if text in set(words) else None


def _service_id(text: str | None, catalogue: Catalogue) -> UUID | None:
    if not text:
        return None
    service_id = find_uuid(text)
    if service_id not in {service.id for service in (*catalogue.services, *catalogue.archived)}:
        raise NotFound
    return service_id


def _month(text: str | None, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """The first moment of a month, "2026-11", and that of the next one."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    if not 1970 <= first.year < 9000:
        return None
    return start_of_day(zone, first), start_of_day(zone, _next_month(first))


def _next_month(month: date) -> date:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _months_back(latest: date, first: date) -> Iterator[date]:
    month = latest
    for _ in range(MOST_MONTHS):
        if month < first:
            return
        yield month
        month = month.replace(year=month.year - (month.month == 1), month=(month.month - 2) % 12 + 1)
