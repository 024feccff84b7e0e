"""A provider to send to, and a post office that does by hand what workers and clock do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask, current_app
from rq import Queue, SimpleWorker
from sqlalchemy import select

from app import clock
from app.database.outbox import Event
from app.database.scope import Scope, system_scope
from app.delivery import jobs, sending
from app.delivery.bell import QUEUES
from app.delivery.models import Delivery, DeliveryBatch, Notification
from app.delivery.notices import TOLD_KINDS
from app.delivery.pace import Pace
from app.delivery.rules import DeliveryState
from app.delivery.transports import Transport, chosen
from app.delivery.transports.resend import ResendTransport
from tests.fakes.resend import FakeResend, fake_resend


@pytest.fixture
def resend() -> Iterator[FakeResend]:
    """Resend, as far as we rely on it."""
    with fake_resend() as running:
        yield running


@pytest.fixture
def transport(app: Flask, resend: FakeResend, monkeypatch: pytest.MonkeyPatch) -> ResendTransport:
    """Sends to the fake, as fast as a test wants; it is also what jobs send by."""
    pace = Pace(app.extensions["upfront.redis"], provider="resend", api_key="re_test", requests_per_second=100_000)
    made = ResendTransport(
        api_key="re_test", api_url=resend.url, sender="Northwind <status@up.example>", pace=pace, timeout_seconds=5
    )
    monkeypatch.setitem(app.extensions, chosen.EXTENSION, made)
    return made


@dataclass
class PostOffice:
    """Fans out and sends within the test, one step at a time."""

    transport: Transport
    traveller: time_machine.Traveller

    def waiting_events(self) -> list[Event]:
        """Events that somebody is to be told of and nobody has taken up, oldest first."""
        with system_scope("a test looks for the clock's work") as scope:
            waiting = select(Event).where(Event.dispatched_at.is_(None), Event.kind.in_(TOLD_KINDS))
            return list(scope.session.scalars(waiting.order_by(Event.revision)))

    def take_up(self, organization_id: UUID, event_id: UUID) -> None:
        jobs.fan_out(str(organization_id), str(event_id))

    def fan_out(self) -> None:
        """Turn all waiting events into deliveries."""
        for event in self.waiting_events():
            self.take_up(event.organization_id, event.id)

    def send_one(self) -> bool:
        return sending.send_next(lambda channel: self.transport)

    def send_due(self) -> int:
        """Send until nothing is due; returns how many batches were taken."""
        taken = 0
        while self.send_one():
            taken += 1
        return taken

    def answer_bells(self, *names: str) -> None:
        """What a worker does: answer until no bell (of these queues) is left."""
        connection = current_app.extensions["upfront.rq_redis"]
        queues = [Queue(name, connection=connection) for name in names or QUEUES]
        SimpleWorker(queues, connection=connection).work(burst=True, logging_level="ERROR")

    def tell(self) -> None:
        """Everything there is to do at this moment."""
        self.fan_out()
        self.send_due()

    def keep_trying(self, duration: timedelta) -> None:
        """Let time go by, doing every so often, some twenty times, what is to be done."""
        end, step = clock.now() + duration, max(duration / 20, timedelta(seconds=30))
        while clock.now() < end:
            self.tell()
            self.traveller.shift(step)


@pytest.fixture
def post(transport: ResendTransport) -> Iterator[PostOffice]:
    """The post office, in a time of its own that it can move on."""
    with time_machine.travel(datetime.now(UTC)) as traveller:
        yield PostOffice(transport, traveller)


@dataclass
class Ledger:
    """What is written down."""

    def deliveries(self) -> list[Delivery]:
        with system_scope("a test reads the ledger") as scope:
            return list(scope.session.scalars(select(Delivery).order_by(Delivery.id)))

    def batches(self) -> list[DeliveryBatch]:
        with system_scope("a test reads the ledger") as scope:
            return list(scope.session.scalars(select(DeliveryBatch).order_by(DeliveryBatch.id)))

    def notifications(self) -> list[Notification]:
        with system_scope("a test reads the ledger") as scope:
            return list(scope.session.scalars(select(Notification).order_by(Notification.revision)))

    def states(self) -> dict[str, str]:
        """Address → state of its newest delivery."""
        return {delivery.address: delivery.state.value for delivery in self.deliveries()}


def count_again(scope: Scope) -> None:
    """Have the batches know what tests wrote into their deliveries by hand."""
    for batch in scope.session.scalars(select(DeliveryBatch)):
        of_batch = scope.session.scalars(select(Delivery).filter_by(batch_id=batch.id)).all()
        batch.sent, batch.failed, batch.superseded = (
            sum(one.state is state for one in of_batch)
            for state in (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SUPERSEDED)
        )
        batch.last_sent_at = max((one.sent_at for one in of_batch if one.sent_at), default=None)


@pytest.fixture
def ledger(app: Flask) -> Ledger:
    return Ledger()
