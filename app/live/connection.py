"""One WebSocket at our end: RFC 6455 by wsproto, written to by whoever has something to say, without waiting for it.

One greenlet reads: the one that gunicorn gave the request. Anybody may write. A frame goes straight into the kernel's
buffer; only what does not fit there is finished by a short-lived greenlet of its own, which has a deadline. While it
works, nothing is queued: whoever offers a frame is told that it was not taken, and decides what that means.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from socket import SHUT_RDWR, SHUT_WR
from time import monotonic
from typing import Any

import gevent
from wsproto.connection import Connection as Protocol
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.frame_protocol import CloseReason

LINGER_SECONDS = 1.0
"""How long we wait for the other side's part of the closing handshake."""


def text_frame(text: str) -> bytes:
    """A whole text message as it goes over the wire to a client; the same bytes for every client."""
    return bytes(Protocol(ConnectionType.SERVER).send(TextMessage(data=text)))


PING = bytes(Protocol(ConnectionType.SERVER).send(Ping()))


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may cost us."""

    message_size: int = 64 * 1024
    """Longest message: bytes, or characters of text."""
    write_seconds: float = 5.0
    """A frame that the other side has not taken by then ends the connection."""
    read_bytes: int = 1024
    """Asked from the kernel at once. Visitors send nothing but pongs; whoever expects more asks for more."""


class Connection:
    """An accepted WebSocket. Iterating over it gives the messages received, `str` or `bytes`, until it ends."""

    __slots__ = (
        "__weakref__",
        "_catch_up",
        "_ended",
        "_finisher",
        "_limits",
        "_pieces",
        "_protocol",
        "_size",
        "_socket",
        "address",
        "beat",
        "beaten_at",
        "closing_since",
        "heard_at",
    )

    def __init__(self, socket: Any, address: str, limits: ConnectionLimits) -> None:
        self.address = address
        self.beat = PING
        """What is sent now and then to hear whether the other side is still there."""
        self.heard_at = self.beaten_at = monotonic()
        self.closing_since: float | None = None
        self._socket = socket  # gevent's, which mypy does not know
        self._limits = limits
        self._protocol = Protocol(ConnectionType.SERVER)
        self._pieces: list[Any] = []
        self._size = 0
        self._ended = False
        self._finisher: Any = None
        self._catch_up: Callable[[], bytes] | None = None

    @property
    def is_open(self) -> bool:
        """Whether messages still travel: neither side has begun to close."""
        return not self._ended and self._protocol.state is ConnectionState.OPEN

    def __iter__(self) -> Iterator[str | bytes]:
        while (message := self.receive()) is not None:
            yield message

    def receive(self) -> str | bytes | None:
        """Wait for the next message; None once the connection has ended. Only the reading greenlet may call this."""
        while not self._ended:
            for event in self._protocol.events():
                message = self._take(event)
                if message is not None:
                    return message
                if self._ended:
                    return None
            self._read()
        return None

    def offer(self, frame: bytes) -> bool:
        """Write a frame without waiting.

        Returns:
            False if an earlier frame is still on its way: nothing of this one was sent. True otherwise, also for a
            connection that has ended or is about to: there is nothing left to do for it.
        """
        if self._finisher is not None:
            return False
        if self.is_open:
            self._start(frame)
        return True

    def offer_or_catch_up(self, frame: bytes, catch_up: Callable[[], bytes]) -> None:
        """Write a frame without waiting, or note that `catch_up()` gives what to write as soon as that is possible.

        However many frames are offered meanwhile, the slow client gets one: the newest state when its turn comes.
        """
        if not self.offer(frame):
            self._catch_up = catch_up

    def send(self, message: str | bytes) -> None:
        """Write a message and wait until the kernel has all of it. Only the reading greenlet may call this."""
        if self.is_open:
            event = TextMessage(data=message) if isinstance(message, str) else BytesMessage(data=message)
            self._write(self._protocol.send(event))

    def close(self, code: int, reason: str = "") -> None:
        """Begin the closing handshake; the reading greenlet ends it. Never waits."""
        if not self.is_open:
            return
        if self._finisher is not None:  # a close frame cannot go into the middle of another
            self.abort()
            return
        frame = bytes(self._protocol.send(CloseConnection(code, reason)))
        self.closing_since = monotonic()
        self._start(frame)

    def abort(self) -> None:
        """Cut the line: the other side sees an abnormal closure (1006). The reading greenlet wakes up and ends."""
        self._ended = True
        with suppress(OSError):  # the other side was faster
            self._socket.shutdown(SHUT_RDWR)

    def finish(self) -> None:
        """End it from the reading greenlet: wait a moment for the other side's close, then cut the line.

        Closing a TCP connection with unread bytes in it resets it, and the other side might never see our close frame.
        """
        self.close(CloseReason.NORMAL_CLOSURE)
        with gevent.Timeout(LINGER_SECONDS, False):
            if self._finisher is not None:
                self._finisher.join()
            if not self._ended:
                self._drain()
        self.abort()

    def _read(self) -> None:
        """Feed the protocol with what comes in; an end without a closing handshake ends the connection."""
        try:
            received = self._socket.recv(self._limits.read_bytes)
        except OSError:
            received = b""
        if not received:
            self._ended = True
            return
        self.heard_at = monotonic()
        self._protocol.receive_data(received)
        # gevent's recv does not yield while there is something to read: a chatterbox would have the loop for itself.
        gevent.sleep(0)

    def _take(self, event: Event) -> str | bytes | None:
        """Do what the protocol asks for; give back a message that is complete with this event."""
        if isinstance(event, Ping):
            if self._protocol.state is ConnectionState.OPEN:
                self._write(self._protocol.send(event.response()))
        elif isinstance(event, CloseConnection):
            self._closed_by(event)
        elif isinstance(event, TextMessage | BytesMessage) and self._protocol.state is ConnectionState.OPEN:
            return self._collect(event)
        return None

    def _collect(self, event: TextMessage | BytesMessage) -> str | bytes | None:
        self._size += len(event.data)
        if self._size > self._limits.message_size:
            self._pieces.clear()
            self._fail(CloseReason.MESSAGE_TOO_BIG, f"At most {self._limits.message_size} bytes.")
            return None
        if event.data:  # endless empty fragments must not fill the list
            self._pieces.append(event.data)
        if not event.message_finished:
            return None
        empty: Any = "" if isinstance(event, TextMessage) else b""
        message: str | bytes = empty.join(self._pieces)
        self._pieces.clear()
        self._size = 0
        return message

    def _closed_by(self, event: CloseConnection) -> None:
        """The other side closes, answers our close, or broke the protocol (then wsproto is still open)."""
        if self._protocol.state is ConnectionState.OPEN:
            self._fail(event.code, event.reason or "")
        elif self._protocol.state is ConnectionState.REMOTE_CLOSING:
            self._write(self._protocol.send(event.response()))
            self._half_close()
        else:
            self._ended = True

    def _fail(self, code: int, reason: str) -> None:
        """Say why, and listen no more (RFC 6455 §7.1.7)."""
        self._write(self._protocol.send(CloseConnection(code, reason)))
        self._half_close()

    def _half_close(self) -> None:
        """Nothing more will be said or heard; what is still under way is drained without being looked at."""
        if self._ended:
            return
        with suppress(OSError):
            self._socket.shutdown(SHUT_WR)
        with gevent.Timeout(LINGER_SECONDS, False):
            self._drain()
        self._ended = True

    def _drain(self) -> None:
        with suppress(OSError):
            while self._socket.recv(self._limits.read_bytes):
                gevent.sleep(0)

    def _write(self, frame: bytes | bytearray) -> None:
        """Write a frame and wait until it is out: the reading greenlet hears no more before it has answered."""
        while self._finisher is not None:
            self._finisher.join()
        if self._ended:
            return
        self._start(bytes(frame))
        if self._finisher is not None:
            self._finisher.join()

    def _start(self, frame: bytes) -> None:
        """Give the kernel as much as it takes now, and what is left to a greenlet of its own."""
        try:
            sent = self._socket.send(frame, 0, 0.0)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.abort()
            return
        if sent < len(frame):
            self._finisher = gevent.spawn(self._finish, memoryview(frame)[sent:])

    def _finish(self, rest: memoryview) -> None:
        """Bring out what is left of a frame, and then, if some were missed, the newest state."""
        try:
            with gevent.Timeout(self._limits.write_seconds) as deadline:
                self._socket.sendall(rest)
        except gevent.Timeout as late:
            if late is not deadline:
                raise
            # In the middle of a frame no close frame can be sent. 1006 makes a client come back.
            self.abort()
        except OSError:
            self.abort()
        finally:
            self._finisher = None
        if (catch_up := self._catch_up) is not None:
            self._catch_up = None
            self.offer_or_catch_up(catch_up(), catch_up)
