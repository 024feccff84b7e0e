"""A load generator that costs less than what it measures: raw asyncio connections, one request at a time on each."""

import asyncio
import contextlib
import statistics
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What one round of requests found."""

    requests: int
    seconds: float
    latencies: tuple[float, ...]
    """Seconds from request to whole answer, sorted."""
    statuses: frozenset[int]

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the answers came."""
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]

    @property
    def median(self) -> float:
        return statistics.median(self.latencies)


def ask(port: int, path: str, *, connections: int = 32, seconds: float = 2.0, headers: str = "") -> Load:
    """Ask for one path over so many connections at once, for so long."""
    return asyncio.run(_ask(port, path, connections, seconds, headers))


async def _ask(port: int, path: str, connections: int, seconds: float, headers: str) -> Load:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{headers}\r\n".encode()
    latencies: list[float] = []
    statuses: set[int] = set()
    start = time.perf_counter()
    end = start + seconds
    await asyncio.gather(*(_visit(port, request, end, latencies, statuses) for _ in range(connections)))
    took = time.perf_counter() - start
    return Load(len(latencies), took, tuple(sorted(latencies)), frozenset(statuses))


async def _visit(port: int, request: bytes, end: float, latencies: list[float], statuses: set[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    while (begin := time.perf_counter()) < end:
        writer.write(request)
        status = await read_answer(reader)
        latencies.append(time.perf_counter() - begin)
        statuses.add(status)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def read_answer(reader: asyncio.StreamReader) -> int:
    """Read one whole answer of known length; its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = 0
    at = head.lower().find(b"content-length:")
    if at >= 0:
        length = int(head[at + 15 : head.index(b"\r\n", at)])
    if length:
        await reader.readexactly(length)
    return status
