"""Resend's batch endpoint, as far as we rely on it, over real HTTP on 127.0.0.1.

It keeps what it accepted, honours idempotency keys, limits requests over a sliding second, and can be made to fail in
the ways that matter: refusing connections, answering 500, and accepting a batch without its answer ever arriving.

`python -m tests.fakes.resend PORT LATENCY LIMIT` runs it as a process of its own, for benchmarks; a GET then tells what
it saw, and one of `/mails` how many mails it took, which costs it nothing.
"""

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MAX_BATCH = 100


@dataclass
class Behaviour:
    """How the fake answers; tests change it while it runs."""

    latency_seconds: float = 0.0
    requests_per_second: int | None = None
    retry_after: str = "1"
    broken: bool = False
    """Every request is answered 500."""
    vanish_before: bool = False
    """Connections are closed without reading anything of them: the provider is down."""
    vanish_after: int = 0
    """For that many requests: the batch is accepted, and the connection closed instead of an answer."""
    hang: threading.Event | None = None
    """When set, a batch is accepted and the answer withheld until the event: the client times out."""
    reject: dict[str, str] = field(default_factory=dict)
    """Address → why a mail to it is invalid."""
    answer_all: tuple[int, dict[str, str]] | None = None
    """Status and body with which every request is answered, whatever it is."""


@dataclass(frozen=True)
class Request:
    """One request as it came in, and how it was answered (0: not at all)."""

    at: float
    key: str
    recipients: tuple[str, ...]
    status: int


class FakeResend:
    """The provider. `accepted` holds each mail once, in order; `requests` every request."""

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self.accepted: list[dict[str, Any]] = []
        self.requests: list[Request] = []
        self.url = ""
        self._answered: dict[str, tuple[bytes, dict[str, Any]]] = {}
        self._window: deque[float] = deque()
        self._lock = threading.Lock()

    @property
    def recipients(self) -> list[str]:
        """Everyone who got a mail, once for each mail."""
        return [to for mail in self.accepted for to in mail["to"]]

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        return [mail for mail in self.accepted if mail["to"] == [address]]

    def statuses(self) -> list[int]:
        return [request.status for request in self.requests]

    def answer(self, key: str, body: bytes, *, permissive: bool) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, JSON body and headers for one batch."""
        if self.behaviour.answer_all is not None:
            status, fixed = self.behaviour.answer_all
            return status, dict(fixed), {}
        if self.behaviour.broken:
            return 500, {"name": "application_error", "message": "Something broke at the provider."}, {}
        with self._lock:
            return self._accept(key, body, permissive=permissive)

    def is_within_limit(self) -> bool:
        """Whether one more request may come now; if so, it counts."""
        limit = self.behaviour.requests_per_second
        if limit is None:
            return True
        with self._lock:
            now = time.monotonic()
            while self._window and self._window[0] <= now - 1:
                self._window.popleft()
            if len(self._window) >= limit:
                return False
            self._window.append(now)
            return True

    def _accept(self, key: str, body: bytes, *, permissive: bool) -> tuple[int, dict[str, Any], dict[str, str]]:
        if key in self._answered:
            first_body, first_answer = self._answered[key]
            if body != first_body:
                return 409, {"name": "invalid_idempotent_request", "message": "Same key, different body."}, {}
            return 200, first_answer, {}
        mails = json.loads(body)
        if not 1 <= len(mails) <= MAX_BATCH:
            return 422, {"name": "validation_error", "message": "A batch has 1 to 100 mails."}, {}
        errors = [
            {"index": place, "message": self.behaviour.reject[mail["to"][0]]}
            for place, mail in enumerate(mails)
            if mail["to"][0] in self.behaviour.reject
        ]
        if errors and not permissive:
            return 422, {"name": "validation_error", "message": errors[0]["message"]}, {}
        bad = {error["index"] for error in errors}
        good = [mail for place, mail in enumerate(mails) if place not in bad]
        first = len(self.accepted)
        self.accepted.extend(good)
        answer: dict[str, Any] = {"data": [{"id": f"mail-{first + place}"} for place in range(len(good))]}
        if errors:
            answer["errors"] = errors
        if key:
            self._answered[key] = (body, answer)
        return 200, answer, {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def do_POST(self) -> None:
        fake, behaviour = self.server.fake, self.server.fake.behaviour
        # As at a gateway: counted when it comes in, whatever time the answer takes.
        at, within_limit = time.time(), fake.is_within_limit()
        if behaviour.vanish_before:
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers.get("Idempotency-Key", "")
        recipients = tuple(mail["to"][0] for mail in json.loads(body))
        if behaviour.latency_seconds:
            time.sleep(behaviour.latency_seconds)
        if self.path != "/emails/batch" or not self.headers.get("Authorization", "").startswith("Bearer "):
            self._write(401, {"name": "missing_api_key", "message": "Missing API key."}, {})
            return
        permissive = self.headers.get("x-batch-validation") == "permissive"
        if within_limit:
            status, answer, headers = fake.answer(key, body, permissive=permissive)
        else:
            status, answer = 429, {"name": "rate_limit_exceeded", "message": "Too many requests."}
            headers = {"Retry-After": behaviour.retry_after}
        if behaviour.hang is not None:
            fake.requests.append(Request(at, key, recipients, 0))
            behaviour.hang.wait()
            self.close_connection = True
            return
        if behaviour.vanish_after:
            behaviour.vanish_after -= 1
            fake.requests.append(Request(at, key, recipients, 0))
            self.close_connection = True
            return
        fake.requests.append(Request(at, key, recipients, status))
        self._write(status, answer, headers)

    def do_GET(self) -> None:
        """For those who run the fake as a process: what it saw so far."""
        if self.path == "/mails":
            self._write(200, {"mails": len(self.server.fake.accepted)}, {})
            return
        requests = [[request.at, len(request.recipients), request.status] for request in self.server.fake.requests]
        recipients = self.server.fake.recipients
        self._write(200, {"requests": requests, "mails": len(recipients), "people": len(set(recipients))}, {})

    def _write(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        limit = self.server.fake.behaviour.requests_per_second
        for name, value in ({"ratelimit-limit": str(limit)} if limit else {}).items() | headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Quiet: tests read `requests`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Threads of kept connections wait for a next request that never comes.
    block_on_close = False

    def __init__(self, port: int, fake: FakeResend) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what some tests are about."""


@contextmanager
def fake_resend(port: int = 0) -> Iterator[FakeResend]:
    """The provider, running until the block ends; `url` is what to set as its address."""
    fake = FakeResend()
    server = _Server(port, fake)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        if fake.behaviour.hang is not None:
            fake.behaviour.hang.set()
        server.shutdown()
        server.server_close()
        thread.join()


def main(port: int, latency_seconds: float, requests_per_second: int) -> None:
    with fake_resend(port) as fake:
        fake.behaviour.latency_seconds = latency_seconds
        fake.behaviour.requests_per_second = requests_per_second or None
        print(fake.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
