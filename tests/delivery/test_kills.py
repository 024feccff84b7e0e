"""A worker may die at any moment, and Redis forget everything: nobody is missed, and nobody told twice.

The moments here are all statements, commits and requests of a notice to 1,000. What dies there leaves its transaction
undone and its bell answered by nobody, as if the process were gone; `test_outage` kills a real one.
"""

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from rq import Queue
from rq.job import Job
from sqlalchemy import event, text

from app.database.scope import organization_scope
from app.delivery import bell, sweeps
from app.delivery.mail import BATCH_SIZE
from app.delivery.sending import LEASE
from app.delivery.transports import resend as resend_transport
from app.extensions import db, redis
from app.subscribers.models import Subscriber
from tests.builders import Team
from tests.counting import counted
from tests.delivery.conftest import Ledger, PostOffice
from tests.fakes.resend import FakeResend

READERS = 1_000
DEATHS = 20
LONGEST_LIFE = 24
"""Moments; a batch has about a dozen."""


class Killed(BaseException):
    """No `except Exception` is reached by a SIGKILL either."""


class Fate:
    """Counts the moments of a life, and ends it at the one it is told."""

    def __init__(self) -> None:
        self.left = -1

    def pass_moment(self, *_: object) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1


@pytest.fixture
def fate(monkeypatch: pytest.MonkeyPatch, team: Team) -> Iterator[Fate]:
    fate = Fate()
    ask = resend_transport._Connection.request

    def request(*args: object, **kwargs: object) -> object:
        fate.pass_moment()
        answer = ask(*args, **kwargs)  # type: ignore[arg-type]
        fate.pass_moment()
        return answer

    monkeypatch.setattr(resend_transport._Connection, "request", request)
    listening = [(name, fate.pass_moment) for name in ("before_cursor_execute", "commit")]
    for name, listener in listening:
        event.listen(db.engine, name, listener)
    yield fate
    for name, listener in listening:
        event.remove(db.engine, name, listener)


def subscribe_many(team: Team) -> None:
    """One builder's subscriber, and the others like them."""
    team.subscriber("reader1@customer.example")
    own = {
        "id": "gen_random_uuid()",
        "email": "'reader' || number || '@customer.example'",
        "manage_token_hash": "sha256(number::text::bytea)",
    }
    columns = [column.name for column in Subscriber.__table__.columns if column.computed is None]
    values = ", ".join(own.get(name, name) for name in columns)
    with organization_scope(team.actor()) as scope:
        scope.session.execute(
            text(
                f"INSERT INTO subscribers ({', '.join(columns)})"
                f" SELECT {values} FROM subscribers, generate_series(2, :readers) AS number"
            ),
            {"readers": READERS},
        )


def test_a_batch_of_a_hundred_takes_nine_statements(team: Team, post: PostOffice, resend: FakeResend) -> None:
    subscribe_many(team)
    team.incident()
    post.fan_out()

    with counted() as statements:
        batches = post.send_due()

    assert (batches, len(resend.recipients)) == (READERS // BATCH_SIZE, READERS)
    assert len(statements) <= 9 * batches + 2, "more than a tenth of a statement for each mail"


def live(fate: Fate, moments: int = -1) -> None:
    """What a worker does with the bells that it hears, until there is none, or until it dies after so many moments.

    A bell that it has taken is gone with it. The clock, a process of its own, rings before.
    """
    sweeps.ring_for_events()
    sweeps.ring_for_batches()
    connection = redis._get_current_object()  # type: ignore[attr-defined]
    queues = [Queue(name, connection=connection) for name in bell.QUEUES]
    fate.left = moments
    try:
        while waiting := next((queue for queue in queues if queue.count), None):
            job = Job.fetch(waiting.pop_job_id() or "", connection=connection)
            job.func(*job.args)
    finally:
        fate.left = -1


def test_a_worker_killed_at_twenty_random_points_and_a_redis_that_forgets_leave_nobody_out(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger, fate: Fate
) -> None:
    subscribe_many(team)
    chance = random.Random(8137)
    team.incident()

    for death in range(DEATHS):
        if death == DEATHS // 2:
            redis.flushdb()
        with pytest.raises(Killed):
            live(fate, chance.randrange(LONGEST_LIFE))
        post.traveller.shift(LEASE + timedelta(seconds=1))
    live(fate)

    assert sorted(resend.recipients) == sorted(f"reader{number}@customer.example" for number in range(1, READERS + 1))
    assert set(ledger.states().values()) == {"sent"}
    assert sum(batch.sent for batch in ledger.batches()) == READERS
