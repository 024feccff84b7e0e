"""What each transport sends, and what it makes of the answers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.blueprints.dev.outbox import find_mail, newest_mails
from app.delivery.mail import Mail, MailBatch
from app.delivery.pace import Pace
from app.delivery.transports import BatchResult
from app.delivery.transports.outbox import OutboxTransport
from app.delivery.transports.resend import ResendTransport
from app.delivery.transports.smtp import SmtpTransport
from tests.fakes.resend import FakeResend
from tests.fakes.smtp import FakeSmtp, fake_smtp

SENDER = "Northwind Cloud <status@up.example>"


class NoPace(Pace):
    """It is always our turn; remembers how long everybody was to rest."""

    def __init__(self) -> None:
        self.rests: list[timedelta] = []
        self.wait: timedelta | None = None

    def wait_for_turn(self) -> timedelta | None:
        return self.wait

    def note_answer(self) -> None:
        pass

    def rest(self, duration: timedelta) -> None:
        self.rests.append(duration)


def make_batch(*addresses: str, key: str = "batch/1") -> MailBatch:
    return MailBatch(
        key,
        tuple(
            Mail(
                id=UUID(int=number),
                to=address,
                subject="[Northwind Cloud] Identified: Errors — “API”",
                html="<p>Errors</p>",
                text="Errors\n",
                headers={"List-Unsubscribe": "<https://up.example/u>"},
            )
            for number, address in enumerate(addresses, start=1)
        ),
    )


@pytest.fixture
def pace() -> NoPace:
    return NoPace()


@pytest.fixture
def by_resend(resend: FakeResend, pace: NoPace) -> ResendTransport:
    return ResendTransport(api_key="re_test", api_url=resend.url, sender=SENDER, pace=pace, timeout_seconds=5)


@pytest.fixture
def server() -> Iterator[FakeSmtp]:
    with fake_smtp() as running:
        yield running


@pytest.fixture
def by_smtp(server: FakeSmtp) -> SmtpTransport:
    return SmtpTransport(host="127.0.0.1", port=server.port, encrypted=False, sender=SENDER, timeout_seconds=5)


def sent_by(transport: ResendTransport, batch: MailBatch) -> BatchResult:
    (result,) = transport.send(batch)
    return result


def test_resend_gets_one_request_with_each_mail_in_it(by_resend: ResendTransport, resend: FakeResend) -> None:
    result = sent_by(by_resend, make_batch("ada@customer.example", "bob@customer.example"))

    assert result.sent == {0: "mail-0", 1: "mail-1"}
    assert [request.key for request in resend.requests] == ["batch/1"]
    assert resend.accepted[0] == {
        "from": SENDER,
        "to": ["ada@customer.example"],
        "subject": "[Northwind Cloud] Identified: Errors — “API”",
        "html": "<p>Errors</p>",
        "text": "Errors\n",
        "headers": {"List-Unsubscribe": "<https://up.example/u>"},
    }


def test_resend_answers_the_same_batch_again_without_sending_it(by_resend: ResendTransport, resend: FakeResend) -> None:
    first = sent_by(by_resend, make_batch("ada@customer.example"))
    second = sent_by(by_resend, make_batch("ada@customer.example"))

    assert first == second
    assert len(resend.accepted) == 1


def test_another_body_under_the_same_key_is_refused(by_resend: ResendTransport) -> None:
    sent_by(by_resend, make_batch("ada@customer.example"))

    result = sent_by(by_resend, make_batch("bob@customer.example"))

    assert result.refused == {0: "409: Same key, different body."}


@pytest.mark.parametrize(
    ("status", "name"),
    [(400, "validation_error"), (401, "missing_api_key"), (403, "invalid_api_key"), (422, "validation_error")],
)
def test_a_refusal_is_final(by_resend: ResendTransport, resend: FakeResend, status: int, name: str) -> None:
    resend.behaviour.answer_all = (status, {"name": name, "message": "No."})

    result = sent_by(by_resend, make_batch("ada@customer.example"))

    assert result.refused[0].startswith(f"{status}: ")
    assert result.later is None


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (408, "timeout"),
        (409, "concurrent_idempotent_requests"),
        (429, "daily_quota_exceeded"),
        (500, "application_error"),
        (503, "unavailable"),
    ],
)
def test_what_may_pass_is_tried_later(by_resend: ResendTransport, resend: FakeResend, status: int, name: str) -> None:
    resend.behaviour.answer_all = (status, {"name": name, "message": "Not now."})

    result = sent_by(by_resend, make_batch("ada@customer.example"))

    assert result.refused == {}
    assert result.later is not None
    assert result.later.reason == f"{status}: Not now."


def test_a_provider_that_is_away_is_tried_later(by_resend: ResendTransport, resend: FakeResend) -> None:
    resend.behaviour.vanish_before = True

    result = sent_by(by_resend, make_batch("ada@customer.example"))

    assert result.later is not None
    assert result.sent == {}


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("0.5", 0.5), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("soon", None), ("", None)]
)
def test_everybody_rests_as_long_as_the_provider_asks(
    by_resend: ResendTransport, resend: FakeResend, pace: NoPace, header: str, seconds: float | None
) -> None:
    resend.behaviour.requests_per_second = 0
    resend.behaviour.retry_after = header

    result = sent_by(by_resend, make_batch("ada@customer.example"))

    expected = None if seconds is None else timedelta(seconds=seconds)
    assert result.later is not None
    assert result.later.retry_after == expected
    assert pace.rests == ([] if expected is None else [expected])


def test_a_batch_that_has_to_wait_long_for_its_turn_is_given_back(
    by_resend: ResendTransport, resend: FakeResend, pace: NoPace
) -> None:
    pace.wait = timedelta(seconds=30)

    result = sent_by(by_resend, make_batch("ada@customer.example"))

    assert result.later is not None
    assert not result.later.asked
    assert resend.requests == []


def test_smtp_sends_each_mail_by_itself_over_one_connection(by_smtp: SmtpTransport, server: FakeSmtp) -> None:
    results = list(by_smtp.send(make_batch("ada@customer.example", "bob@customer.example")))

    assert [dict(result.sent) for result in results] == [
        {0: f"<{UUID(int=1)}@up.example>"},
        {1: f"<{UUID(int=2)}@up.example>"},
    ]
    assert server.connections == 1
    assert [mail["To"] for mail in server.accepted] == ["ada@customer.example", "bob@customer.example"]
    assert server.accepted[0]["Subject"] == "[Northwind Cloud] Identified: Errors — “API”"
    assert server.accepted[0]["List-Unsubscribe"] == "<https://up.example/u>"


def test_smtp_goes_on_after_an_address_that_is_refused(by_smtp: SmtpTransport, server: FakeSmtp) -> None:
    server.answers["ada@customer.example"] = "550 No such user"
    server.answers["bob@customer.example"] = "450 Mailbox busy"

    refused, later, sent = by_smtp.send(
        make_batch("ada@customer.example", "bob@customer.example", "eve@customer.example")
    )

    assert refused.refused == {0: "550: No such user"}
    assert later.later is not None
    assert later.later.reason == "450: Mailbox busy"
    assert list(sent.sent) == [2]


def test_smtp_keeps_what_was_sent_when_the_connection_breaks(by_smtp: SmtpTransport, server: FakeSmtp) -> None:
    server.break_off_after = 1

    first, second = by_smtp.send(make_batch("ada@customer.example", "bob@customer.example", "eve@customer.example"))

    assert list(first.sent) == [0]
    assert second.later is not None


def test_smtp_never_says_a_password_in_clear(server: FakeSmtp) -> None:
    transport = SmtpTransport(
        host="127.0.0.1",
        port=server.port,
        encrypted=False,
        sender=SENDER,
        timeout_seconds=5,
        username="up",
        password="secret",
    )

    (result,) = transport.send(make_batch("ada@customer.example"))

    assert result.later is not None
    assert "STARTTLS" in result.later.reason
    assert server.accepted == []


def test_a_mail_server_that_is_away_is_tried_later() -> None:
    transport = SmtpTransport(host="127.0.0.1", port=1, encrypted=False, sender=SENDER, timeout_seconds=1)

    (result,) = transport.send(make_batch("ada@customer.example"))

    assert result.later is not None


def test_the_outbox_keeps_a_mail_once_however_often_it_is_sent(tmp_path: Path) -> None:
    transport = OutboxTransport(folder=tmp_path / "outbox", sender=SENDER)

    for _ in range(2):
        list(transport.send(make_batch("ada@customer.example", "bob@customer.example")))

    kept = newest_mails(tmp_path / "outbox", limit=10)
    assert sorted(mail.to for mail in kept) == ["ada@customer.example", "bob@customer.example"]
    assert [mail.to for mail in newest_mails(tmp_path / "outbox", limit=10, to="Bob@customer.example")] == [
        "bob@customer.example"
    ]


def test_the_outbox_gives_back_what_was_sent(tmp_path: Path) -> None:
    list(OutboxTransport(folder=tmp_path, sender=SENDER).send(make_batch("ada@customer.example")))

    mail = find_mail(tmp_path, UUID(int=1))

    assert mail is not None
    assert (mail.subject, mail.text, mail.html) == (
        "[Northwind Cloud] Identified: Errors — “API”",
        "Errors\n",
        "<p>Errors</p>\n",
    )
    assert mail.headers["List-Unsubscribe"] == "<https://up.example/u>"
