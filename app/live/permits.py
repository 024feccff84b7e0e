"""Who is still allowed to listen. A member's socket lives on after the request that was allowed to open it, so the
question is asked again and again: within a minute in any case, at once when a session, a role or a membership ends, and
every few seconds while nobody can tell us of that."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

import gevent
import structlog
from gevent.event import Event
from wsproto.frame_protocol import CloseReason

from app.live.connection import Connection

log = structlog.get_logger(__name__)

ASK_AGAIN_SECONDS = 60.0
ASK_WHILE_DEAF_SECONDS = 3.0
"""What is taken away counts within five seconds, with Redis or without."""
ROUND_SECONDS = 1.0
DUE = -ASK_AGAIN_SECONDS
"""So long ago on the monotonic clock that it is time to ask."""


@dataclass(slots=True, eq=False)
class Permit:
    """One member's connection and the question to ask about it."""

    connection: Connection
    still_allowed: Callable[[], bool]
    keys: frozenset[str]
    asked_at: float


class Permits:
    """All members' connections of this process."""

    def __init__(self) -> None:
        self._permits: dict[Permit, None] = {}
        self._rung = Event()
        self._patience = ASK_AGAIN_SECONDS

    @contextmanager
    def hold(
        self,
        connection: Connection,
        still_allowed: Callable[[], bool],
        keys: Collection[str],
        *,
        now: float | None = None,
    ) -> Iterator[None]:
        """Watch over the connection while the block runs.

        Args:
            connection: a member's.
            still_allowed: asks the database; False closes the connection with 1008.
            keys: ids of the session and of the user, by which `ring` finds it.
            now: when the view has asked, on the monotonic clock. If left out, the first round asks once more: what was
                taken away after the view had looked was told while `ring` could not find this connection yet.
        """
        permit = Permit(connection, still_allowed, frozenset(keys), DUE if now is None else now)
        self._permits[permit] = None
        try:
            yield
        finally:
            del self._permits[permit]

    def ring(self, key: str) -> None:
        """Something about this session or user has changed: ask about its connections now. Returns at once."""
        for permit in self._permits:
            if key in permit.keys:
                permit.asked_at = DUE
                self._rung.set()

    def set_hearing(self, hears: bool) -> None:
        """Whether somebody can call `ring` when something changes. Returns at once.

        After a silence everybody is asked about once: what was told meanwhile was told to nobody.
        """
        self._patience = ASK_AGAIN_SECONDS if hears else ASK_WHILE_DEAF_SECONDS
        if hears:
            for permit in self._permits:
                permit.asked_at = DUE
        self._rung.set()

    def watch(self, is_stopping: Callable[[], bool]) -> None:
        """Ask whenever it is time to: runs as long as the process does."""
        while not is_stopping():
            self._rung.wait(ROUND_SECONDS)
            self._rung.clear()
            self.make_round(monotonic())

    def make_round(self, now: float) -> None:
        """Ask about each connection whose time has come. `now` is on the monotonic clock."""
        for permit in tuple(self._permits):
            if now - permit.asked_at >= self._patience:
                permit.asked_at = now
                self._ask(permit)
                gevent.sleep(0)

    def _ask(self, permit: Permit) -> None:
        try:
            allowed = permit.still_allowed()
        except Exception:  # without a database there is no news to leak either: what is shown comes from there
            log.exception("live.permit_unknown")
            permit.asked_at -= self._patience - ROUND_SECONDS
            return
        if not allowed:
            permit.connection.close(CloseReason.POLICY_VIOLATION, "Your sign-in or your role here has changed.")
