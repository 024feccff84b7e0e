"""Who is let in, who is let go, and how everybody leaves."""

import signal
from collections.abc import Iterator

import pytest

from tests.live.conftest import Page, Server, gunicorn
from tests.live.wire import CLOSE, PING, PONG, close_payload

SAME_ORIGIN: dict[str, str | None] = {"Origin": "http://localhost"}


@pytest.fixture(scope="module")
def narrow() -> Iterator[Server]:
    """A server with room for three sockets an address and two a page, that listens for a sign of life each second."""
    with gunicorn(PER_ADDRESS="3", PER_PAGE="2", PING_SECONDS="1", IDLE_SECONDS="2") as running:
        yield running


@pytest.fixture
def narrow_page(narrow: Server) -> Iterator[Page]:
    yield narrow.page()
    narrow.hang_up()
    narrow.page().comes_to_hold(sockets=0)


def test_a_page_of_another_site_may_not_listen(server: Server, page: Page) -> None:
    client = server.client()

    head = client.request(f"/{page.name}/live", {"Origin": "https://evil.example"})

    assert head.startswith("HTTP/1.1 403 ")


@pytest.mark.parametrize(("origin", "status"), [(None, 403), ("http://evil.example", 403), ("http://localhost", 101)])
def test_a_member_must_come_from_our_own_page(server: Server, page: Page, origin: str | None, status: int) -> None:
    client = server.client()

    head = client.request(f"/{page.name}/dashboard/live", {"Origin": origin})

    assert head.startswith(f"HTTP/1.1 {status} ")


def test_an_address_gets_only_so_many_sockets(narrow: Server, narrow_page: Page) -> None:
    narrow_page.visitor()
    narrow.page().visitor()
    narrow.page().visitor()

    head = narrow.client().request(f"/{narrow_page.name}/live")

    assert head.startswith("HTTP/1.1 429 ")


def test_a_page_gets_only_so_many_sockets(narrow: Server, narrow_page: Page) -> None:
    narrow_page.visitor()
    narrow_page.visitor()

    head = narrow.client().request(f"/{narrow_page.name}/live")

    assert head.startswith("HTTP/1.1 503 ")


def test_a_seat_that_was_left_is_free_again(narrow: Server, narrow_page: Page) -> None:
    narrow_page.visitor()
    narrow_page.visitor().close()
    narrow_page.comes_to_hold(sockets=1)

    head = narrow.client().request(f"/{narrow_page.name}/live")

    assert head.startswith("HTTP/1.1 101 ")


def test_who_answers_no_ping_is_let_go(narrow_page: Page) -> None:
    visitor = narrow_page.visitor()

    frames = [visitor.receive() for _ in range(2)]
    while frames[-1].opcode != CLOSE and len(frames) < 10:  # two seconds of a ping and a beat each
        frames.append(visitor.receive())

    assert frames[-1].code == 1001


def test_who_answers_pings_stays_and_hears_the_beat(narrow_page: Page) -> None:
    visitor = narrow_page.visitor()
    beats = 0

    while beats < 4:  # twice as long as silence would be borne
        found = visitor.receive()
        assert found.opcode != CLOSE
        if found.opcode == PING:
            visitor.send(PONG, found.payload)
        else:
            assert found.text == '{"beat": 1}'
            beats += 1


def test_a_process_that_ends_says_goodbye_and_is_gone_soon() -> None:
    with gunicorn() as server:
        visitor, silent = server.page().visitor(), server.page().visitor()

        server.process.send_signal(signal.SIGTERM)

        assert visitor.receive_message().code == 1001
        visitor.send(CLOSE, close_payload(1001))
        assert visitor.is_cut()
        assert silent.receive_message().code == 1001
        assert silent.is_cut()
        assert server.process.wait(20) == 0
