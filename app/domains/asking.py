"""`Hosts` with the application's settings and database behind it."""

from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

from flask import Flask

from app.config import Settings
from app.domains.hosts import Hosts
from app.domains.queries import find_slug_at


def in_front_of(app: Flask, cache: WSGIApplication, settings: Settings) -> Hosts:
    """The step that finds whose host a request names, before the page cache and the application.

    Args:
        app: answers what no cache should look at.
        cache: stands in front of `app`.
        settings: which host is ours, and whom to believe about it.
    """

    def find_slug(host: str) -> str | None:
        with app.app_context():
            return find_slug_at(host)

    our_host = urlsplit(settings.base_url).hostname or ""
    return Hosts(cache, app, find_slug, our_host=our_host, trusted_hops=settings.trusted_proxy_hops)
