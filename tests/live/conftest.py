"""A real gunicorn with one gevent worker for the tests of the live part, and the pages that it serves."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from app.development.embedded import EmbeddedServers
from tests.live.wire import Client

ROOT = Path(__file__).parents[2]
_numbers = count(1)


class Server:
    """A running gunicorn."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process = process
        self.port = port
        self._clients: list[Client] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, *, receive_buffer: int | None = None) -> Client:
        """A TCP connection; `hang_up` closes it."""
        made = Client(self.port, receive_buffer=receive_buffer)
        self._clients.append(made)
        return made

    def open(self, path: str, headers: dict[str, str | None] | None = None) -> Client:
        return self.client().open(path, headers)

    def page(self) -> "Page":
        """A page that no other test knows of, at revision 1."""
        return Page(self, f"page-{next(_numbers)}")

    def fetch(self, path: str, body: object = None) -> tuple[int, bytes]:
        """A plain request: GET, or POST of JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        if body is None:
            connection.request("GET", path)
        else:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def hang_up(self) -> None:
        """Close all clients."""
        while self._clients:
            self._clients.pop().close()


class Page:
    """One page of the tests' application."""

    def __init__(self, server: Server, name: str) -> None:
        self.name = name
        self._server = server
        self.is_now(revision=1, parts={"overall": '<p id="overall">fine</p>'}, rows={"api": "up", "web": "up"})

    def is_now(self, **truth: object) -> dict[str, Any]:
        """Make this true in the database, and ask what the process has done so far."""
        status, body = self._server.fetch(f"/{self.name}/truth", truth)
        assert status == 200, body
        found: dict[str, Any] = json.loads(body)
        return found

    def changes(self, **truth: object) -> dict[str, Any]:
        """Make this true, and have the process told."""
        return self.is_now(**truth, advance=True)

    def comes_to_hold(self, seconds: float = 10, **expected: object) -> None:
        """Ask the process until it says so."""
        deadline = time.monotonic() + seconds
        while any((found := self.is_now())[name] != value for name, value in expected.items()):
            assert time.monotonic() < deadline, found

    def visitor(self, revision: int | None = 1, *, receive_buffer: int | None = None) -> Client:
        """A visitor who has seen this revision, and has been greeted (so it is in the room)."""
        query = "" if revision is None else f"?revision={revision}"
        client = self._server.client(receive_buffer=receive_buffer).open(f"/{self.name}/live{query}")
        assert client.receive_message().payload.startswith(b'{"beat"')
        return client

    def member(self) -> Client:
        client = self._server.open(f"/{self.name}/dashboard/live?revision=1", {"Origin": "http://localhost"})
        assert client.receive_message().payload.startswith(b'{"beat"')
        return client


@contextmanager
def gunicorn(**environment: str) -> Iterator[Server]:
    """Start gunicorn on a socket that listens already: whoever connects is served once it is up."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        command = [sys.executable, "-m", "gunicorn", "--config", "tests/live/gunicorn_conf.py"]
        command += ["--bind", f"fd://{listener.fileno()}", "tests.live.application:app"]
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, pass_fds=[listener.fileno()], start_new_session=True
        )
        port = listener.getsockname()[1]
    server = Server(process, port)
    try:
        yield server
    finally:
        server.hang_up()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Server]:
    with gunicorn() as running:
        yield running


@pytest.fixture
def server(shared_server: Server) -> Iterator[Server]:
    """One server for all tests that leave it as it was."""
    yield shared_server
    shared_server.hang_up()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of our own: what is done to it must not disturb anybody else's tests."""
    with EmbeddedServers(tmp_path_factory.mktemp("redis"), durable=False, with_postgres=False) as servers:
        yield servers.redis_url


@pytest.fixture
def page(server: Server) -> Page:
    return server.page()
