"""A small WSGI layer before Flask that answers cached public reads from this process's memory.

During an outage everybody comes at once. A hit asks nobody: the revision lives in the process (`app.live.revisions`),
the answer is ready in each encoding (`app.pages.answers`). What counts is the page's own domain (that
`app.domains.hosts` found), path, variant, `If-None-Match` and `Accept-Encoding`, and nothing else: no cookie is read,
neither the host that a visitor names nor the query string counts, so that no visitor can get or make another's answer,
or have one made that nobody else asks for. (Addresses in answers come from BASE_URL and from the page's own domain.)

A view marks its answer by putting a `Cacheable` into the WSGI environment under `CACHEABLE`. One of a private page is
marked `PERSONAL` instead: then each visitor is answered by the application, with all that they sent.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable
from threading import Event
from time import monotonic
from typing import Any, Protocol
from uuid import UUID
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from app import clock
from app.pages.answers import Answer, Cacheable, Headers

CACHEABLE = "upfront.cacheable"
VARIANT = "upfront.variant"
"""In the environment of an answer that is made to be kept: which of the answers to one path it is to be, as the cache
has decided it. Whoever answers puts there which one it is: only they know what there is to choose from by now."""
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


class RevisionSource(Protocol):
    """The newest revisions that this process knows; `app.live.revisions` is one."""

    def current(self, organization_id: UUID) -> int | None: ...
    def advance(self, organization_id: UUID, number: int) -> bool: ...
    def seconds_unconfirmed(self) -> float | None: ...


class Signal(Protocol):
    """What the others wait for while one builds."""

    def set(self) -> None: ...
    def wait(self, timeout: float) -> object: ...


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
                sent; the application finds what it said under `VARIANT`, and mends it.
            yield_now: lets other greenlets run: a view that never waits would starve its neighbours.
            signal: makes what visitors wait with; under gevent its own costs a third of the standard library's.
        """
        self._application = application
        self._revisions = revisions
        self._is_shared = is_shared
        self._variant = variant
        self._yield = yield_now
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._bytes = 0
        self._new_signal = signal
        self._building: dict[Key, Signal] = {}
        self._personal_until: dict[Key, float] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._application(environ, start_response)
        path = "/" + environ["PATH_INFO"].lstrip("/")
        variant = self._variant(environ)
        key = _key(environ, variant)
        answer = self._answers.get(key)
        if answer is not None and self._is_fresh(answer):
            self._yield()
            return answer.send(environ, start_response)
        if answer is not None and monotonic() < answer.retry_at:
            return answer.send_stale(environ, start_response)
        if answer is None and (self._personal_until.get(key, 0.0) > monotonic() or not self._is_shared(path)):
            return self._application(environ, start_response)
        return self._build_or_wait(variant, answer, environ, start_response)

    def holds(self, organization_id: UUID) -> bool:
        """Whether anything is kept of an organization."""
        return any(answer.meaning.organization_id == organization_id for answer in tuple(self._answers.values()))

    def keep_only(self, organization_id: UUID, shown: Collection[Hashable]) -> None:
        """Forget what of an organization is not everybody's any more: not even as an old copy it is served again."""
        for key, answer in tuple(self._answers.items()):
            if answer.meaning.organization_id == organization_id and answer.meaning.shown_as not in shown:
                self._forget(key)

    def _is_fresh(self, answer: Answer) -> bool:
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
        self, variant: str, old: Answer | None, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """One builds, the others wait for it; who has waited long enough gets the last good copy."""
        key = _key(environ, variant)
        waiting_for = self._building.get(key)
        if waiting_for is not None:
            waiting_for.wait(PATIENCE_SECONDS)
            built = self._answers.get(_key(environ, self._variant(environ)))
            if built is None:
                return self._application(environ, start_response)
            if built is old:
                return built.send_stale(environ, start_response)
            return built.send(environ, start_response)
        finished = self._building[key] = self._new_signal()
        try:
            body = self._build(variant, old, environ, start_response)
        finally:
            del self._building[key]
            finished.set()
        return self._application(environ, start_response) if body is None else body

    def _build(
        self, variant: str, old: Answer | None, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes] | None:
        """Answer, and keep the answer if it is everybody's; None if each has to be answered by the application: it asks
        who they are, or what was built is another variant than theirs."""
        caught = _Caught()
        # The answer is kept for all, so it is made as for the plainest of visitors.
        plain = {name: value for name, value in environ.items() if name not in _PERSONAL}
        plain["REQUEST_METHOD"], plain[VARIANT] = "GET", variant
        body = caught.run(self._application, plain)
        key = _key(environ, plain[VARIANT])
        if PERSONAL in plain:
            self._forget(key)
            self._remember_personal(key)
            return None
        meaning = plain.get(CACHEABLE)
        if isinstance(meaning, Cacheable) and caught.status.startswith("200") and not caught.sets_cookie:
            answer = Answer.made(meaning, caught.headers, body)
            self._keep(key, answer)
            self._revisions.advance(meaning.organization_id, meaning.revision)
            return answer.send(environ, start_response) if self._variant(environ) == plain[VARIANT] else None
        if old is not None and caught.status.startswith("5"):
            old.retry_at = monotonic() + RETRY_SECONDS
            return old.send_stale(environ, start_response)
        if not caught.status.startswith("429"):  # which says something of whoever asks, and nothing of the answer
            self._forget(key)
        start_response(caught.status, caught.headers)
        return [body if environ["REQUEST_METHOD"] == "GET" else b""]

    def _remember_personal(self, key: Key) -> None:
        """Those who come next are asked at once who they are, without waiting for each other."""
        if len(self._personal_until) >= MOST_ENTRIES:
            self._personal_until.clear()
        self._personal_until[key] = monotonic() + PERSONAL_SECONDS

    def _keep(self, key: Key, answer: Answer) -> None:
        self._forget(key)
        self._answers[key] = answer
        self._bytes += answer.weight
        while len(self._answers) > MOST_ENTRIES or self._bytes > MOST_BYTES:
            _, dropped = self._answers.popitem(last=False)
            self._bytes -= dropped.weight

    def _forget(self, key: Key) -> None:
        dropped = self._answers.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped.weight


def _key(environ: WSGIEnvironment, variant: str) -> Key:
    path = "/" + environ["PATH_INFO"].lstrip("/")
    return f"{environ.get(DOMAIN, '')} {variant} {path}"  # no host and no variant has a space in it


_PERSONAL = frozenset(
    """
    HTTP_AUTHORIZATION HTTP_COOKIE HTTP_HOST HTTP_IF_MODIFIED_SINCE HTTP_IF_NONE_MATCH HTTP_RANGE HTTP_X_FORWARDED_HOST
    QUERY_STRING
    """.split()
)


class _Caught:
    """What Flask would have sent."""

    status = "500 Internal Server Error"
    headers: Headers = []  # noqa: RUF012 -- replaced, never changed

    def run(self, application: WSGIApplication, environ: dict[str, Any]) -> bytes:
        def start_response(status: str, headers: Headers, exc_info: object = None) -> Any:
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
