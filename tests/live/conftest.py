"""A real gunicorn with one gevent worker for the tests of the live part."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.wire import Client

ROOT = Path(__file__).parents[2]


class Server:
    """A running gunicorn."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process = process
        self.port = port
        self._clients: list[Client] = []

    def client(self, *, receive_buffer: int | None = None) -> Client:
        """A TCP connection; `hang_up` closes it."""
        made = Client(self.port, receive_buffer=receive_buffer)
        self._clients.append(made)
        return made

    def hang_up(self) -> None:
        """Close all clients."""
        while self._clients:
            self._clients.pop().close()

    def open(self, path: str) -> Client:
        return self.client().open(path)


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
    try:
        yield Server(process, port)
    finally:
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
