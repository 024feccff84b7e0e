"""The visitors of `bench.sockets` and `bench.live`: thousands of raw sockets in one process that does nothing but read.

Commands come as lines on stdin, answers go as lines of JSON to stdout:
`open PORT COUNT PATH`, `burst PORT`, `watch PORT`, `close PORT`.
"""

import contextlib
import json
import resource
import select
import socket
import sys
import time
from http.client import HTTPConnection
from typing import Any

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
END_OF_MESSAGE = b"-->"
SMALLEST_FRAGMENT_FRAME = 2048
PATIENCE_SECONDS = 60


class Crowd:
    """The visitors of one server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._sockets: dict[int, socket.socket] = {}
        self._poll = select.epoll()

    def open(self, count: int, path: str) -> None:
        handshake = HANDSHAKE.format(path=path).encode()
        for _ in range(count):
            visitor = socket.create_connection(("127.0.0.1", self.port))
            visitor.sendall(handshake)
            head = b""
            while b"\r\n\r\n" not in head:
                head += visitor.recv(4096)
            if not head.startswith(b"HTTP/1.1 101"):
                raise RuntimeError(head)
            visitor.setblocking(False)
            self._sockets[visitor.fileno()] = visitor
            self._poll.register(visitor.fileno(), select.EPOLLIN)
        self._swallow()

    def burst(self) -> dict[str, float]:
        """Have everybody told, and wait until everybody has been."""
        self._swallow()
        missing = dict.fromkeys(self._sockets, SMALLEST_FRAGMENT_FRAME)
        told = HTTPConnection("127.0.0.1", self.port)
        told.request("GET", "/burst")
        deadline = time.monotonic() + PATIENCE_SECONDS
        last_at = 0.0
        while missing:
            for fileno, _ in self._poll.poll(1):
                size = len(self._sockets[fileno].recv(65536))
                if not size:
                    raise RuntimeError("a visitor was cut off")
                if fileno in missing:
                    missing[fileno] -= size
                    if missing[fileno] <= 0:
                        del missing[fileno]
                        last_at = time.monotonic()
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(missing)} visitors were not told")
        started_at = json.load(told.getresponse())["started_at"]
        told.close()
        return {"started_at": started_at, "last_at": last_at}

    def watch(self) -> list[float]:
        """Wait until everybody has been told something; the moments at which each was (monotonic)."""
        missing = dict(self._sockets)
        moments = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while missing:
            for fileno, _ in self._poll.poll(1):
                received = self._sockets[fileno].recv(1 << 20)
                if not received:
                    raise RuntimeError("a visitor was cut off")
                if received.endswith(END_OF_MESSAGE) and missing.pop(fileno, None):
                    moments.append(time.monotonic())
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(missing)} visitors were not told")
        return moments

    def close(self) -> None:
        for visitor in self._sockets.values():
            visitor.close()
        self._poll.close()

    def _swallow(self) -> None:
        """Read pings and what else is there, so that the next burst is alone."""
        for fileno, _ in self._poll.poll(0.05, maxevents=20_000):
            with contextlib.suppress(BlockingIOError):
                self._sockets[fileno].recv(65536)


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowds: dict[int, Crowd] = {}
    for line in sys.stdin:
        command, port, *rest = line.split()
        crowd = crowds.setdefault(int(port), Crowd(int(port)))
        answer: Any = None
        if command == "open":
            crowd.open(int(rest[0]), rest[1])
        elif command == "watch":
            answer = crowd.watch()
        elif command == "burst":
            answer = crowd.burst()
        elif command == "close":
            crowds.pop(int(port)).close()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
