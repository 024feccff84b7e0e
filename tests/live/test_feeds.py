"""What visitors are told, seen from their end of the socket."""

import re
import time

import pytest

from tests.live.conftest import Page, Server
from tests.live.wire import PING, TEXT, frame

BAD = '<p id="overall">bad</p>'
BIG = '<p id="overall">' + "x" * 3_000_000 + "</p>"


def test_a_change_reaches_an_open_page_with_its_revision(page: Page) -> None:
    visitor = page.visitor(1)

    page.changes(revision=2, parts={"overall": BAD})

    told = visitor.receive_message().text
    assert told == f'<hx-partial hx-target="#overall" hx-swap="outerMorph">{BAD}</hx-partial><!--revision 2-->'


def test_only_the_piece_that_changed_is_sent(page: Page) -> None:
    visitor = page.visitor(1)

    page.changes(revision=2, rows={"api": "down", "web": "up"})

    told = visitor.receive_message().text
    assert (
        told == '<hx-partial hx-target="#api" hx-swap="outerMorph"><li id="api">down</li></hx-partial><!--revision 2-->'
    )


def test_a_list_that_grows_is_sent_whole(page: Page) -> None:
    visitor = page.visitor(1)

    page.changes(revision=2, rows={"api": "up", "web": "up", "mail": "up"})

    told = visitor.receive_message().text
    assert 'hx-target="#services"' in told
    assert "mail" in told


def test_a_change_that_this_page_does_not_show_is_told_as_a_revision_alone(page: Page) -> None:
    visitor = page.visitor(1)

    page.changes(revision=2)

    assert visitor.receive_message().text == "<!--revision 2-->"


@pytest.mark.parametrize("held", [1, None])
def test_who_comes_with_an_older_revision_gets_everything_at_once(page: Page, held: int | None) -> None:
    page.is_now(revision=2, parts={"overall": BAD})

    visitor = page.visitor(held)

    told = visitor.receive_message().text
    assert BAD in told
    assert 'hx-target="#services"' in told
    assert told.endswith("<!--revision 2-->")


@pytest.mark.parametrize("held", [1, 7])
def test_who_comes_with_the_newest_revision_or_a_newer_one_gets_nothing(page: Page, held: int) -> None:
    visitor = page.visitor(held)

    visitor.send(PING, b"anything before this?")

    assert visitor.receive().payload == b"anything before this?"


def test_a_claimed_revision_moves_nothing_on(page: Page) -> None:
    page.visitor(1_000_000)
    visitor = page.visitor(1)

    page.changes(revision=2, parts={"overall": BAD})

    assert visitor.receive_message().text.endswith("<!--revision 2-->")


def test_fifty_visitors_cost_one_rendering(page: Page) -> None:
    visitors = [page.visitor(1) for _ in range(50)]
    before = page.is_now()["renders"]

    page.changes(revision=2, parts={"overall": BAD})

    assert len({visitor.receive_message().payload for visitor in visitors}) == 1
    assert page.is_now()["renders"] == before + 1


def test_a_lost_push_is_made_good_by_looking(page: Page) -> None:
    visitor = page.visitor(1)

    page.is_now(revision=2, parts={"overall": BAD})

    assert visitor.receive_message().text.endswith("<!--revision 2-->")


def test_a_day_that_ends_is_told_without_any_change(page: Page) -> None:
    page.is_now(day_seconds=1)
    visitor = page.visitor(1)

    told = [visitor.receive_message().text for _ in range(3)]

    marks = [re.search(r"<!--revision 1 until (\d+)-->$", one) for one in told]
    days = [re.search(r'<p id="day">(\d+)</p>', one) for one in told]
    assert len({mark and mark[1] for mark in marks}) == 3
    assert [mark and int(mark[1]) - 1 for mark in marks] == [day and int(day[1]) for day in days]
    assert "overall" not in told[1]


def test_a_rendering_that_fails_is_tried_again(page: Page) -> None:
    visitor = page.visitor(1)
    page.changes(revision=2, is_broken=True)
    mended_at = time.monotonic()

    page.is_now(is_broken=False, parts={"overall": BAD})

    assert BAD in visitor.receive_message().text
    assert time.monotonic() - mended_at < 5


def test_whoever_watches_a_page_that_is_gone_is_let_go(page: Page) -> None:
    visitor = page.visitor(1)

    page.changes(revision=2, is_gone=True)

    assert visitor.receive_message().code == 1008


def test_a_slow_visitor_gets_the_newest_state_instead_of_a_queue(page: Page) -> None:
    slow, quick = page.visitor(1, receive_buffer=4096), page.visitor(1)
    for revision in range(2, 8):
        page.changes(revision=revision, parts={"overall": BIG.replace("x", str(revision))})
        quick.receive_message()

    messages = [slow.receive_message()]
    while not messages[-1].payload.endswith(b"<!--revision 7-->"):
        messages.append(slow.receive_message())

    assert messages[0].payload.endswith(b"<!--revision 2-->")
    assert len(messages) == 2
    assert b'hx-target="#services"' in messages[-1].payload  # all parts: who missed some must get all


def test_a_visitor_who_takes_nothing_is_cut_off(page: Page) -> None:
    stuck = page.visitor(1, receive_buffer=4096)
    page.changes(revision=2, parts={"overall": BIG})

    page.comes_to_hold(sockets=0)
    with pytest.raises(ConnectionError):
        stuck.receive()


def test_a_visitor_has_nothing_to_say(page: Page) -> None:
    visitor = page.visitor(1)

    visitor.send(TEXT, b"hello")

    assert visitor.receive_message().code == 1008


def test_a_chatterbox_does_not_keep_others_waiting(server: Server, page: Page) -> None:
    visitor = page.visitor(1)
    flood = frame(PING) * 200

    for _ in range(100):
        visitor.send_bytes(flood)

    assert server.fetch("/plain") == (200, b"plain")


def test_who_leaves_is_forgotten(page: Page) -> None:
    visitor = page.visitor(1)
    page.comes_to_hold(sockets=1)

    visitor.close()

    page.comes_to_hold(sockets=0)


def test_a_fault_of_ours_is_told_as_one(server: Server) -> None:
    client = server.open("/broken/live")

    assert client.receive_message().code == 1011


def test_who_polls_gets_all_parts_or_nothing(server: Server, page: Page) -> None:
    page.is_now(revision=2, parts={"overall": BAD})

    status, body = server.fetch(f"/{page.name}/fragments?revision=1")

    assert (status, body.endswith(b"<!--revision 2-->")) == (200, True)
    assert server.fetch(f"/{page.name}/fragments?revision=2") == (204, b"")


def test_who_polls_while_nothing_can_be_rendered_is_told_so(server: Server, page: Page) -> None:
    page.is_now(is_broken=True)

    status, _ = server.fetch(f"/{page.name}/fragments")

    page.is_now(is_broken=False)
    assert status == 503
