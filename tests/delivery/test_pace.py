"""Turns at the provider: one bucket for all, and what happens without Redis."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.delivery.pace import LONGEST_WAIT, MOST_LOOKS, SHARE, SPARE, Pace


class Sleeps(list[float]):
    """Stands in for sleeping: remembers for how long it should have been."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def make_pace(redis: Redis, sleep: Sleeps, *, per_second: float = 5, api_key: str = "re_1") -> Pace:
    return Pace(redis, provider="resend", api_key=api_key, requests_per_second=per_second, sleep=sleep)


@pytest.fixture
def shared(app: Flask) -> Redis:
    redis: Redis = app.extensions["upfront.redis"]
    return redis


def test_the_first_turn_is_at_once_and_the_next_a_little_slower_than_the_limit(shared: Redis) -> None:
    sleeps = Sleeps()
    pace = make_pace(shared, sleeps)

    for _ in range(3):
        assert pace.wait_for_turn() is None

    interval = 1 / (5 * SHARE)
    assert sleeps == pytest.approx([interval, 2 * interval], abs=0.05)


def test_all_who_use_the_same_key_share_its_turns(shared: Redis) -> None:
    sleeps = [Sleeps() for _ in range(4)]
    paces = [make_pace(shared, sleep, per_second=100) for sleep in sleeps]
    threads = [threading.Thread(target=lambda pace=pace: [pace.wait_for_turn() for _ in range(25)]) for pace in paces]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Nobody really sleeps, so the last of the hundred turns lies almost a hundred intervals ahead: not twenty-five.
    assert 50 / (100 * SHARE) < max(max(sleep) for sleep in sleeps) < 100 / (100 * SHARE)


def test_who_would_be_one_too_many_in_a_second_waits_once_more(shared: Redis) -> None:
    sleeps = Sleeps()
    pace = make_pace(shared, sleeps, per_second=2)
    pace.wait_for_turn()
    pace.wait_for_turn()
    sleeps.clear()

    # Nobody really sleeps, so those two went just now, whenever their turn was.
    pace.wait_for_turn()

    assert sleeps[1:] == pytest.approx([SPARE] * (MOST_LOOKS - 1), abs=0.2)


def test_who_finds_the_room_taken_by_others_again_and_again_goes_when_there_is_some(shared: Redis) -> None:
    turns = 20
    sleeps = Sleeps()
    pace = make_pace(shared, sleeps, per_second=2)
    others = make_pace(shared, Sleeps(), per_second=2)

    def sleep_while_others_go(seconds: float) -> None:
        sleeps.append(seconds)
        [gone] = [key for key in shared.keys("pace:*") if key.endswith(b":gone")]
        shared.delete(gone)
        if len(sleeps) < turns:
            assert others._go() <= 0
            assert others._go() <= 0

    others._go()
    others._go()
    pace._sleep = sleep_while_others_go
    pace.wait_for_turn()

    assert len(sleeps) == turns


def test_a_request_that_was_held_up_counts_from_when_it_came_at_the_latest(shared: Redis) -> None:
    pace = make_pace(shared, Sleeps(), per_second=2)
    pace.wait_for_turn()
    pace.note_answer()  # at once: so quick the provider can be
    pace.wait_for_turn()
    gone = next(key for key in shared.keys("pace:*") if key.endswith(b":gone"))
    name, went = shared.zrange(gone, -1, -1, withscores=True)[0]
    shared.zincrby(gone, -400_000, name)  # it went a while ago, and is answered only now

    pace.note_answer()

    assert (shared.zscore(gone, name) or 0) >= went


def test_who_is_late_goes_at_once_where_there_is_room(shared: Redis) -> None:
    sleeps = Sleeps()
    pace = make_pace(shared, sleeps, per_second=10)
    pace.wait_for_turn()
    turns = next(key for key in shared.keys("pace:*") if not key.endswith(b":gone"))
    shared.decrby(turns, 400_000)

    for _ in range(3):
        pace.wait_for_turn()

    assert sleeps == []


def test_another_key_has_its_own_turns(shared: Redis) -> None:
    sleeps = Sleeps()

    make_pace(shared, sleeps, per_second=0.1).wait_for_turn()
    make_pace(shared, sleeps, per_second=0.1, api_key="re_2").wait_for_turn()

    assert sleeps == []


def test_a_turn_too_far_away_is_not_taken(shared: Redis) -> None:
    sleeps = Sleeps()
    pace = make_pace(shared, sleeps, per_second=0.1)
    pace.wait_for_turn()

    first, second = pace.wait_for_turn(), pace.wait_for_turn()

    assert first is not None
    assert second is not None
    assert LONGEST_WAIT < second <= first
    assert sleeps == []


def test_everybody_rests_when_the_provider_asks_for_it(shared: Redis) -> None:
    sleeps = Sleeps()
    make_pace(shared, sleeps).rest(timedelta(seconds=30))

    wait = make_pace(shared, sleeps).wait_for_turn()

    assert wait is not None
    assert wait.total_seconds() == pytest.approx(30, abs=1)


def test_the_api_key_itself_is_not_in_redis(shared: Redis) -> None:
    make_pace(shared, Sleeps(), api_key="re_secret").wait_for_turn()

    assert shared.keys("pace:*")
    assert not shared.keys("*re_secret*")


def test_without_redis_the_pace_is_slow_but_goes_on() -> None:
    sleeps = Sleeps()
    nowhere = Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    pace = make_pace(nowhere, sleeps)

    for _ in range(3):
        assert pace.wait_for_turn() is None

    assert sleeps == pytest.approx([0.8, 1.6, 2.4], abs=0.2)
