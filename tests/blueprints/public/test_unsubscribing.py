"""Leaving: by the button on our page, and by the one in a mail program (RFC 8058)."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import limiter
from app.subscribers.rules import SubscriberState
from app.web.origin import MACHINE_ENDPOINTS
from tests.blueprints.public.conftest import ADA, Mailbox, confirm, subscribers
from tests.builders import Team, World


@pytest.fixture
def way_out(client: FlaskClient, team: Team, mailbox: Mailbox) -> str:
    """The path that the header of Ada's mails names."""
    confirm(client, mailbox)
    team.incident("First")
    (mail,) = mailbox.receive()
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return mail.headers["List-Unsubscribe"].removeprefix("<http://localhost").removesuffix(">")


def test_the_button_ends_it(client: FlaskClient, team: Team, mailbox: Mailbox, way_out: str):
    opened, pressed = client.get(way_out), client.post(way_out)
    team.incident("Second")

    assert "Unsubscribe?" in opened.text
    assert pressed.status_code == 200
    assert "You are unsubscribed" in pressed.text
    assert ADA in pressed.text
    assert mailbox.receive() == []


def test_opening_the_link_ends_nothing(client: FlaskClient, way_out: str):
    client.get(way_out)

    assert [one.state for one in subscribers()] == [SubscriberState.CONFIRMED]


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_mail_program_does_it_in_one_request(app: Flask, way_out: str, content_type: str):
    """From no page of ours, without cookie, and without being sent on (RFC 8058 §3.1, §3.2)."""
    program = app.test_client(use_cookies=False)

    answer = program.post(
        way_out,
        data={"List-Unsubscribe": "One-Click"},
        content_type=content_type,
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"},
    )

    assert answer.status_code == 200
    assert [one.state for one in subscribers()] == [SubscriberState.UNSUBSCRIBED]


def test_the_mail_programs_way_is_the_one_that_passes_the_origin_check(app: Flask, way_out: str):
    with app.test_request_context(way_out, method="POST") as context:
        assert context.request.endpoint in MACHINE_ENDPOINTS


def test_twice_is_once(client: FlaskClient, way_out: str):
    client.post(way_out)
    before = [(one.state, one.unsubscribed_at) for one in subscribers()]

    again, opened = client.post(way_out), client.get(way_out)

    assert (again.status_code, opened.status_code) == (200, 200)
    assert "You are unsubscribed" in opened.text
    assert [(one.state, one.unsubscribed_at) for one in subscribers()] == before


def test_the_page_offers_to_come_back(client: FlaskClient, way_out: str):
    assert "/northwind#subscribe" in client.post(way_out).text


def test_leaving_has_no_limit(client: FlaskClient, way_out: str):
    limiter.enabled = True

    assert {client.post(way_out).status_code for _ in range(100)} == {200}


def test_another_organization_does_not_know_the_link(client: FlaskClient, world: World, way_out: str):
    world.team("Contoso", "contoso")
    foreign, unknown = way_out.replace("northwind", "contoso"), "/contoso/unsubscribe/" + "0" * 32

    answers = [client.get(foreign), client.post(foreign), client.get(unknown), client.post(unknown)]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert [one.state for one in subscribers()] == [SubscriberState.CONFIRMED]
