"""From an address in a box to a confirmed subscriber, over HTTP and by mail."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.database.scope import system_scope
from app.extensions import db, limiter
from app.subscribers.rules import SubscriberState
from tests.blueprints.public.conftest import (
    ADA,
    Mailbox,
    ask,
    confirm,
    manage_path,
    stamp_of_a_person,
    subscribers,
)
from tests.builders import Team, World
from tests.counting import counted

START = datetime(2026, 11, 21, 9, 20, tzinfo=UTC)


def test_an_address_is_subscribed_once_its_owner_confirms(client: FlaskClient, team: Team, mailbox: Mailbox):
    answer = ask(client)
    (mail,) = mailbox.receive()
    link = mailbox.link(mail, "subscribe/confirm")
    opened = client.get(link)
    pressed = client.post(link)

    assert answer.status_code == 200
    assert "Check your inbox" in answer.text
    assert (mail.to, mail.subject) == (ADA, "[Northwind Cloud] Confirm that you want status updates")
    assert opened.status_code == 200
    assert "Confirm your address" in opened.text
    assert pressed.status_code == 200
    assert "You are subscribed" in pressed.text


def test_nobody_is_told_before_confirming(client: FlaskClient, team: Team, mailbox: Mailbox):
    ask(client)
    mailbox.receive()

    team.incident("Elevated error rates")

    assert mailbox.receive() == []


def test_who_confirmed_is_told(client: FlaskClient, team: Team, mailbox: Mailbox):
    confirm(client, mailbox)

    team.incident("Elevated error rates")

    (mail,) = mailbox.receive()
    assert (mail.to, mail.subject) == (ADA, "[Northwind Cloud] Investigating: Elevated error rates")


def test_opening_the_link_confirms_nothing(client: FlaskClient, team: Team, mailbox: Mailbox):
    ask(client)
    (mail,) = mailbox.receive()

    client.get(mailbox.link(mail, "subscribe/confirm"))

    assert [one.state for one in subscribers()] == [SubscriberState.PENDING]


def test_confirming_twice_says_so_and_changes_nothing(client: FlaskClient, team: Team, mailbox: Mailbox):
    link = confirm(client, mailbox)
    before = [(one.state, one.confirmed_at) for one in subscribers()]

    again, opened = client.post(link), client.get(link)

    assert (again.status_code, opened.status_code) == (200, 200)
    assert "You are subscribed" in again.text
    assert "You are subscribed" in opened.text
    assert [(one.state, one.confirmed_at) for one in subscribers()] == before


def test_a_link_works_for_a_day(client: FlaskClient, team: Team, mailbox: Mailbox):
    with time_machine.travel(START, tick=False) as traveller:
        ask(client)
        (mail,) = mailbox.receive()
        link = mailbox.link(mail, "subscribe/confirm")
        traveller.shift(timedelta(hours=24) - timedelta(seconds=1))

        assert client.post(link).status_code == 200


def test_a_link_older_than_a_day_leads_to_asking_again(client: FlaskClient, team: Team, mailbox: Mailbox):
    with time_machine.travel(START, tick=False) as traveller:
        ask(client)
        (mail,) = mailbox.receive()
        link = mailbox.link(mail, "subscribe/confirm")
        traveller.shift(timedelta(hours=24))

        answers = [client.get(link), client.post(link)]

        assert [answer.status_code for answer in answers] == [410, 410]
        assert "This link no longer works" in answers[1].text
        assert "/northwind#subscribe" in answers[1].text
        assert [one.state for one in subscribers()] == [SubscriberState.PENDING]


def test_a_later_mail_replaces_the_link_of_an_earlier_one(client: FlaskClient, team: Team, mailbox: Mailbox):
    with time_machine.travel(START, tick=False) as traveller:
        ask(client)
        (first,) = mailbox.receive()
        traveller.shift(timedelta(minutes=15))
        ask(client)
        (second,) = mailbox.receive()

        old = client.post(mailbox.link(first, "subscribe/confirm"))
        new = client.post(mailbox.link(second, "subscribe/confirm"))

    assert (old.status_code, new.status_code) == (404, 200)


def test_an_address_gets_one_confirmation_mail_in_a_quarter_of_an_hour(
    client: FlaskClient, team: Team, mailbox: Mailbox
):
    with time_machine.travel(START, tick=False) as traveller:
        for _ in range(3):
            ask(client)
            traveller.shift(timedelta(minutes=5) - timedelta(seconds=1))

    assert len(mailbox.receive()) == 1


def test_who_left_may_come_back_and_hears_of_everything(client: FlaskClient, team: Team, mailbox: Mailbox):
    api = team.service("API")
    with time_machine.travel(START, tick=False) as traveller:
        confirm(client, mailbox)
        manage = manage_path(team, mailbox)
        client.post(manage, data={"kinds": "incidents", "scope": "some", "services": str(api.id)})
        client.post(manage.replace("subscribe", "unsubscribe"))
        traveller.shift(timedelta(minutes=15))

        confirm(client, mailbox)

    (subscriber,) = subscribers()
    assert (subscriber.state, subscriber.all_services) == (SubscriberState.CONFIRMED, True)


def test_a_confirmation_under_way_is_void_once_its_owner_unsubscribes(
    client: FlaskClient, team: Team, mailbox: Mailbox
):
    link = confirm(client, mailbox)
    client.post(manage_path(team, mailbox).replace("subscribe", "unsubscribe"))

    answer = client.post(link)

    assert answer.status_code == 404
    assert [one.state for one in subscribers()] == [SubscriberState.UNSUBSCRIBED]


def test_the_answer_tells_nothing_of_the_address(client: FlaskClient, team: Team, mailbox: Mailbox):
    """New, pending, confirmed and left: the same bytes after the same statements."""
    answers, statements = [], []
    with time_machine.travel(START, tick=False) as traveller:

        def measure() -> None:
            traveller.shift(timedelta(minutes=20))
            with counted() as count:
                answers.append(ask(client))
            statements.append(len(count))

        measure()
        measure()
        mailbox.receive()
        client.post(mailbox.link(mailbox.mails[-1], "subscribe/confirm"))
        measure()
        client.post(manage_path(team, mailbox).replace("subscribe", "unsubscribe"))
        measure()

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1
    assert len(set(statements)) == 1


def test_it_takes_as_long_whether_an_address_is_known(client: FlaskClient, team: Team):
    """Coarsely: a machine has other things to do. That the statements are the same is shown above."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number in range(12):
        team.subscriber(f"known{number}@customer.example")

    for number in range(12):
        for known in (True, False):
            began = perf_counter()
            ask(client, f"{'known' if known else 'unknown'}{number}@customer.example")
            seconds[known].append(perf_counter() - began)

    assert 0.4 < min(seconds[True]) / min(seconds[False]) < 2.5


def test_a_confirmed_address_stays_confirmed_when_somebody_asks_for_it(
    client: FlaskClient, team: Team, mailbox: Mailbox
):
    link = confirm(client, mailbox)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        ask(client)

        assert [one.state for one in subscribers()] == [SubscriberState.CONFIRMED]
        assert "You are subscribed" in client.post(link).text


def test_the_database_holds_hashes_only(client: FlaskClient, team: Team, mailbox: Mailbox):
    link = confirm(client, mailbox)
    secrets = {link.rpartition("/")[2], manage_path(team, mailbox).rpartition("/")[2]}

    with system_scope("a test searches every table for tokens") as scope:
        for table in db.metadata.sorted_tables:
            for row in scope.session.execute(select(table)):
                assert not any(secret in str(value) for secret in secrets for value in row), table.name


@pytest.mark.parametrize(
    "typed", ["ADA@Customer.Example", "  ada@customer.example \t", "ada@customer.example\r\n", "Ada@CUSTOMER.EXAMPLE "]
)
def test_an_address_is_one_however_it_is_written(client: FlaskClient, team: Team, mailbox: Mailbox, typed: str):
    ask(client)

    ask(client, typed)

    assert [one.email for one in subscribers()] == [ADA]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "@customer.example",
        "ada@",
        "ada@localhost",
        "a da@customer.example",
        "ada@customer.example, eve@evil.example",
        "ada@customer.example\r\nBcc: eve@evil.example",
        "ada@customer.example\nBcc:eve@evil.example",
        "ada@customer.example%0aBcc:eve@evil.example",
        "<ada@customer.example>",
        "ada@customer..example",
        "ada@-customer.example",
        "ada@[192.0.2.1]",
        "ada@192.0.2.1",
        ".ada@customer.example",
        '"ada"@customer.example',
        "a" * 65 + "@customer.example",
        "ada@" + "a." * 130 + "example",
        "ada\x00@customer.example",
        "ädä@customer.example",
    ],
)
def test_what_is_no_address_is_refused_beside_the_field(client: FlaskClient, team: Team, mailbox: Mailbox, typed: str):
    answer = ask(client, typed)

    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert subscribers() == []
    assert mailbox.receive() == []


def test_a_script_gets_the_box_alone(client: FlaskClient, team: Team):
    stamp = stamp_of_a_person()
    sent = client.post("/northwind/subscribe", data={"email": ADA, "stamp": stamp}, headers={"HX-Request": "true"})
    refused = client.post("/northwind/subscribe", data={"email": "ada"}, headers={"HX-Request": "true"})

    assert sent.status_code == 200
    assert sent.text.lstrip().startswith('<section id="subscribe"')
    assert refused.status_code == 422
    assert refused.text.lstrip().startswith('<section id="subscribe"')


def test_who_fills_in_the_hidden_field_gets_the_answer_and_nothing_else(
    client: FlaskClient, team: Team, mailbox: Mailbox
):
    robot = ask(client, homepage="https://spam.example")
    kept = subscribers()

    assert kept == []
    assert robot.data == ask(client).data
    assert len(mailbox.receive()) == 1


def test_another_site_cannot_subscribe_its_visitors(client: FlaskClient, team: Team):
    answer = client.post("/northwind/subscribe", data={"email": ADA}, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert subscribers() == []


def test_asking_needs_no_cookie_and_sets_none(team: Team, app: Flask):
    answer = ask(app.test_client(use_cookies=False))

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_a_page_that_is_not_there_takes_no_subscribers(client: FlaskClient, team: Team):
    assert ask(client, slug="nobody").status_code == 404


def test_each_organization_keeps_its_own_subscribers(client: FlaskClient, team: Team, world: World, mailbox: Mailbox):
    other = world.team("Contoso", "contoso")
    with time_machine.travel(START, tick=False) as traveller:
        confirm(client, mailbox)
        traveller.shift(timedelta(minutes=15))

        ask(client, slug="contoso")
        other.incident("Theirs")
        mails = mailbox.receive()

    assert [mail.subject for mail in mails] == ["[Contoso] Confirm that you want status updates"]
    assert len(subscribers()) == 2


def test_a_token_opens_nothing_at_another_organization(client: FlaskClient, team: Team, world: World, mailbox: Mailbox):
    world.team("Contoso", "contoso")
    ask(client)
    (mail,) = mailbox.receive()
    foreign = mailbox.link(mail, "subscribe/confirm").replace("northwind", "contoso")
    unknown = "/contoso/subscribe/confirm/" + "0" * 32

    answers = [client.get(foreign), client.post(foreign), client.get(unknown), client.post(unknown)]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert [one.state for one in subscribers()] == [SubscriberState.PENDING]


def test_twenty_at_once_make_one_subscriber_and_one_mail(app: Flask, team: Team, mailbox: Mailbox):
    def subscribe(_: int) -> int:
        return ask(app.test_client()).status_code

    with ThreadPoolExecutor(20) as threads:
        codes = set(threads.map(subscribe, range(20)))

    assert codes == {200}
    assert len(subscribers()) == 1
    assert len(mailbox.receive()) == 1


def test_pages_with_a_secret_address_are_kept_by_nobody(client: FlaskClient, team: Team, mailbox: Mailbox):
    ask(client)
    (mail,) = mailbox.receive()

    answer = client.get(mailbox.link(mail, "subscribe/confirm"))

    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_who_asks_too_often_is_told_when_to_come_back(client: FlaskClient, team: Team):
    limiter.enabled = True

    answers = [ask(client, f"reader{number}@customer.example") for number in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1].headers["Retry-After"] == "60"


def test_many_pages_together_do_not_flood_a_mailbox(client: FlaskClient, world: World, mailbox: Mailbox):
    for number in range(3):
        world.team(f"Team No {number}", f"team-no-{number}")

    answers = [ask(client, slug=f"team-no-{number}") for number in range(3)]
    other = ask(client, "grace@customer.example", slug="team-no-0")

    assert {answer.status_code for answer in [*answers, other]} == {200}
    assert [mail.to for mail in mailbox.receive()].count(ADA) == 1
    assert len(subscribers()) == 2
    assert answers[-1].text == answers[0].text.replace("no-0", "no-2").replace("No 0", "No 2")
