"""Somebody outside: a browser, and the mailbox that our mails end up in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import clock
from app.database.outbox import Event
from app.database.scope import system_scope
from app.delivery import jobs, sending
from app.delivery.mail import Mail, MailBatch
from app.delivery.notify import TOLD_KINDS
from app.delivery.transports import BatchResult
from app.extensions import limiter
from app.subscribers.models import Subscriber
from app.web.stamps import new_stamp
from tests.builders import Team

ADA = "ada@customer.example"


@dataclass
class Mailbox:
    """Everybody's: a transport that keeps what it is given, and the work of worker and clock done by hand."""

    mails: list[Mail] = field(default_factory=list)

    def send(self, batch: MailBatch) -> Iterator[BatchResult]:
        self.mails.extend(batch.mails)
        yield BatchResult(sent={place: str(mail.id) for place, mail in enumerate(batch.mails)})

    def receive(self) -> list[Mail]:
        """Whatever is to be sent by now arrives; returns what is new."""
        before = len(self.mails)
        with system_scope("a test does the worker's work") as scope:
            waiting = scope.session.scalars(
                select(Event).where(Event.dispatched_at.is_(None), Event.kind.in_(TOLD_KINDS)).order_by(Event.id)
            ).all()
        for event in waiting:
            jobs.fan_out(str(event.organization_id), str(event.id))
        while sending.send_next(lambda channel: self):
            pass
        return self.mails[before:]

    def link(self, mail: Mail, part: str) -> str:
        """The path of the mail's link that has `part` in it."""
        found = re.search(rf"http://localhost(/[^\s>]*/{part}/[^\s>]+)", mail.text)
        assert found is not None, mail.text
        return urlsplit(found[1]).path


def ask(client: FlaskClient, address: str = ADA, slug: str = "northwind", **fields: str) -> TestResponse:
    with client.application.app_context():
        form = {"email": address, "stamp": stamp_of_a_person(), **fields}
    return client.post(f"/{slug}/subscribe", data=form)


def stamp_of_a_person() -> str:
    """What a form carries that somebody took five seconds to fill in."""
    with time_machine.travel(clock.now() - timedelta(seconds=5), tick=False):
        return new_stamp()


def confirm(client: FlaskClient, mailbox: Mailbox, address: str = ADA) -> str:
    """Subscribe and confirm; returns the path of the link that did it."""
    ask(client, address)
    (mail,) = mailbox.receive()
    link = mailbox.link(mail, "subscribe/confirm")
    assert client.post(link).status_code == 200
    return link


def subscribers() -> list[Subscriber]:
    with system_scope("a test looks at subscribers") as scope:
        return list(scope.session.scalars(select(Subscriber).order_by(Subscriber.id)))


def manage_path(team: Team, mailbox: Mailbox) -> str:
    """The link to their preferences, from the mail about an incident."""
    team.incident()
    mail = next(mail for mail in mailbox.receive() if "List-Unsubscribe" in mail.headers)
    return mailbox.link(mail, "subscribe")


@pytest.fixture
def mailbox(app: Flask) -> Mailbox:
    return Mailbox()


@pytest.fixture(autouse=True)
def _without_limits(app: Flask):
    """Who asks often is told so; that has a test of its own."""
    limiter.enabled = False
    yield
    limiter.enabled = True
