"""A 2 KB fragment to 1,000 and 5,000 sockets on one web process, against the `websockets` library's `broadcast`.

    python -m bench.sockets [--rounds 5] [--bursts 5] [--sockets 1000,5000]

Each round starts both servers anew, lets the same number of visitors in, reads what they cost in memory, and then lets
the two tell their visitors in turn. A neighbour asks for a plain page all the while.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
BARS = {"last": 1.1, "plain": 0.3, "memory": 2.5}


@dataclass(slots=True)
class Measured:
    """One server's figures over all rounds."""

    bursts: list[float] = field(default_factory=list)
    """Seconds from the telling to the last visitor."""
    waits: list[float] = field(default_factory=list)
    """Seconds of the slowest plain request during each burst."""
    memory: list[float] = field(default_factory=list)
    """Bytes for each socket."""


class Visitors:
    """The process that holds all visitors."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.sockets_client"]
        self._process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def begin(self, *words: object) -> None:
        assert self._process.stdin is not None
        print(*words, file=self._process.stdin, flush=True)

    def finish(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def ask(self, *words: object) -> Any:
        self.begin(*words)
        return self.finish()

    def leave(self) -> None:
        self._process.terminate()
        self._process.wait()


class Neighbour:
    """Somebody who asks for a plain page, again and again, and notes how long each answer takes."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._answers: list[tuple[float, float]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Neighbour":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def slowest(self, begin: float, end: float) -> float:
        """Seconds of the slowest answer among those that were waited for between two moments."""
        return max(done - asked for asked, done in self._answers if done >= begin and asked <= end)

    def _ask(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port)
        while not self._over.is_set():
            asked = time.monotonic()
            connection.request("GET", "/plain")
            connection.getresponse().read()
            self._answers.append((asked, time.monotonic()))
            time.sleep(0.001)
        connection.close()


@contextmanager
def serving(command: list[str]) -> Iterator[int]:
    """Start a server that gets a listening socket as its last word; gives the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        words = [word.format(fd=listener.fileno()) for word in command]
        process = subprocess.Popen(
            [sys.executable, *words], cwd=PROJECT, pass_fds=[listener.fileno()], env=dict(os.environ)
        )
        port: int = listener.getsockname()[1]
        try:
            fetch(port, "/plain")
            yield port
        finally:
            process.kill() if "gunicorn" not in command else process.terminate()
            process.wait()


OURS = [
    *("-m", "gunicorn", "--worker-class", "gevent", "--worker-connections", "12000", "--log-level", "warning"),
    *("--no-control-socket", "--graceful-timeout", "1", "--bind", "fd://{fd}", "bench.sockets_server:application()"),
]
YARDSTICK = ["-m", "bench.sockets_server", "{fd}"]


def fetch(port: int, path: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body


def memory_of(port: int) -> float:
    return float(json.loads(fetch(port, "/memory"))["bytes"])


def one_round(count: int, bursts: int, ours: Measured, theirs: Measured) -> None:
    """Fresh servers, `count` visitors each, `bursts` tellings each in turn."""
    with ExitStack() as running:
        visitors = Visitors()
        running.callback(visitors.leave)
        sides = []
        for measured, command in ((ours, OURS), (theirs, YARDSTICK)):
            port = running.enter_context(serving(command))
            visitors.ask("open", port, 20, "/live?revision=1")  # what is loaded once is not charged to the sockets
            visitors.ask("burst", port)
            before = memory_of(port)
            visitors.ask("open", port, count - 20, "/live?revision=1")
            visitors.ask("burst", port)
            measured.memory.append((memory_of(port) - before) / (count - 20))
            sides.append((measured, port))
        for _ in range(bursts):
            for measured, port in sides:
                with Neighbour(port) as neighbour:
                    told = visitors.ask("burst", port)
                measured.bursts.append(told["last_at"] - told["started_at"])
                measured.waits.append(neighbour.slowest(told["started_at"], told["last_at"]))


def report(count: int, ours: Measured, theirs: Measured) -> bool:
    """Print one line for each bar; whether all hold."""
    burst, yardstick = statistics.median(ours.bursts), statistics.median(theirs.bursts)
    wait = statistics.median(ours.waits)
    memory, their_memory = statistics.median(ours.memory), statistics.median(theirs.memory)
    found = {
        "last": (burst / yardstick, f"last visitor {burst * 1e3:.0f} ms, the library's {yardstick * 1e3:.0f} ms"),
        "plain": (wait / burst, f"slowest plain request {wait * 1e3:.1f} ms of a burst of {burst * 1e3:.0f} ms"),
        "memory": (memory / their_memory, f"{memory / 1024:.1f} KiB a socket, the library's {their_memory / 1024:.1f}"),
    }
    for name, (ratio, words) in found.items():
        verdict = "holds" if ratio <= BARS[name] else "MISSED"
        print(f"{count:>6} sockets  {name:<7} {ratio:5.2f}  (bar {BARS[name]})  {verdict:<7} {words}")
    return all(ratio <= BARS[name] for name, (ratio, _) in found.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bursts", type=int, default=5)
    parser.add_argument("--sockets", default="1000,5000")
    arguments = parser.parse_args()
    good = True
    for count in map(int, arguments.sockets.split(",")):
        ours, theirs = Measured(), Measured()
        for _ in range(arguments.rounds):
            one_round(count, arguments.bursts, ours, theirs)
        good &= report(count, ours, theirs)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
