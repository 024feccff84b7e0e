"""A small WSGI layer before Flask that answers cached public reads from this process's memory.

During an outage everybody comes at once. A hit asks nobody: the revision lives in the process (`app.live.revisions`),
the answer is ready in each encoding. It knows the page's own domain (that `app.domains.hosts` found), path, variant,
`If-None-Match` and `Accept-Encoding`, and nothing else: no cookie is read, neither the host that a visitor names nor
the query string counts, so that no visitor can get or make another's answer, or have one made that nobody else asks
for. (Addresses in answers come from BASE_URL and from the page's own domain.)

A view marks its answer by putting a `Cacheable` into the WSGI environment under `CACHEABLE`. One of a private page is
marked `PERSONAL` instead: then each visitor is answered by the application, with all that they sent.
"""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from time import monotonic
from typing import Any, Protocol
from uuid import UUID
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import brotli

from app import clock

CACHEABLE = "upfront.cacheable"
VARIANT = "upfront.variant"
"""In the environment: which of the answers to one path the request gets, as the cache has decided it."""
DOMAIN = "upfront.domain"
"""In the environment: the host that is some page's own, which the request names."""
PERSONAL = "upfront.personal"
"""Put into the environment by whatever is not the same for all, although its path could be: a private page's answer."""

MOST_ENTRIES = 5_000
MOST_BYTES = 256 * 1024 * 1024
PATIENCE_SECONDS = 3.0
"""How long a visitor waits for the one who builds before getting the last good copy."""
UNCONFIRMED_SECONDS = 5.0
"""When nobody could compare the revision with the database for so long, what we have may be old and says so."""

RETRY_SECONDS = 2.0
"""After a build failed, visitors get the last good copy at once for so long before somebody tries again."""

PERSONAL_SECONDS = 2.0
"""For so long nobody tries whether an answer has become everybody's."""

STALE_MARKER = b"<!--stale-->"

_ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
    "": lambda body: body,
}


@dataclass(frozen=True, slots=True)
class Cacheable:
    """What an answer depends on, said by the view that made it."""

    organization_id: UUID
    revision: int
    fresh_until: datetime
    """The end of the page's own day: then its strips move on by one."""
    stale_notice: bytes = b""
    """Put in place of `STALE_MARKER` while the answer cannot be confirmed to be the newest."""
    passing: tuple[bytes, ...] = ()
    """The pieces that say when the answer was made, each where it stands first. The tag leaves them out, so that all
    processes give the same one."""
    shown_as: Hashable = None
    """What is everybody's to see as long as the answer is; see `PageCache.keep_only`."""


class RevisionSource(Protocol):
    """The newest revisions that this process knows; `app.live.revisions` is one."""

    def current(self, organization_id: UUID) -> int | None: ...
    def advance(self, organization_id: UUID, number: int) -> bool: ...
    def seconds_unconfirmed(self) -> float | None: ...


class Signal(Protocol):
    """What the others wait for while one builds."""

    def set(self) -> None: ...
    def wait(self, timeout: float) -> object: ...


@dataclass(slots=True)
class _Answer:
    """A whole response, with its body in each encoding that somebody asked for."""

    meaning: Cacheable
    headers: list[tuple[str, str]]
    body: bytes
    etag: str
    unchanged: list[tuple[str, str]] = field(init=False)
    """The headers of a 304."""
    ready: dict[str, tuple[list[tuple[str, str]], bytes]] = field(default_factory=dict)
    retry_at: float = 0.0
    """Before this moment of the steady clock nobody tries to build a newer one: the last try failed."""

    def __post_init__(self) -> None:
        self.unchanged = [
            (name, value)
            for name, value in self.headers
            if name.lower() in _TOLD_AGAIN or name.lower().startswith("access-control-")
        ]

    def encoded(self, encoding: str) -> tuple[list[tuple[str, str]], bytes]:
        """Headers and body for one encoding, made once."""
        if encoding not in self.ready:
            body = _ENCODERS[encoding](self.body)
            headers = [*self.headers, ("Content-Length", str(len(body)))]
            if encoding:
                headers.append(("Content-Encoding", encoding))
            self.ready[encoding] = (headers, body)
        return self.ready[encoding]


Key = str
"""The page's own domain if it was asked for by that, the variant, and the path as Werkzeug's routing reads it: with one
slash in front, however many were sent."""

Variant = Callable[[WSGIEnvironment], str]
"""Which of the answers to one path a request gets: a few short words, however many requests there are."""


class PageCache:
    """The WSGI application in front of Flask."""

    def __init__(
        self,
        application: WSGIApplication,
        revisions: RevisionSource,
        is_shared: Callable[[str], bool],
        *,
        variant: Variant = lambda environ: "",
        yield_now: Callable[[], object] = lambda: None,
        signal: Callable[[], Signal] = Event,
    ) -> None:
        """
        Args:
            application: answers what is not in memory.
            revisions: says what is still the newest.
            is_shared: whether a path may lead to an answer that is the same for all. Everything else passes untouched:
                nobody waits for another's dashboard, and no socket's handshake is taken for a page.
            variant: what besides the path makes another answer, the language say. It is asked with all that the visitor
                sent; the application finds what it said under `VARIANT`.
            yield_now: lets other greenlets run: a view that never waits would starve its neighbours.
            signal: makes what visitors wait with; under gevent its own costs a third of the standard library's.
        """
        self._application = application
        self._revisions = revisions
        self._is_shared = is_shared
        self._variant = variant
        self._yield = yield_now
        self._answers: OrderedDict[Key, _Answer] = OrderedDict()
        self._bytes = 0
        self._new_signal = signal
        self._building: dict[Key, Signal] = {}
        self._personal_until: dict[Key, float] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._application(environ, start_response)
        path = "/" + environ["PATH_INFO"].lstrip("/")
        variant = environ[VARIANT] = self._variant(environ)
        key = f"{environ.get(DOMAIN, '')}{variant}{path}"
        answer = self._answers.get(key)
        if answer is not None and self._is_fresh(answer):
            self._yield()
            return _send(answer, environ, start_response)
        if answer is not None and monotonic() < answer.retry_at:
            return _send(answer, environ, start_response, stale=True)
        if answer is None and (self._personal_until.get(key, 0.0) > monotonic() or not self._is_shared(path)):
            return self._application(environ, start_response)
        return self._build_or_wait(key, answer, environ, start_response)

    def holds(self, organization_id: UUID) -> bool:
        """Whether anything is kept of an organization."""
        return any(answer.meaning.organization_id == organization_id for answer in tuple(self._answers.values()))

    def keep_only(self, organization_id: UUID, shown: Collection[Hashable]) -> None:
        """Forget what of an organization is not everybody's any more: not even as an old copy it is served again."""
        for key, answer in tuple(self._answers.items()):
            if answer.meaning.organization_id == organization_id and answer.meaning.shown_as not in shown:
                self._forget(key)

    def _is_fresh(self, answer: _Answer) -> bool:
        meaning = answer.meaning
        if clock.now() >= meaning.fresh_until:
            return False
        unconfirmed = self._revisions.seconds_unconfirmed()
        if unconfirmed is None or unconfirmed > UNCONFIRMED_SECONDS:
            return False
        newest = self._revisions.current(meaning.organization_id)
        # Of an organization that nobody asked for lately, nothing is known: it may have changed, or closed its page.
        return newest is not None and meaning.revision >= newest

    def _build_or_wait(
        self, key: Key, old: _Answer | None, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """One builds, the others wait for it; who has waited long enough gets the last good copy."""
        waiting_for = self._building.get(key)
        if waiting_for is not None:
            waiting_for.wait(PATIENCE_SECONDS)
            built = self._answers.get(key)
            if built is None:
                return self._application(environ, start_response)
            return _send(built, environ, start_response, stale=built is old)
        finished = self._building[key] = self._new_signal()
        try:
            body = self._build(key, old, environ, start_response)
        finally:
            del self._building[key]
            finished.set()
        return self._application(environ, start_response) if body is None else body

    def _build(
        self, key: Key, old: _Answer | None, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes] | None:
        """Answer, and keep the answer if it is everybody's; None if each has to be asked who they are."""
        caught = _Caught()
        # The answer is kept for all, so it is made as for the plainest of visitors.
        plain = {name: value for name, value in environ.items() if name not in _PERSONAL}
        plain["REQUEST_METHOD"] = "GET"
        body = caught.run(self._application, plain)
        if PERSONAL in plain:
            self._forget(key)
            self._remember_personal(key)
            return None
        meaning = plain.get(CACHEABLE)
        if isinstance(meaning, Cacheable) and caught.status.startswith("200") and not caught.sets_cookie:
            answer = _Answer(meaning, *_with_etag(caught.headers, body, meaning))
            self._keep(key, answer)
            self._revisions.advance(meaning.organization_id, meaning.revision)
            return _send(answer, environ, start_response)
        if old is not None and caught.status.startswith("5"):
            old.retry_at = monotonic() + RETRY_SECONDS
            return _send(old, environ, start_response, stale=True)
        self._forget(key)
        start_response(caught.status, caught.headers)
        return [body if environ["REQUEST_METHOD"] == "GET" else b""]

    def _remember_personal(self, key: Key) -> None:
        """Those who come next are asked at once who they are, without waiting for each other."""
        if len(self._personal_until) >= MOST_ENTRIES:
            self._personal_until.clear()
        self._personal_until[key] = monotonic() + PERSONAL_SECONDS

    def _keep(self, key: Key, answer: _Answer) -> None:
        self._forget(key)
        self._answers[key] = answer
        self._bytes += _weight(answer)
        while len(self._answers) > MOST_ENTRIES or self._bytes > MOST_BYTES:
            _, dropped = self._answers.popitem(last=False)
            self._bytes -= _weight(dropped)

    def _forget(self, key: Key) -> None:
        dropped = self._answers.pop(key, None)
        if dropped is not None:
            self._bytes -= _weight(dropped)


_PERSONAL = frozenset(
    """
    HTTP_AUTHORIZATION HTTP_COOKIE HTTP_HOST HTTP_IF_MODIFIED_SINCE HTTP_IF_NONE_MATCH HTTP_RANGE HTTP_X_FORWARDED_HOST
    QUERY_STRING
    """.split()
)


_MADE_ANEW = frozenset({"content-length", "etag", "vary", "x-request-id"})
"""The number of the builder's request says nothing to those who come after it."""

_TOLD_AGAIN = frozenset({"cache-control", "date", "etag", "expires", "strict-transport-security", "vary"})
"""What a 304 repeats (RFC 9110 §15.4.5) beside the CORS headers; of the rest the visitor's own copy holds good."""


class _Caught:
    """What Flask would have sent."""

    status = "500 Internal Server Error"
    headers: list[tuple[str, str]] = []  # noqa: RUF012 -- replaced, never changed

    def run(self, application: WSGIApplication, environ: dict[str, Any]) -> bytes:
        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
            self.status, self.headers = status, headers

        chunks = application(environ, start_response)
        try:
            return b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()

    @property
    def sets_cookie(self) -> bool:
        return any(name.lower() == "set-cookie" for name, _ in self.headers)


def _with_etag(
    headers: list[tuple[str, str]], body: bytes, meaning: Cacheable
) -> tuple[list[tuple[str, str]], bytes, str]:
    """A weak tag: it names the same content in every encoding and from every process (RFC 9110 §8.8.3)."""
    content = body
    for piece in meaning.passing:
        content = content.replace(piece, b"", 1)
    etag = f'W/"{meaning.revision}-{hashlib.sha256(content).hexdigest()[:16]}"'
    kept = [(name, value) for name, value in headers if name.lower() not in _MADE_ANEW]
    return [*kept, ("ETag", etag), ("Vary", _varying(headers))], body, etag


def _varying(headers: list[tuple[str, str]]) -> str:
    """What a cache on the way must look at: encodings are ours to choose, languages the view's."""
    told = (value.lower() for name, value in headers if name.lower() == "vary")
    speaks_several = any("accept-language" in value for value in told)
    return "Accept-Encoding, Accept-Language" if speaks_several else "Accept-Encoding"


def _send(
    answer: _Answer, environ: WSGIEnvironment, start_response: StartResponse, *, stale: bool = False
) -> Iterable[bytes]:
    if stale:
        return _send_stale(answer, environ, start_response)
    wanted = environ.get("HTTP_IF_NONE_MATCH")
    if wanted is not None and _matches(wanted, answer.etag):
        start_response("304 Not Modified", answer.unchanged)
        return []
    headers, body = answer.encoded(_best_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")))
    start_response("200 OK", headers)
    return [body] if environ["REQUEST_METHOD"] == "GET" else []


def _send_stale(answer: _Answer, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The last good copy, marked: in the page where it has a place for it, and as RFC 9111 §5.2.2 would have it."""
    body = answer.body.replace(STALE_MARKER, answer.meaning.stale_notice, 1)
    kept = [(name, value) for name, value in answer.headers if name not in ("ETag", "Cache-Control")]
    stale = [("Cache-Control", "no-store"), ("Warning", '110 - "Response is Stale"'), ("X-Upfront-Stale", "1")]
    start_response("200 OK", [*kept, *stale, ("Content-Length", str(len(body)))])
    return [body] if environ["REQUEST_METHOD"] == "GET" else []


def _matches(if_none_match: str, etag: str) -> bool:
    """Weak comparison (RFC 9110 §13.1.2): a tag is the same with or without its W/."""
    if if_none_match == etag:
        return True
    wanted = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in wanted or etag.removeprefix("W/") in wanted


def _best_encoding(accepted: str) -> str:
    """The best of ours that is accepted, by RFC 9110 §12.5.3 without weighing: refused (`q=0`) is refused."""
    if accepted in _BEST:
        return _BEST[accepted]
    taken = set()
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            taken.add(name.strip())
    best = next((name for name in _ENCODERS if name in taken), "")
    if len(_BEST) < 1_000:  # the header is the visitor's: what is remembered of it must end somewhere
        _BEST[accepted] = best
    return best


_BEST: dict[str, str] = {}


def _weight(answer: _Answer) -> int:
    """Roughly what an answer takes: its body, and the encodings together about as much again."""
    return 2 * len(answer.body) + 2_000
