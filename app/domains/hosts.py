"""Hosts before paths: a WSGI step in front of everything, page cache included, that finds whose host a request names.

On its own domain a page is the root: `/incidents/…` there is `/<slug>/incidents/…` here, so the views know one address
of each thing. Our own host passes untouched; so do addresses, and names without a dot, by which only our own network
reaches us (health checks, a proxy). Any other host is nobody's, and gets a 404 that says so.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog

from app.pages.cache import DOMAIN

log = structlog.get_logger(__name__)

NOBODYS = "upfront.nobodys_host"
"""In the environment: the request names a host that is no page's."""

KNOWN_SECONDS = 5.0
"""For so long an answer of the database is believed; a process asks once for each host, however many visitors come."""
MOST_KNOWN = 10_000

_SAME_EVERYWHERE = frozenset({"/healthz", "/readyz", "/domains/ask"})
"""Whole paths: what only begins so may be another organization's page."""
_FILES = "/static/"
_WITHIN_OUR_NETWORK = re.compile(r"[^.]*|[0-9.]+|\[.*\]")

FindSlug = Callable[[str], str | None]


@dataclass(slots=True)
class _Known:
    slug: str | None
    asked_at: float


class Hosts:
    """The WSGI application in front of the page cache."""

    def __init__(
        self,
        application: WSGIApplication,
        uncached: WSGIApplication,
        find_slug: FindSlug,
        *,
        our_host: str,
        trusted_hops: int = 0,
    ) -> None:
        """
        Args:
            application: the page cache, with everything behind it.
            uncached: everything behind it alone, for what no cache should look at.
            find_slug: the slug of the page whose own a host is; asks the database.
            our_host: of BASE_URL, without a port.
            trusted_hops: how many proxies of ours add to `X-Forwarded-Host`.
        """
        self._application = application
        self._uncached = uncached
        self._find_slug = find_slug
        self._our_host = our_host
        self._trusted_hops = trusted_hops
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._last_ours = ""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        named = environ.get("HTTP_HOST", "")
        if self._trusted_hops:
            named = _forwarded_host(environ, self._trusted_hops) or named
        if named == self._last_ours:
            return self._application(environ, start_response)
        host = _without_port(named)
        if host == self._our_host or _WITHIN_OUR_NETWORK.fullmatch(host):
            self._last_ours = named
            return self._application(environ, start_response)
        path = "/" + environ["PATH_INFO"].lstrip("/")
        if path in _SAME_EVERYWHERE or path.startswith(_FILES):
            return self._application(environ, start_response)
        slug = self._slug_of(host)
        if slug is None:
            environ[NOBODYS] = host
            return self._uncached(environ, start_response)
        environ[DOMAIN] = host
        environ["PATH_INFO"] = _path_of_page(path, slug)
        return self._application(environ, start_response)

    def _slug_of(self, host: str) -> str | None:
        known, now = self._known.get(host), monotonic()
        if known is not None and now - known.asked_at < KNOWN_SECONDS:
            return known.slug
        try:
            slug = self._find_slug(host)
        except Exception:
            # While the database is away the last good copies are served: the hosts are known for that, too.
            log.warning("domains.host_unknown", exc_info=True)
            return known.slug if known is not None else None
        self._known[host] = _Known(slug, now)
        self._known.move_to_end(host)
        while len(self._known) > MOST_KNOWN:  # anybody can name hosts without end
            self._known.popitem(last=False)
        return slug


def asked_domain(environ: WSGIEnvironment) -> str | None:
    """The page's own host that a request names; None on our own."""
    domain: str | None = environ.get(DOMAIN)
    return domain


def is_nobodys(environ: WSGIEnvironment) -> bool:
    """Whether a request names a host that is nobody's."""
    return NOBODYS in environ


def _path_of_page(path: str, slug: str) -> str:
    if path.startswith("/api/"):
        own = f"/api/{slug}"
        return path if path == own or path.startswith(f"{own}/") else own + path.removeprefix("/api")
    return f"/{slug}" if path == "/" else f"/{slug}{path}"


def _without_port(named: str) -> str:
    host, colon, port = named.rpartition(":")
    bare = host if colon and port.isdigit() else named
    return bare.rstrip(".").lower()


def _forwarded_host(environ: WSGIEnvironment, hops: int) -> str:
    """What the outermost of our proxies was asked for, as Werkzeug's ProxyFix counts them."""
    values = environ.get("HTTP_X_FORWARDED_HOST", "").split(",")
    return values[-hops].strip() if len(values) >= hops else ""
