"""The load generator against a small server of its own: what it counts is what was answered."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest

from bench.load import ask, ask_once, fetch


class Server:
    """Answers every request with the next of its answers, in pieces."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies = bodies
        self.answered = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.threads = [Thread(target=self._serve)]
        self.threads[0].start()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(5)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                visitor, _ = self.listener.accept()
                thread = Thread(target=self._answer, args=(visitor,))
                self.threads.append(thread)
                thread.start()

    def _answer(self, visitor: socket.socket) -> None:
        with visitor, suppress(OSError):
            while visitor.recv(4096):
                body = self.bodies[self.answered % len(self.bodies)]
                self.answered += 1
                visitor.sendall(b"HTTP/1.1 200 OK\r\nX-Kind: small\r\nContent-Length: %d\r\n\r\n" % len(body))
                visitor.sendall(body)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(b"short", b"a longer body", b"")
    yield running
    running.close()


def test_every_answer_counts_once_however_long_it_is(server: Server):
    load = ask(server.port, "/", connections=2, seconds=0.05)

    assert load.requests == server.answered
    assert load.statuses == {200}
    assert len(load.latencies) == load.requests


def test_a_crowd_asks_once_each(server: Server):
    load = ask_once(server.port, "/", connections=7)

    assert load.requests == server.answered == 7


def test_the_size_of_an_answer_counts_its_head(server: Server):
    answer = fetch(server.port, "/")

    assert answer.body == b"short"
    assert answer.size == len(b"HTTP/1.1 200 OK\r\nX-Kind: small\r\nContent-Length: 5\r\n\r\nshort")
