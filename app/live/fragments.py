"""What a change looks like on the pages that are open: rendered once, sent as the same bytes to each of them.

A message is HTML for htmx: one `<hx-partial>` for each element that changed, and at its end the mark of what the page
then shows. The client hands that mark back when it connects again, and gets what it missed.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import uniform
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

import gevent
import structlog
from gevent.event import Event
from werkzeug.datastructures import MultiDict

from app import clock
from app.errors import NotFound, Unavailable
from app.live.connection import PING, Connection, text_frame
from app.live.hub import Room
from app.live.revisions import Revisions

log = structlog.get_logger(__name__)

FIRST_RENDER_SECONDS = 5.0
"""How long a visitor waits for the first rendering before being let in without it."""
LONGEST_RETRY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a large part is made of: as long as its frame stays the same, only the pieces that changed are told."""

    frame: Hashable
    """All of the part that is in no piece: which there are, in which order, under which headings."""
    parts: Mapping[str, str]


class Mark(NamedTuple):
    """What a page shows. The later of two is the greater one, whichever process said it."""

    revision: int
    until: int = 0
    """When it becomes another without any change, in seconds of Unix time; 0: never."""

    def __str__(self) -> str:
        return f"revision {self.revision} until {self.until}" if self.until else f"revision {self.revision}"


@dataclass(frozen=True, slots=True)
class Fragments:
    """The parts of a page that change: element id to the element's whole HTML.

    The same ids every time. What comes and goes (incident cards) lies inside of a part that stays.
    """

    revision: int
    parts: Mapping[str, str]
    pieces: Mapping[str, Pieces] = field(default_factory=dict)
    """By the id of the part that they lie in."""
    turns_at: datetime | None = None
    """When they become others without any change: the page's own day ends."""

    @property
    def mark(self) -> Mark:
        return Mark(self.revision, int(self.turns_at.timestamp()) if self.turns_at else 0)


Render = Callable[[], Fragments]


def read_mark(arguments: MultiDict[str, str]) -> Mark | None:
    """What the page that asks shows, by the arguments of its address; None if it does not say."""
    revision = arguments.get("revision", type=int)
    return None if revision is None else Mark(revision, arguments.get("until", 0, type=int))


def beat_frame(ping_seconds: float) -> bytes:
    """A ping, and a message that changes nothing: scripts do not see pings, and must know that the line is not dead."""
    return PING + text_frame(f'{{"beat": {ping_seconds:.0f}}}')


def message(fragments: Fragments, ids: Collection[str] | None = None) -> str:
    """What tells a page of these parts, or of all. Morphing keeps focus, scroll and what the visitor has opened."""
    if ids is None:
        told = dict(fragments.parts)
    else:
        smaller = (pieces.parts for pieces in fragments.pieces.values())
        told = {
            element_id: html
            for parts in (fragments.parts, *smaller)
            for element_id, html in parts.items()
            if element_id in ids
        }
    partials = [
        f'<hx-partial hx-target="#{element_id}" hx-swap="outerMorph">{html}</hx-partial>'
        for element_id, html in told.items()
    ]
    return "".join([*partials, f"<!--{fragments.mark}-->"])


def changed(before: Fragments, after: Fragments) -> set[str]:
    """The ids of the parts that differ, or of the pieces of them where that is enough."""
    ids = set()
    for element_id in _differing(before.parts, after.parts):
        old, new = before.pieces.get(element_id), after.pieces.get(element_id)
        if old is not None and new is not None and old.frame == new.frame:
            ids |= _differing(old.parts, new.parts)
        else:
            ids.add(element_id)
    return ids


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {element_id for element_id, html in after.items() if before.get(element_id) != html}


class Feed:
    """One page's fragments and whoever watches them, in this process."""

    def __init__(self, organization_id: UUID, render: Render, revisions: Revisions, beat: bytes) -> None:
        self.organization_id = organization_id
        self.seats = 0
        """Connections that are in, or about to be."""
        self.used_at = monotonic()
        self._render = render
        self._revisions = revisions
        self._beat = beat
        self._room = Room()
        self._shown: Fragments | None = None
        self._full_frame: bytes | None = None
        self._ready = Event()
        self._renderer: Any = None

    def admit(self, per_page: int) -> None:
        """Ask before the upgrade whether there is room for one more.

        Raises:
            Unavailable: as many as may be watch already.
        """
        if self.seats >= per_page:
            raise Unavailable("This page has as many live connections as it can have.")

    def serve(self, connection: Connection, held: Mark | None) -> None:
        """Keep a connection up to date until it ends.

        Args:
            connection: a visitor's.
            held: what the visitor's page shows, None if it does not say.
        """
        self.seats += 1
        try:
            connection.beat = self._beat
            self.refresh()
            self._ready.wait(FIRST_RENDER_SECONDS)
            # No other greenlet runs between looking and entering, so nothing is missed and nothing comes twice.
            missed = self._shown is not None and (held is None or held < self._shown.mark)
            connection.offer_or_catch_up(self._beat + self._full() if missed else self._beat, self._full)
            self._room.enter(connection)
            for _ in connection:
                connection.close(1008, "Nothing is expected from you.")
        finally:
            self._room.leave(connection)
            self.seats -= 1
            self.used_at = monotonic()

    def refresh(self) -> None:
        """Have the newest revision rendered and sent, if it is not yet. Returns at once."""
        if self._is_behind() and (self._renderer is None or self._renderer.ready()):
            self._renderer = gevent.spawn(self._catch_up)

    def settle(self) -> None:
        """Wait until the newest is shown, but not for long."""
        if self._renderer is not None:
            self._renderer.join(FIRST_RENDER_SECONDS)

    def since(self, held: Mark | None) -> str | None:
        """What tells a polling page that shows `held` of everything; None if there is nothing to tell.

        Raises:
            Unavailable: nothing could be rendered yet.
        """
        self.used_at = monotonic()
        self.refresh()
        self.settle()
        if self._shown is None:
            raise Unavailable
        return message(self._shown) if held is None or held < self._shown.mark else None

    def _is_behind(self) -> bool:
        newest = self._revisions.current(self.organization_id)
        if self._shown is None or (newest is not None and newest > self._shown.revision):
            return True
        return self._shown.turns_at is not None and clock.now() >= self._shown.turns_at

    def _catch_up(self) -> None:
        """Render until what is shown is the newest. Revisions that come meanwhile are taken together."""
        failures = 0
        while self._is_behind():
            try:
                fresh = self._try_to_render()
            except NotFound:
                self._room.dismiss("This page is gone.")
                return
            if fresh is None or (self._shown is not None and fresh.mark <= self._shown.mark):
                failures += 1
                gevent.sleep(min(LONGEST_RETRY_SECONDS, 0.1 * 2**failures) * uniform(0.5, 1.0))
                if not self.seats:
                    return
                continue
            failures = 0
            self._show(fresh)
            self._revisions.advance(self.organization_id, fresh.revision)

    def _try_to_render(self) -> Fragments | None:
        try:
            return self._render()
        except NotFound:
            raise
        except Exception:  # whatever it is, the visitors keep the last good state and we try again
            log.exception("live.render_failed", organization_id=str(self.organization_id))
            return None

    def _show(self, fresh: Fragments) -> None:
        before, self._shown, self._full_frame = self._shown, fresh, None
        frame = self._full() if before is None else text_frame(message(fresh, changed(before, fresh)))
        self._ready.set()
        self._room.broadcast(frame, self._full)

    def _full(self) -> bytes:
        """The frame with all parts, made when the first one needs it."""
        if self._full_frame is None:
            assert self._shown is not None, "asked for before anything was rendered"
            self._full_frame = text_frame(message(self._shown))
        return self._full_frame
