"""A page's past: its last months, each month at an address of its own, and incidents by their words."""

from datetime import date
from uuid import UUID

from flask import Response, make_response, render_template, request

from app.blueprints.public import blueprint
from app.blueprints.public.frame import answer_framed, frame_of
from app.errors import NotFound
from app.incidents.search import read_words
from app.pages.address import PageAddress
from app.pages.history import HistoryView, get_history, get_month, search_history
from app.pages.months import read_month
from app.services.rules import ServiceStatus
from app.text.clean import clean_text
from app.web.addresses import open_page
from app.web.caching import shared_read
from app.web.limits import limited_misses

FOUND_FOR = "private, max-age=30"
"""What was found is kept by the browser that asked, so that going back to it asks nobody."""


@blueprint.get("/<slug>/history")
@shared_read
@limited_misses
def show_history(slug: str) -> Response:
    page = open_page(slug)
    return _answer(page, get_history(page))


@blueprint.get("/<slug>/history/<month>")
@shared_read
@limited_misses
def show_month(slug: str, month: str) -> Response:
    """One month, for good: the link to it stays what it is."""
    page = open_page(slug)
    first_day = _read_month(month)
    return _answer(page, get_month(page, first_day), first_day)


@blueprint.get("/<slug>/services/<uuid:service_id>/history")
@shared_read
@limited_misses
def show_service_months(slug: str, service_id: UUID) -> Response:
    """The last months of one service."""
    page = open_page(slug)
    return _answer(page, get_history(page, service_id))


@blueprint.get("/<slug>/services/<uuid:service_id>/history/<month>")
@shared_read
@limited_misses
def show_service_month(slug: str, service_id: UUID, month: str) -> Response:
    """One month of one service."""
    page = open_page(slug)
    first_day = _read_month(month)
    return _answer(page, get_month(page, first_day, service_id), first_day)


@blueprint.get("/<slug>/history/search")
@limited_misses
def find_in_history(slug: str) -> Response:
    """Incidents with the words `?q=`. Not kept for all: nobody could tell how many such questions there are."""
    page = open_page(slug)
    typed = clean_text(request.args.get("q", ""))
    words = read_words(typed)
    found = search_history(page, words) if words else None
    html = render_template("public/history_search.html", page=frame_of(page), typed=typed, words=words, found=found)
    response = make_response(html)
    response.headers["Cache-Control"] = FOUND_FOR
    return response


def _answer(page: PageAddress, history: HistoryView, month: date | None = None) -> Response:
    """The last months, or one of them. While a service is at fault, the uptime of the running month falls by itself."""
    statuses: list[ServiceStatus] = []
    if history.later is None:
        statuses = [service.status for service in ([history.service] if history.service else history.services)]
    return answer_framed("public/history.html", page, statuses=statuses, history=history, month=month)


def _read_month(text: str) -> date:
    month = read_month(text)
    if month is None:
        raise NotFound
    return month
