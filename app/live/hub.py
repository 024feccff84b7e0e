"""All sockets of this process: who may come in, who is still there, and how everybody leaves when the process does.

One loop pings all of them, so that an idle socket costs one greenlet (its reader) and no timer.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import gevent
from gevent.lock import BoundedSemaphore
from wsproto.frame_protocol import CloseReason

from app.errors import TooMany, Unavailable
from app.extensions import counted_address
from app.live.connection import LINGER_SECONDS, Connection

SENDS_PER_TURN = 40
"""After so many sends the others have a turn. Fewer make the last visitor wait longer, more a plain request
(docs/decisions/0007)."""
LOOKS_PER_TURN = 500
ROUND_SECONDS = 0.5
_BEFORE_REQUESTS = 2
RETRY_AFTER_SECONDS = 30


class Turns:
    """Counts work of one loop and yields to the other greenlets when a turn's worth is done."""

    def __init__(self, per_turn: int) -> None:
        self._per_turn = per_turn
        self._done = 0

    def count(self) -> None:
        self._done += 1
        if self._done % self._per_turn == 0:
            # sleep(0) would let others run who are ready already, and look for new requests only every 5 ms (gevent's
            # switch interval). Waiting for an idle loop looks each time; the high priority keeps it from waiting long.
            gevent.idle(_BEFORE_REQUESTS)


class Room:
    """Connections that are told the same things."""

    def __init__(self) -> None:
        self._connections: dict[Connection, None] = {}
        self._one_at_a_time: Any = BoundedSemaphore(1)

    def __len__(self) -> int:
        return len(self._connections)

    def enter(self, connection: Connection) -> None:
        self._connections[connection] = None

    def leave(self, connection: Connection) -> None:
        self._connections.pop(connection, None)

    def broadcast(self, frame: bytes, catch_up: Callable[[], bytes]) -> None:
        """Write one frame to everybody who is in the room now.

        Two broadcasts never overtake each other. Whoever has not taken an earlier frame yet gets `catch_up()` instead,
        as soon as it can.
        """
        with self._one_at_a_time:
            turns = Turns(SENDS_PER_TURN)
            for connection in tuple(self._connections):
                connection.offer_or_catch_up(frame, catch_up)
                turns.count()

    def dismiss(self, reason: str) -> None:
        """Let everybody go: there is nothing to tell any more."""
        sends = Turns(SENDS_PER_TURN)
        for connection in tuple(self._connections):
            connection.close(CloseReason.POLICY_VIOLATION, reason)
            sends.count()


class Hub:
    """The register of one process."""

    def __init__(self, *, per_address: int, per_process: int, ping_seconds: float, idle_seconds: float) -> None:
        self._per_address = per_address
        self._per_process = per_process
        self._ping_seconds = ping_seconds
        self._idle_seconds = idle_seconds
        self._connections: dict[Connection, None] = {}
        self._addresses: Counter[str] = Counter()
        self._closing = False

    def __len__(self) -> int:
        return len(self._connections)

    def admit(self, address: str) -> None:
        """Ask before the upgrade whether there is room for one more.

        Raises:
            TooMany: this address has as many as it may have.
            Unavailable: the process has, or it is about to end.
        """
        if self._addresses[counted_address(address)] >= self._per_address:
            raise TooMany(RETRY_AFTER_SECONDS, "This address has too many live connections already.")
        if self._closing or len(self._connections) >= self._per_process:
            raise Unavailable("No more live connections just now.")

    @contextmanager
    def register(self, connection: Connection) -> Iterator[None]:
        """Look after the connection while the block runs."""
        address = counted_address(connection.address)
        self._connections[connection] = None
        self._addresses[address] += 1
        try:
            if self._closing:
                connection.close(CloseReason.GOING_AWAY)
            yield
        finally:
            del self._connections[connection]
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def keep_house(self, is_stopping: Callable[[], bool]) -> None:
        """Ping, let go of the silent, and close everybody when `is_stopping()`: runs as long as the process does."""
        while not is_stopping():
            self.make_round(monotonic())
            gevent.sleep(ROUND_SECONDS)
        self.close_all()

    def make_round(self, now: float) -> None:
        """Look at everybody once. `now` is on the monotonic clock."""
        looks, sends = Turns(LOOKS_PER_TURN), Turns(SENDS_PER_TURN)
        for connection in tuple(self._connections):
            looks.count()
            if connection.closing_since is not None:
                if now - connection.closing_since > LINGER_SECONDS:
                    connection.abort()
            elif now - connection.heard_at > self._idle_seconds:
                connection.close(CloseReason.GOING_AWAY, "No answer to our pings.")
            elif now - connection.beaten_at >= self._ping_seconds:
                connection.beaten_at = now
                connection.offer(connection.beat)
                sends.count()

    def close_all(self) -> None:
        """Tell everybody that this process goes away (1001): clients come back to another one, each in its own time."""
        self._closing = True
        sends = Turns(SENDS_PER_TURN)
        for connection in tuple(self._connections):
            connection.close(CloseReason.GOING_AWAY)
            sends.count()
        gevent.sleep(LINGER_SECONDS)
        _abort(tuple(self._connections))


def _abort(connections: Collection[Connection]) -> None:
    for connection in connections:
        connection.abort()
