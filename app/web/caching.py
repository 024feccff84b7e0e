"""How a public read says for how long it is true: to our own cache, and to those between us and the visitor."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from app.live.revisions import Revisions
from app.pages.address import PageAddress
from app.pages.answers import Cacheable
from app.pages.cache import CACHEABLE, PageCache
from app.pages.finding import find_open_pages
from app.pages.views import PageView
from app.services.history import start_of_day
from app.services.rules import ServiceStatus
from app.web.gate import is_private_answer

PUBLIC_READ = "public, max-age=0, s-maxage=10, stale-if-error=86400"
"""A browser asks each time (304 costs nothing), a CDN each ten seconds; while we are away it may serve what it has."""

FAULT_FRESHNESS = timedelta(minutes=5)
"""While a service is at fault its uptime falls, although nobody changes anything."""


log = structlog.get_logger(__name__)

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def shared_read(view: View) -> View:
    """Mark a view that answers everybody the same: the cache may stand in for it, and hands it nothing personal."""
    view.is_shared_read = True  # type: ignore[attr-defined]  # `shared_reads` looks for it
    return view


def shared_reads(app: Flask) -> Callable[[str], bool]:
    """Tells of a path whether a `shared_read` view answers it."""
    adapter = app.url_map.bind("")

    def is_shared(path: str) -> bool:
        try:
            endpoint, _ = adapter.match(path, method="GET")
        except HTTPException:  # nothing answers this path, or something that redirects
            return False
        return hasattr(app.view_functions[endpoint], "is_shared_read")

    return is_shared


def cached(
    response: Response,
    page: PageAddress,
    fresh_until: datetime,
    *,
    stale_notice: str = "",
    passing: Iterable[str] = (),
) -> Response:
    """Let an answer about a page be kept until its organization changes or the time is up. It must be everybody's.

    `page` is as it was found before anything of the answer was read.
    `stale_notice` is the HTML that says so when it must be served although nobody can tell whether it is still true.
    `passing` are the pieces that say when it was made: two answers that differ in nothing else have the same tag.
    What is of a private page is kept by nobody.
    """
    if is_private_answer():
        return response
    response.headers["Cache-Control"] = PUBLIC_READ
    request.environ[CACHEABLE] = Cacheable(
        page.organization_id,
        page.revision,
        fresh_until,
        stale_notice.encode(),
        tuple(piece.encode() for piece in passing),
        (page.page_id, page.access_version),
    )
    return response


def forget_closed_pages(
    app: Flask, cache: PageCache, revisions: Revisions, spawn: Callable[[Callable[[], None]], object]
) -> None:
    """Have the cache look with each change which pages are still for everybody, and forget the others.

    Else the last copy from before a page was closed would be served when the database is away, however late that is.

    Args:
        spawn: runs what it is given, later: who tells of a change does not wait.
    """

    def look(organization_id: UUID) -> None:
        try:
            with app.app_context():
                open_pages = find_open_pages(organization_id)
        except Exception:  # without a database nobody can tell, and the next change asks again
            log.warning("caching.open_pages_unknown", exc_info=True)
            return
        cache.keep_only(organization_id, open_pages)

    def on_revision(organization_id: UUID, _: int) -> None:
        if cache.holds(organization_id):
            spawn(partial(look, organization_id))

    revisions.subscribe(on_revision)


def fresh_until(now: datetime, zone: ZoneInfo, statuses: Iterable[ServiceStatus] = ()) -> datetime:
    """When what is shown of these services would be another without any change: at midnight, or soon for a fault."""
    tomorrow = start_of_day(zone, now.astimezone(zone).date() + timedelta(days=1))
    at_fault = any(status.severity > ServiceStatus.UNDER_MAINTENANCE.severity for status in statuses)
    return min(tomorrow, now + FAULT_FRESHNESS) if at_fault else tomorrow


def page_fresh_until(page: PageView) -> datetime:
    """The same for a whole page, which turns at more than midnight."""
    return min(page.turns_at, fresh_until(page.built_at, page.time_zone, (one.status for one in page.services)))
