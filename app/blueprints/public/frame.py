"""The frame that all below a page's address stand in, and the answer of those that are the same for everyone."""

from collections.abc import Iterable

from flask import Response, make_response, render_template

from app.pages.address import PageAddress
from app.services.rules import ServiceStatus
from app.web.caching import cached, fresh_until
from app.web.frames import frame_of as frame_of


def answer_framed(
    template: str, page: PageAddress, *, statuses: Iterable[ServiceStatus] = (), **shown: object
) -> Response:
    """A whole page, kept for all until something changes or the page's day ends.

    Args:
        template: gets `shown`, and the frame as `page`.
        page: whose frame it stands in, found before anything was read of it.
        statuses: of the services whose figures are shown; while one is at fault they change by themselves.
    """
    frame = frame_of(page)
    html = render_template(template, page=frame, **shown)
    notice = render_template("public/_stale.html", page=frame)
    until = fresh_until(frame.built_at, page.time_zone, statuses)
    return cached(make_response(html), page, until, stale_notice=notice)
