"""A page for readers of feeds, as Atom (RFC 4287) and as RSS 2.0, for the programs that know nothing else."""

from email.utils import format_datetime

from flask import Response, render_template

from app import clock
from app.blueprints.public import blueprint
from app.blueprints.public.frame import frame_of
from app.pages.feed import read_feed
from app.services.history import start_of_day
from app.web.addresses import open_page
from app.web.caching import cached, fresh_until, shared_read
from app.web.limits import limited_misses


@blueprint.get("/<slug>/feed.atom")
@shared_read
@limited_misses
def show_atom_feed(slug: str) -> Response:
    return _feed(slug, "public/feed.atom.xml", "application/atom+xml")


@blueprint.get("/<slug>/feed.rss")
@shared_read
@limited_misses
def show_rss_feed(slug: str) -> Response:
    return _feed(slug, "public/feed.rss.xml", "application/rss+xml")


def _feed(slug: str, template: str, media_type: str) -> Response:
    page = open_page(slug)
    frame, entries = frame_of(page), read_feed(page)
    # An empty feed has changed at no time of its own; a day is what it is kept for at most.
    changed_at = max((entry.changed_at for entry in entries), default=start_of_day(page.time_zone, frame.today))
    xml = render_template(template, page=frame, entries=entries, changed_at=changed_at, mail_time=format_datetime)
    response = Response(xml, content_type=f"{media_type}; charset=utf-8")
    return cached(response, page, fresh_until(clock.now(), page.time_zone))
