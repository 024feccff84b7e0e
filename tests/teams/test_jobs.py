"""An acceptance happens exactly once, whatever dies, is lost, or comes twenty times."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context

import pytest
import time_machine
from flask import Flask
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, SimpleWorker
from sqlalchemy.orm import Session

from app.commands.clock import SWEEPS
from app.extensions import db
from app.teams import invitations
from app.teams.bell import ACCEPTANCES
from app.teams.invitations import Claimant
from app.teams.jobs import PATIENCE, take_up_acceptances
from app.teams.models import Invitation
from app.teams.rules import Standpoint
from app.teams.tokens import invitation_token
from tests.builders import Person, Team, World
from tests.teams.conftest import Entries, Kinds, Roles
from tests.together import run_together

TIMES = 5


@pytest.fixture
def ana(world: World) -> Person:
    return world.person("Ana Silva")


@pytest.fixture
def invitation(team: Team, ana: Person) -> Invitation:
    return team.invite(ana.email)


@pytest.fixture
def ask(invitation: Invitation, ana: Person) -> Callable[[], Standpoint]:
    """Ana presses the button."""
    token = invitation_token(invitation.id, invitation.sent_at)
    claimant = Claimant(ana.user_id, ana.email, ana.name, "192.0.2.9")
    return lambda: invitations.request_acceptance(token, claimant)


@pytest.fixture
def is_member(team: Team, ana: Person, roles: Roles) -> Callable[[], bool]:
    return lambda: roles(team).get(ana.user_id) == "editor"


def waiting(app: Flask) -> int:
    """Bells that no worker has answered."""
    return int(Queue(ACCEPTANCES, connection=app.extensions["upfront.rq_redis"]).count)


def answer_bells(app: Flask) -> None:
    """What a worker does."""
    connection = app.extensions["upfront.rq_redis"]
    SimpleWorker([Queue(ACCEPTANCES, connection=connection)], connection=connection).work(
        burst=True, logging_level="ERROR"
    )


@contextmanager
def later() -> Iterator[None]:
    """When the clock no longer waits for a worker."""
    with time_machine.travel(datetime.now(UTC) + 2 * PATIENCE):
        yield


def test_a_worker_answers_the_bell(app: Flask, ask: Callable[[], Standpoint], is_member: Callable[[], bool]):
    ask()
    before = is_member()

    answer_bells(app)

    assert not before
    assert is_member()


def test_twenty_requests_at_once_ask_once(
    app: Flask, team: Team, ask: Callable[[], Standpoint], is_member: Callable[[], bool], kinds: Kinds, entries: Entries
):
    run_together(app, [ask] * 20)
    bells = waiting(app)
    answer_bells(app)

    assert bells == 1
    assert is_member()
    assert kinds(team) == ["invitation.sent", "invitation.accept_requested", "invitation.accepted"]
    assert [entry.action for entry in entries(team)] == ["invitation.sent", "invitation.accepted"]


def test_twenty_workers_at_once_accept_once(
    app: Flask, team: Team, invitation: Invitation, ask: Callable[[], Standpoint], kinds: Kinds, entries: Entries
):
    ask()
    did: list[bool] = []

    run_together(app, [lambda: did.append(invitations.accept(team.id, invitation.id))] * 20)

    assert sorted(did) == [False] * 19 + [True]
    assert kinds(team).count("invitation.accepted") == 1
    assert [entry.action for entry in entries(team)].count("invitation.accepted") == 1


def test_asking_again_while_it_waits_changes_nothing(
    app: Flask, ask: Callable[[], Standpoint], is_member: Callable[[], bool]
):
    stands = [ask(), ask()]

    assert stands == [Standpoint.REQUESTED, Standpoint.REQUESTED]
    assert waiting(app) == 1


def test_asking_again_afterwards_says_that_it_is_done(
    app: Flask, team: Team, ask: Callable[[], Standpoint], kinds: Kinds
):
    ask()
    answer_bells(app)

    assert ask() is Standpoint.JOINED
    assert kinds(team).count("invitation.accept_requested") == 1


def test_a_worker_that_dies_before_its_commit_has_done_nothing_and_the_clock_takes_over(
    app: Flask,
    team: Team,
    invitation: Invitation,
    ask: Callable[[], Standpoint],
    is_member: Callable[[], bool],
    kinds: Kinds,
):
    ask()

    died = in_a_worker_that_dies_at_its_commit(lambda: invitations.accept(team.id, invitation.id))
    left_half = is_member() or "invitation.accepted" in kinds(team)
    with later():
        take_up_acceptances()

    assert died
    assert not left_half
    assert is_member()
    assert kinds(team).count("invitation.accepted") == 1


def in_a_worker_that_dies_at_its_commit(task: Callable[[], object]) -> bool:
    """Run it in a process that is killed (SIGKILL) once everything is written and before it is committed."""

    def work() -> None:
        db.engine.dispose(close=False)  # these connections are the parent's
        Session.commit = lambda self: (self.flush(), os.kill(os.getpid(), signal.SIGKILL))  # type: ignore[method-assign,assignment]
        task()

    process = get_context("fork").Process(target=work)
    process.start()
    process.join(30)
    return process.exitcode == -signal.SIGKILL


def test_redis_may_be_flushed_while_it_waits(app: Flask, ask: Callable[[], Standpoint], is_member: Callable[[], bool]):
    ask()
    app.extensions["upfront.redis"].flushall()

    answer_bells(app)
    lost = not is_member()
    with later():
        take_up_acceptances()

    assert lost
    assert is_member()


def test_redis_may_be_away_when_somebody_accepts(
    app: Flask, ask: Callable[[], Standpoint], is_member: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.extensions, "upfront.redis", Redis(port=1, retry=Retry(NoBackoff(), 0)))

    stands = ask()
    with later():
        take_up_acceptances()

    assert stands is Standpoint.REQUESTED
    assert is_member()


def test_the_clock_gives_workers_some_time(ask: Callable[[], Standpoint], is_member: Callable[[], bool]):
    ask()

    take_up_acceptances()

    assert not is_member()


def test_the_clock_and_a_worker_at_once_accept_once(
    app: Flask, team: Team, invitation: Invitation, ask: Callable[[], Standpoint], kinds: Kinds
):
    ask()

    with later():
        run_together(app, [take_up_acceptances, lambda: invitations.accept(team.id, invitation.id)] * TIMES)

    assert kinds(team).count("invitation.accepted") == 1


def test_the_clock_looks_every_few_seconds():
    assert {sweep.name: sweep.every_seconds for sweep in SWEEPS}["acceptances"] <= 5
