"""A load generator that costs less than what it measures: raw sockets, one request at a time on each."""

import select
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection

PATIENCE_SECONDS = 30.0
BUFFER_BYTES = 65_536
SETTLE_SECONDS = 0.3
"""Given to the server to take in all connections before anybody asks."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one round of requests found."""

    requests: int
    seconds: float
    latencies: tuple[float, ...]
    """Seconds from request to whole answer, sorted."""
    statuses: frozenset[int]
    most_bytes: int
    """The size of the largest answer, head and body."""

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the answers came."""
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


def ask(port: int, path: str, *, connections: int = 32, seconds: float = 2.0, headers: str = "") -> Load:
    """Ask for one path over so many connections at once, for so long; each asks again as soon as it is answered."""
    return _load(port, _request(port, path, headers), connections, seconds)


def ask_once(port: int, path: str, *, connections: int = 1, headers: str = "") -> Load:
    """Have so many visitors, all connected already, ask for one path in the same moment, once each."""
    return _load(port, _request(port, path, headers), connections, 0, settle_seconds=SETTLE_SECONDS)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, whole."""

    status: int
    headers: Message
    body: bytes
    size: int
    """Bytes on the wire: head and body."""


def fetch(port: int, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask for one path, once, over a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    with closing(connection):
        connection.request("GET", path, headers={"Host": f"localhost:{port}", **(headers or {})})
        answer = connection.getresponse()
        body = answer.read()
    head = len(f"HTTP/1.1 {answer.status} {answer.reason}\r\n\r\n")
    head += sum(len(f"{name}: {value}\r\n") for name, value in answer.getheaders())
    return Answer(answer.status, answer.msg, body, head + len(body))


def _request(port: int, path: str, headers: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{headers}\r\n".encode()


def _load(port: int, request: bytes, connections: int, seconds: float, *, settle_seconds: float = 0) -> Load:
    latencies: list[float] = []
    statuses: set[int] = set()
    most_bytes = 0
    with _connected(port, connections) as visitors:
        poll = select.epoll()
        buffer = bytearray(BUFFER_BYTES)
        for visitor in visitors.values():
            poll.register(visitor.socket, select.EPOLLIN)
        time.sleep(settle_seconds)
        start = time.perf_counter()
        end = start + seconds
        for visitor in visitors.values():
            visitor.ask(request)
        waiting = len(visitors)
        while waiting:
            ready = poll.poll(PATIENCE_SECONDS)
            if not ready:
                raise TimeoutError(f"{waiting} visitors were not answered within {PATIENCE_SECONDS:.0f} s")
            for number, _ in ready:
                visitor = visitors[number]
                if not visitor.read(buffer):
                    continue
                now = time.perf_counter()
                latencies.append(now - visitor.asked_at)
                statuses.add(visitor.status)
                most_bytes = max(most_bytes, visitor.size)
                if now < end:
                    visitor.ask(request)
                else:
                    waiting -= 1
        took = time.perf_counter() - start
        poll.close()
    return Load(len(latencies), took, tuple(sorted(latencies)), frozenset(statuses), most_bytes)


class _Visitor:
    """One connection and the answer that it reads."""

    __slots__ = ("asked_at", "end", "size", "socket", "status")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked_at = 0.0
        self.end = 0
        self.size = 0
        self.status = 0

    def ask(self, request: bytes) -> None:
        self.size = 0
        self.asked_at = time.perf_counter()
        self.socket.send(request)

    def read(self, buffer: bytearray) -> bool:
        """Read what is there; True once the answer is whole. Its head comes in one piece: it is short."""
        size = self.socket.recv_into(buffer)
        if not size:
            raise ConnectionError("the server hung up")
        if not self.size:
            self.status = int(buffer[9:12])
            head_end = buffer.index(b"\r\n\r\n", 0, size) + 4
            self.end = head_end + _content_length(bytes(buffer[:head_end]))
        self.size += size
        return self.size == self.end


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"\r\ncontent-length:")
    return int(head[at + 17 : head.index(b"\r\n", at + 2)]) if at >= 0 else 0


@contextmanager
def _connected(port: int, count: int) -> Iterator[dict[int, _Visitor]]:
    """Visitors by the number of their socket."""
    visitors = [_Visitor(port) for _ in range(count)]
    try:
        yield {visitor.socket.fileno(): visitor for visitor in visitors}
    finally:
        for visitor in visitors:
            visitor.socket.close()
