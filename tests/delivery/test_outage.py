"""When the provider, a worker or Redis is away: nobody is told twice, nobody is missed, nobody hears old news."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app import bells
from app.delivery import bell, sweeps
from app.delivery.sending import LEASE
from app.delivery.transports.resend import ResendTransport
from app.extensions import redis
from tests.builders import Team
from tests.delivery.conftest import Ledger, PostOffice
from tests.fakes.resend import FakeResend

ROOT = Path(__file__).parents[2]
LATER = sweeps.PATIENCE + timedelta(seconds=1)


def subscribe_many(team: Team, count: int) -> set[str]:
    return {team.subscriber(f"reader{number}@customer.example").email for number in range(count)}


def test_after_an_hour_without_the_provider_each_subscriber_gets_one_mail_with_the_present_state(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    readers = subscribe_many(team, 120)
    resend.behaviour.vanish_before = True
    incident = team.incident(message="It is down.")
    post.keep_trying(timedelta(minutes=20))
    team.update(incident, "identified", "We know why.")
    post.keep_trying(timedelta(minutes=20))
    team.resolve(incident, "It works again.")
    post.keep_trying(timedelta(minutes=20))

    resend.behaviour.vanish_before = False
    post.keep_trying(timedelta(minutes=10))

    assert sorted(resend.recipients) == sorted(readers)
    assert {mail["subject"].split("] ")[1] for mail in resend.accepted} == {"Resolved: Elevated error rates"}


def test_an_update_that_failed_for_an_hour_arrives_once_the_provider_is_back(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    readers = subscribe_many(team, 120)
    resend.behaviour.broken = True
    team.incident()
    post.keep_trying(timedelta(hours=1))

    resend.behaviour.broken = False
    post.keep_trying(timedelta(minutes=10))

    assert sorted(resend.recipients) == sorted(readers)


def test_a_batch_whose_answer_was_lost_is_not_sent_twice(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    readers = subscribe_many(team, 3)
    resend.behaviour.vanish_after = 1
    team.incident()

    post.keep_trying(timedelta(minutes=1))

    assert len(resend.requests) == 2
    assert sorted(resend.recipients) == sorted(readers)
    assert set(ledger.states().values()) == {"sent"}


def test_a_batch_that_was_accepted_too_slowly_is_not_sent_twice(
    team: Team, post: PostOffice, transport: ResendTransport, resend: FakeResend, app: Flask
) -> None:
    readers = subscribe_many(team, 3)
    resend.behaviour.hang = threading.Event()
    impatient = ResendTransport(
        api_key="re_test", api_url=resend.url, sender="a@up.example", pace=transport.pace, timeout_seconds=0.2
    )
    post.transport = impatient
    team.incident()
    post.tell()

    resend.behaviour.hang.set()
    resend.behaviour.hang = None
    post.keep_trying(timedelta(minutes=1))

    assert sorted(resend.recipients) == sorted(readers)


def test_a_worker_killed_while_the_provider_answers_leaves_nobody_out_and_tells_nobody_twice(
    team: Team, app: Flask, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    readers = subscribe_many(team, 150)
    resend.behaviour.hang = threading.Event()
    team.incident()
    with worker_process(app, resend) as worker:
        wait_until(lambda: len(resend.requests) == 2)
        kill_family(worker)
    resend.behaviour.hang.set()
    resend.behaviour.hang = None

    post.traveller.shift(LEASE + timedelta(seconds=1))
    post.send_due()

    assert sorted(resend.recipients) == sorted(readers)
    assert len(resend.requests) == 4
    assert set(ledger.states().values()) == {"sent"}


def test_when_redis_is_flushed_the_clock_rings_again(team: Team, post: PostOffice, resend: FakeResend) -> None:
    readers = subscribe_many(team, 120)
    team.incident()
    redis.flushdb()
    post.traveller.shift(LATER)
    sweeps.ring_for_events()
    post.answer_bells(bell.EVENTS)
    redis.flushdb()

    sweeps.ring_for_batches()
    post.answer_bells()

    assert sorted(resend.recipients) == sorted(readers)


def test_while_redis_is_away_the_clock_sends_by_itself(
    team: Team, post: PostOffice, resend: FakeResend, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = subscribe_many(team, 3)
    nowhere = Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setitem(app.extensions, "upfront.redis", nowhere)
    team.incident()
    post.traveller.shift(LATER)

    sweeps.ring_for_events()
    sweeps.ring_for_batches()

    assert sorted(resend.recipients) == sorted(readers)


def test_the_clock_rings_no_more_while_bells_wait(team: Team, post: PostOffice) -> None:
    subscribe_many(team, 3)
    team.incident()
    post.traveller.shift(LATER)

    sweeps.ring_for_events()
    sweeps.ring_for_events()

    assert bells.waiting(bell.EVENTS) == 1


def test_a_fan_out_that_was_cut_off_goes_on_where_it_stopped(
    team: Team, post: PostOffice, resend: FakeResend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.delivery.fan_out.CHUNK", 2)
    monkeypatch.setattr("app.delivery.jobs.CHUNKS_IN_A_ROW", 1)
    readers = subscribe_many(team, 5)
    team.incident()
    post.fan_out()
    redis.flushdb()
    post.traveller.shift(LATER)

    sweeps.ring_for_events()
    post.answer_bells()
    sweeps.ring_for_batches()
    post.answer_bells()

    assert sorted(resend.recipients) == sorted(readers)


@contextmanager
def worker_process(app: Flask, resend: FakeResend) -> Iterator[int]:
    """The real `worker.py`, sending to the fake: its process id. It is killed with its children when the block ends."""
    settings = app.extensions["upfront.settings"]
    environment = os.environ | {
        "APP_ENV": "testing",
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key,
        "BASE_URL": settings.base_url,
        "MAIL_TRANSPORT": "resend",
        "MAIL_FROM": "Northwind <status@up.example>",
        "RESEND_API_KEY": "re_test",
        "RESEND_API_URL": resend.url,
        "RESEND_REQUESTS_PER_SECOND": "100",
    }
    with subprocess.Popen([sys.executable, "worker.py"], cwd=ROOT, env=environment) as started:
        try:
            yield started.pid
        finally:
            kill_family(started.pid)


def kill_family(parent: int) -> None:
    """Kill a process and all that came from it, without a chance to tidy up."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    for child in children.read_text().split() if children.exists() else ():
        kill_family(int(child))
    with suppress(ProcessLookupError):
        os.kill(parent, signal.SIGKILL)


def wait_until(condition: Callable[[], bool]) -> None:
    """Return as soon as `condition` holds; fail after 20 seconds."""
    pause = threading.Event()
    for _ in range(2000):
        if condition():
            return
        pause.wait(0.01)
    pytest.fail("it did not happen within 20 seconds")
