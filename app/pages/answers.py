"""A whole answer that is kept for everybody: its tag, its body in each encoding, and what of it a visitor is sent.

How long it is kept, and who makes it, is the cache's to say (`app.pages.cache`).
"""

import gzip
import hashlib
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID
from wsgiref.types import StartResponse, WSGIEnvironment

import brotli

STALE_MARKER = b"<!--stale-->"

Headers = list[tuple[str, str]]

_ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
    "": lambda body: body,
}
"""The best first; the last is for whoever takes none."""

_MADE_ANEW = frozenset({"content-length", "etag", "vary", "x-request-id"})
"""The number of the builder's request says nothing to those who come after it."""

_TOLD_AGAIN = frozenset({"cache-control", "date", "etag", "expires", "strict-transport-security", "vary"})
"""What a 304 repeats (RFC 9110 §15.4.5) beside the CORS headers; of the rest the visitor's own copy holds good."""


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


@dataclass(slots=True)
class Answer:
    """A whole response, with its body in each encoding that somebody asked for."""

    meaning: Cacheable
    headers: Headers
    body: bytes
    etag: str
    retry_at: float = 0.0
    """Before this moment of the steady clock nobody tries to build a newer one: the last try failed."""
    _unchanged: Headers = field(init=False)
    """The headers of a 304."""
    _ready: dict[str, tuple[Headers, bytes]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._unchanged = [
            (name, value)
            for name, value in self.headers
            if name.lower() in _TOLD_AGAIN or name.lower().startswith("access-control-")
        ]

    @classmethod
    def made(cls, meaning: Cacheable, headers: Headers, body: bytes) -> Self:
        """What the application has answered, with the headers that are ours to say."""
        etag = _etag(body, meaning)
        kept = [(name, value) for name, value in headers if name.lower() not in _MADE_ANEW]
        return cls(meaning, [*kept, ("ETag", etag), ("Vary", _varying(headers))], body, etag)

    @property
    def weight(self) -> int:
        """Roughly how many bytes it takes: its body, and the encodings together about as much again."""
        return 2 * len(self.body) + 2_000

    def send(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The answer in the best encoding that is accepted, or a 304 for whoever has it already."""
        wanted = environ.get("HTTP_IF_NONE_MATCH")
        if wanted is not None and _matches(wanted, self.etag):
            start_response("304 Not Modified", self._unchanged)
            return []
        headers, body = self._encoded(_best_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")))
        start_response("200 OK", headers)
        return [body] if environ["REQUEST_METHOD"] == "GET" else []

    def send_stale(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The last good copy, marked: in the page where it has a place for it, and as RFC 9111 §5.2.2 would have it."""
        body = self.body.replace(STALE_MARKER, self.meaning.stale_notice, 1)
        kept = [(name, value) for name, value in self.headers if name not in ("ETag", "Cache-Control")]
        stale = [("Cache-Control", "no-store"), ("Warning", '110 - "Response is Stale"'), ("X-Upfront-Stale", "1")]
        start_response("200 OK", [*kept, *stale, ("Content-Length", str(len(body)))])
        return [body] if environ["REQUEST_METHOD"] == "GET" else []

    def _encoded(self, encoding: str) -> tuple[Headers, bytes]:
        """Headers and body for one encoding, made once."""
        if encoding not in self._ready:
            body = _ENCODERS[encoding](self.body)
            headers = [*self.headers, ("Content-Length", str(len(body)))]
            if encoding:
                headers.append(("Content-Encoding", encoding))
            self._ready[encoding] = (headers, body)
        return self._ready[encoding]


def _etag(body: bytes, meaning: Cacheable) -> str:
    """A weak tag: it names the same content in every encoding and from every process (RFC 9110 §8.8.3)."""
    for piece in meaning.passing:
        body = body.replace(piece, b"", 1)
    return f'W/"{meaning.revision}-{hashlib.sha256(body).hexdigest()[:16]}"'


def _varying(headers: Headers) -> str:
    """What a cache on the way must look at: encodings are ours to choose, languages the view's."""
    told = (value.lower() for name, value in headers if name.lower() == "vary")
    speaks_several = any("accept-language" in value for value in told)
    return "Accept-Encoding, Accept-Language" if speaks_several else "Accept-Encoding"


def _matches(if_none_match: str, etag: str) -> bool:
    """Weak comparison (RFC 9110 §13.1.2): a tag is the same with or without its W/."""
    if if_none_match == etag:
        return True
    wanted = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in wanted or etag.removeprefix("W/") in wanted


_BEST: dict[str, str] = {}


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
