"""What one process learns from Redis, and what it does when Redis says nothing."""

import json
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from app.live.stream import REVISIONS_CHANNEL, SESSIONS_CHANNEL
from tests.live.application import organization
from tests.live.conftest import Page, Server, gunicorn

BAD = '<p id="overall">bad</p>'


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture(scope="module")
def listening_server(redis_url: str) -> Iterator[Server]:
    with gunicorn(REDIS_URL=redis_url) as running:
        yield running


@pytest.fixture
def listening(listening_server: Server, redis: Redis) -> Iterator[Page]:
    """A page of a server that has subscribed."""
    subscribes(redis)
    yield listening_server.page()
    listening_server.hang_up()


def subscribes(redis: Redis) -> None:
    """Wait until one process listens."""
    deadline = time.monotonic() + 10
    while redis.pubsub_numsub(REVISIONS_CHANNEL) != [(REVISIONS_CHANNEL, 1)]:
        assert time.monotonic() < deadline


def push(redis: Redis, page: Page, revision: int) -> None:
    told = {"organization_id": str(organization(page.name)), "revision": revision, "event_id": "1"}
    redis.publish(REVISIONS_CHANNEL, json.dumps(told))


def test_a_push_reaches_an_open_page(redis: Redis, listening: Page) -> None:
    visitor = listening.visitor(1)
    listening.is_now(revision=2, parts={"overall": BAD}, is_hidden=True)

    push(redis, listening, 2)

    assert visitor.receive_message().text.endswith("<!--revision 2-->")


def test_one_subscription_serves_the_whole_process(redis: Redis, listening: Page) -> None:
    for _ in range(5):
        listening.visitor(1)

    assert redis.pubsub_numsub(REVISIONS_CHANNEL, SESSIONS_CHANNEL) == [(REVISIONS_CHANNEL, 1), (SESSIONS_CHANNEL, 1)]


def test_a_broken_subscription_is_renewed(redis: Redis, listening: Page) -> None:
    visitor = listening.visitor(1)
    renders = listening.is_now(revision=2, parts={"overall": BAD}, is_hidden=True)["renders"]
    deadline = time.monotonic() + 10

    redis.client_kill_filter(_type="pubsub")
    while listening.is_now()["renders"] == renders:  # what is pushed before it listens again is lost
        push(redis, listening, 2)
        assert time.monotonic() < deadline

    assert visitor.receive_message().text.endswith("<!--revision 2-->")


@pytest.mark.parametrize("nonsense", ["", "{", "[]", "7", '{"organization_id": "x", "revision": 1}', "{}", b"\xff"])
def test_a_message_that_makes_no_sense_is_left(redis: Redis, listening: Page, nonsense: str | bytes) -> None:
    visitor = listening.visitor(1)
    listening.is_now(revision=2, parts={"overall": BAD}, is_hidden=True)

    redis.publish(REVISIONS_CHANNEL, nonsense)
    redis.publish(SESSIONS_CHANNEL, nonsense)
    push(redis, listening, 2)

    assert visitor.receive_message().text.endswith("<!--revision 2-->")


def test_a_push_that_is_late_or_comes_twice_changes_nothing(redis: Redis, listening: Page) -> None:
    visitor = listening.visitor(1)
    listening.changes(revision=3, parts={"overall": BAD}, is_hidden=True)
    visitor.receive_message()

    for revision in (2, 3, 3):
        push(redis, listening, revision)
    listening.is_now(revision=4)
    push(redis, listening, 4)

    assert visitor.receive_message().text == "<!--revision 4-->"


@pytest.mark.parametrize("key", ["session_id", "user_id"])
def test_signing_out_closes_a_members_sockets_at_once(redis: Redis, listening: Page, key: str) -> None:
    member = listening.member()
    listening.is_now(is_signed_out=True)
    begun_at = time.monotonic()

    redis.publish(SESSIONS_CHANNEL, json.dumps({key: f"{key.removesuffix('_id')}-{listening.name}"}))

    assert member.receive_message().code == 1008
    assert time.monotonic() - begun_at < 5


def test_who_is_still_allowed_stays_when_another_session_ends(redis: Redis, listening: Page) -> None:
    member = listening.member()

    redis.publish(SESSIONS_CHANNEL, json.dumps({"user_id": f"user-{listening.name}"}))
    listening.comes_to_hold(asked=1)
    listening.changes(revision=2, parts={"overall": BAD})

    assert member.receive_message().text.endswith("<!--revision 2-->")


def test_what_was_told_while_the_subscription_was_broken_still_closes_a_members_sockets(
    redis: Redis, listening: Page
) -> None:
    member = listening.member()
    listening.is_now(is_signed_out=True)
    begun_at = time.monotonic()

    redis.client_kill_filter(_type="pubsub")

    assert member.receive_message().code == 1008
    assert time.monotonic() - begun_at < 5
    subscribes(redis)


def test_without_any_redis_a_members_sockets_close_in_time_too(server: Server) -> None:
    page = server.page()
    member = page.member()
    begun_at = time.monotonic()

    page.is_now(is_signed_out=True)

    assert member.receive_message().code == 1008
    assert time.monotonic() - begun_at < 5
