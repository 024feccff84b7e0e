"""What the mail provider tells of mails after it took them: believed when signed, done once, in any order."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.audit.queries import Filters, list_entries
from app.database.audit import AuditEntry
from app.database.scope import organization_scope, system_scope
from app.delivery.models import Delivery, DeliveryBatch, ProviderReport
from app.delivery.reports import actions
from app.delivery.reports.rules import MOST_SOFT_BOUNCES
from app.subscribers.models import Subscriber
from tests.browsers import HttpBrowser
from tests.builders import Team, World
from tests.delivery.conftest import PostOffice
from tests.delivery.reports.signing import NEXT_SECRET, SECRET, key_of, payload, signed
from tests.fakes.resend import FakeResend

GONE = {"bounce": {"type": "Permanent", "message": "550 no such user"}}
FULL = {"bounce": {"type": "Transient", "subType": "MailboxFull", "message": "452 mailbox full"}}


@pytest.fixture(autouse=True)
def secret(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(app.extensions["upfront.settings"], resend_webhook_secrets=(key_of(SECRET), key_of(NEXT_SECRET)))
    monkeypatch.setitem(app.extensions, "upfront.settings", changed)


@pytest.fixture
def ada(team: Team, post: PostOffice) -> Subscriber:
    """A reader who was told of an incident; the provider calls that mail `mail-0`."""
    ada = team.subscriber("ada@customer.example")
    team.incident()
    post.tell()
    return ada


def report(client: HttpBrowser, kind: str, provider_id: str = "mail-0", message_id: str = "", **details: object) -> int:
    body = payload(kind, provider_id, **details)
    headers = signed(body, clock.now(), message_id=message_id or f"msg_{kind}_{provider_id}")
    return client.post("/webhooks/resend", data=body, headers=headers, content_type="application/json").status_code


def subscriber(team: Team, address: str = "ada@customer.example") -> Subscriber:
    with organization_scope(team.actor(), read_only=True) as scope:
        return scope.session.scalars(select(Subscriber).filter_by(organization_id=team.id, email=address)).one()


def delivery(team: Team, provider_id: str = "mail-0") -> Delivery:
    with organization_scope(team.actor(), read_only=True) as scope:
        return scope.session.scalars(select(Delivery).filter_by(provider_id=provider_id)).one()


def counts(team: Team) -> tuple[int, int]:
    with organization_scope(team.actor(), read_only=True) as scope:
        batch = scope.session.scalars(select(DeliveryBatch)).one()
        return batch.bounced, batch.complained


def test_a_mailbox_that_does_not_exist_is_quarantined_with_the_reason(
    team: Team, ada: Subscriber, client: HttpBrowser, post: PostOffice, resend: FakeResend
) -> None:
    assert report(client, "email.bounced", **GONE) == 200

    kept = subscriber(team)
    assert (kept.state.value, kept.quarantine_reason) == ("quarantined", "550 no such user")
    assert (delivery(team).fate, delivery(team).fate_reason, counts(team)) == ("bounced", "550 no such user", (1, 0))
    assert [entry.action for entry in list_entries(team.actor(), Filters(subject_id=kept.id), after=None).entries] == [
        "subscriber.quarantined"
    ]
    team.incident("Another")
    post.tell()
    assert len(resend.accepted) == 1


def test_whoever_calls_it_spam_is_never_written_to_again(
    team: Team, ada: Subscriber, client: HttpBrowser, post: PostOffice, resend: FakeResend
) -> None:
    report(client, "email.complained")
    # Whatever somebody may write into the row afterwards.
    with organization_scope(team.actor()) as scope:
        scope.session.execute(update(Subscriber).values(state="confirmed", quarantined_at=None, quarantine_reason=None))

    team.incident("Another")
    team.announcement(mail=True)
    post.tell()

    assert len(resend.accepted) == 1
    assert counts(team) == (0, 1)


def test_what_is_suppressed_between_fan_out_and_sending_is_not_sent(
    team: Team, ada: Subscriber, client: HttpBrowser, post: PostOffice, resend: FakeResend
) -> None:
    team.incident("Another")
    post.fan_out()

    report(client, "email.complained")
    post.send_due()

    assert len(resend.accepted) == 1


def test_a_full_mailbox_is_borne_until_it_is_full_every_time(
    team: Team, ada: Subscriber, client: HttpBrowser, post: PostOffice
) -> None:
    states = []
    for number in range(MOST_SOFT_BOUNCES):
        if number:
            team.incident(f"Number {number}")
            post.tell()
        report(client, "email.bounced", f"mail-{number}", **FULL)
        states.append(subscriber(team).state.value)

    assert states == ["confirmed"] * (MOST_SOFT_BOUNCES - 1) + ["quarantined"]
    assert subscriber(team).quarantine_reason == "5 mails in a row: 452 mailbox full"


def test_one_mail_that_arrives_ends_the_row(team: Team, ada: Subscriber, client: HttpBrowser, post: PostOffice) -> None:
    for number in range(MOST_SOFT_BOUNCES + 1):
        if number:
            team.incident(f"Number {number}")
            post.tell()
        if number == 2:
            report(client, "email.delivered", f"mail-{number}")
            actions.apply_waiting()
        else:
            report(client, "email.bounced", f"mail-{number}", **FULL)

    assert subscriber(team).state.value == "confirmed"


def test_arrived_and_late_is_written_down_by_the_clock(team: Team, ada: Subscriber, client: HttpBrowser) -> None:
    report(client, "email.delivery_delayed")
    report(client, "email.delivered")
    assert delivery(team).fate is None

    actions.apply_waiting()

    assert delivery(team).fate == "delivered"
    assert subscriber(team).state.value == "confirmed"


def test_the_log_does_not_keep_the_address_of_whose_mail_came_back(
    team: Team, ada: Subscriber, client: HttpBrowser
) -> None:
    report(client, "email.bounced", bounce={"type": "Permanent", "message": "550 <ada@customer.example> is unknown"})

    with organization_scope(team.actor(), read_only=True) as scope:
        entry = scope.session.scalars(select(AuditEntry).filter_by(action="subscriber.quarantined")).one()
    assert "ada@customer.example" not in f"{entry.subject_name} {entry.changes}"


def test_the_same_report_twice_is_one(team: Team, ada: Subscriber, client: HttpBrowser) -> None:
    first = report(client, "email.bounced", **GONE)
    since = subscriber(team).quarantined_at

    again = report(client, "email.bounced", **GONE)
    as_another = report(client, "email.bounced", message_id="msg_other", **GONE)

    assert (first, again, as_another) == (200, 200, 200)
    assert (counts(team), subscriber(team).quarantined_at) == ((1, 0), since)


def test_reports_out_of_order_leave_the_worst(team: Team, ada: Subscriber, client: HttpBrowser) -> None:
    report(client, "email.complained")
    report(client, "email.bounced", **GONE)
    report(client, "email.delivered")
    actions.apply_waiting()

    assert delivery(team).fate == "complained"
    assert subscriber(team).quarantine_reason == "They called our mail spam."
    assert counts(team) == (0, 1)


def test_a_report_that_comes_before_its_mail_is_written_down_waits_for_it(
    team: Team, client: HttpBrowser, post: PostOffice
) -> None:
    team.subscriber("ada@customer.example")
    assert report(client, "email.bounced", **GONE) == 200

    team.incident()
    post.tell()
    actions.apply_waiting()

    assert subscriber(team).state.value == "quarantined"


def test_a_report_on_another_organizations_mail_does_nothing_here(
    team: Team, world: World, ada: Subscriber, client: HttpBrowser, post: PostOffice
) -> None:
    other = world.team("Southwind")
    other.subscriber("ada@customer.example")
    other.incident()
    post.tell()

    report(client, "email.complained", "mail-1")

    assert subscriber(other).state.value == "quarantined"
    assert subscriber(team).state.value == "confirmed"


def test_a_report_on_no_mail_of_ours_has_no_effect(team: Team, ada: Subscriber, client: HttpBrowser) -> None:
    assert report(client, "email.bounced", "unknown", **GONE) == 200
    assert report(client, "email.opened") == 200
    actions.apply_waiting()

    assert subscriber(team).state.value == "confirmed"
    assert delivery(team).fate is None


@pytest.mark.parametrize("wrong", ["secret", "body", "none", "old"])
def test_what_is_not_signed_by_the_provider_is_refused(
    team: Team, ada: Subscriber, client: HttpBrowser, wrong: str
) -> None:
    body = payload("email.complained")
    other = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA=="
    at = clock.now() - timedelta(minutes=6 if wrong == "old" else 0)
    headers = signed(body, at, secret=other if wrong == "secret" else SECRET) if wrong != "none" else {}

    answer = client.post("/webhooks/resend", data=body + b" " * (wrong == "body"), headers=headers)

    assert answer.status_code == 401
    assert subscriber(team).state.value == "confirmed"
    with system_scope("a test looks for what was kept") as scope:
        assert scope.session.scalars(select(ProviderReport)).all() == []


def test_while_a_secret_is_changed_the_new_one_is_believed_too(client: HttpBrowser) -> None:
    body = payload("email.delivered")

    assert (
        client.post("/webhooks/resend", data=body, headers=signed(body, clock.now(), secret=NEXT_SECRET)).status_code
        == 200
    )


def test_signed_nonsense_is_heard_and_has_no_effect(client: HttpBrowser) -> None:
    for body in (b"", b"{", b"[]", b'{"type": 1, "data": []}', b"\xff"):
        assert client.post("/webhooks/resend", data=body, headers=signed(body, clock.now())).status_code == 200


def test_what_is_too_large_is_not_even_read(client: HttpBrowser) -> None:
    body = b"x" * (64 * 1024 + 1)

    assert client.post("/webhooks/resend", data=body, headers=signed(body, clock.now())).status_code == 413


def test_without_a_secret_there_is_nothing_here(
    app: Flask, client: HttpBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = replace(app.extensions["upfront.settings"], resend_webhook_secrets=())
    monkeypatch.setitem(app.extensions, "upfront.settings", without)

    assert client.post("/webhooks/resend", data=b"{}").status_code == 404


def test_reports_are_forgotten_after_a_week(client: HttpBrowser, post: PostOffice) -> None:
    report(client, "email.delivered")
    post.traveller.shift(actions.KEPT + timedelta(minutes=1))

    actions.forget_old()

    with system_scope("a test looks for what was kept") as scope:
        assert scope.session.scalars(select(ProviderReport)).all() == []
