"""How often one address may look for public things, and what happens while nobody can count."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute
from redis.exceptions import ConnectionError as RedisAway

from app.addresses.actions import move_page
from app.extensions import limiter
from app.mailboxes.actions import may_be_written_to
from app.mailboxes.rules import Asking
from app.web import limits
from tests.browsers import HttpBrowser
from tests.builders import Team


@pytest.fixture
def three_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MISSES", RateLimitItemPerMinute(3))


@pytest.fixture
def redis_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RedisAway("refused")

    monkeypatch.setattr(limiter.storage, "incr", fail)


@pytest.mark.usefixtures("three_a_minute")
def test_who_searches_for_ids_is_told_when_to_come_back(client: FlaskClient, team: Team):
    path = f"/northwind/incidents/{team.incident().id}"

    answers = [client.get(path) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "60"


@pytest.mark.usefixtures("three_a_minute")
def test_a_request_counts_once_on_a_private_page_too(client: FlaskClient, team: Team):
    path = f"/northwind/incidents/{team.incident().id}"
    team.close_page("networks", networks="127.0.0.0/8")

    assert [client.get(path).status_code == 429 for _ in range(4)] == [False, False, False, True]


@pytest.mark.usefixtures("three_a_minute")
def test_each_address_has_a_count_of_its_own(client: FlaskClient, team: Team):
    path = f"/northwind/incidents/{team.incident().id}"
    for _ in range(4):
        client.get(path)

    assert client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200


@pytest.mark.usefixtures("three_a_minute")
def test_the_page_itself_is_never_refused(client: FlaskClient, team: Team):
    assert {client.get("/northwind").status_code for _ in range(8)} == {200}
    assert {client.get("/api/northwind/status").status_code for _ in range(8)} == {200}


@pytest.mark.usefixtures("three_a_minute")
@pytest.mark.parametrize("path", ["/nobody", "/northwind/", "/northwind/push-worker.js"])
def test_what_is_never_kept_is_looked_for_a_few_times(client: FlaskClient, team: Team, path: str):
    assert [client.get(path).status_code == 429 for _ in range(4)] == [False, False, False, True]


def test_many_addresses_together_cannot_fill_a_page_with_browsers(
    client: FlaskClient, team: Team, monkeypatch: pytest.MonkeyPatch
):
    most = [(limit.amount, limit.get_expiry()) for limit in limits.ASKED_OF_PAGE]
    monkeypatch.setattr(limits, "ASKED_OF_PAGE", (RateLimitItemPerMinute(2),))
    visitors = [{"REMOTE_ADDR": f"192.0.2.{number}"} for number in range(3)]

    statuses = [client.post("/northwind/push", environ_base=visitor).status_code for visitor in visitors]

    assert statuses == [422, 422, 429]
    assert most == [(200, 60), (3_000, 3_600)]


@pytest.mark.parametrize("form", ["push", "subscribe", "incidents/{incident.id}/follow"])
def test_a_page_that_has_moved_has_one_count_for_all_its_addresses(
    client: FlaskClient, team: Team, monkeypatch: pytest.MonkeyPatch, form: str
):
    monkeypatch.setattr(limits, "ASKED_OF_PAGE", (RateLimitItemPerMinute(2),))
    form = form.format(incident=team.incident())
    move_page(team.page.page_id, "moved", by=team.actor())
    places = ["northwind", "moved", "northwind"]

    answers = [client.post(f"/{place}/{form}", environ_base={"REMOTE_ADDR": "192.0.2.7"}) for place in places]

    assert [answer.status_code for answer in answers] == [422, 422, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


@pytest.mark.usefixtures("redis_away")
def test_without_redis_the_public_side_is_open(client: FlaskClient, team: Team):
    incident, service = team.incident(), team.service()

    for path in ("", f"/incidents/{incident.id}", f"/services/{service.id}"):
        assert client.get(f"/northwind{path}").status_code == 200


@pytest.mark.usefixtures("redis_away")
def test_without_redis_nobody_can_subscribe_but_anybody_can_leave(client: FlaskClient, team: Team):
    ask = client.post("/northwind/subscribe", data={"email": "ada@customer.example"})
    leave = client.post("/northwind/unsubscribe/" + "0" * 32)

    assert (ask.status_code, leave.status_code) == (503, 404)


def test_counting_waits_for_redis_no_longer_than_anything_else(app: Flask):
    assert limiter.storage.storage.connection_pool is app.extensions["upfront.redis"].connection_pool


def test_whoever_subscribes_an_address_too_often_does_not_keep_it_from_being_invited(app: Flask):
    address = "ana@customer.example"

    asked = [may_be_written_to(Asking.CONFIRMATION, address) for _ in range(2)]
    invited = [limits.may_be_invited(address) for _ in range(11)]

    assert asked == [True, False]
    assert invited == [True] * 10 + [False]


def test_fifty_a_second_is_what_one_address_may_have_us_read():
    assert (limits.MISSES.amount, limits.MISSES.get_expiry()) == (50, 1)


@pytest.mark.usefixtures("three_a_minute")
def test_who_is_told_to_come_back_is_told_in_what_they_asked_for(client: FlaskClient, team: Team):
    team.close_page("networks", networks="127.0.0.0/8")  # what is private is never kept, so all of it is counted
    for _ in range(3):
        client.get("/northwind")

    page = client.get("/northwind")
    fragment = client.get("/northwind/fragments", headers={"HX-Request": "true"})
    document = client.get("/api/northwind/status")

    assert [one.status_code for one in (page, fragment, document)] == [429, 429, 429]
    assert {one.headers["Retry-After"] for one in (page, fragment, document)} == {"60"}
    assert page.text.lstrip().startswith("<!doctype html>")
    assert fragment.text.lstrip().startswith("<div")
    assert (document.mimetype, json.loads(document.data)["status"]) == ("application/problem+json", 429)


@pytest.mark.usefixtures("three_a_minute")
def test_on_a_page_it_is_told_in_the_look_of_the_page(client: FlaskClient, team: Team, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "REFUSALS", RateLimitItemPerMinute(2))
    path = f"/northwind/incidents/{team.incident().id}"
    for _ in range(3):
        client.get(path)

    refused = [client.get(path) for _ in range(3)]

    assert {(one.status_code, one.headers["Retry-After"]) for one in refused} == {(429, "60")}
    assert ["Northwind Cloud status" in one.text for one in refused] == [True, True, False], "each of them costs a look"
    assert "Too many requests" in refused[0].text
    assert 'href="/northwind"' in refused[0].text


@pytest.mark.usefixtures("three_a_minute")
def test_of_a_private_page_a_refusal_tells_nothing(client: FlaskClient, team: Team):
    team.close_page("password", password="open sesame")

    answers = [client.get("/northwind/history") for _ in range(4)]

    assert [one.status_code for one in answers] == [401, 401, 401, 429]
    assert "Northwind" not in answers[-1].text


@pytest.mark.usefixtures("redis_away")
def test_without_redis_nobody_new_is_let_in_or_written_to(client: HttpBrowser, team: Team):
    team.close_page("password", password="correct horse")
    home = "/dashboard/northwind"

    unlock = client.post("/northwind/unlock", data={"password": "correct horse"})
    sign_in = client.submit("/auth/sign-in")
    invite = team.founder.browser().submit(f"{home}/members/invitations", {"email": "a@x.example", "role": "viewer"})

    assert [one.status_code for one in (unlock, sign_in, invite)] == [503, 503, 503]
    assert team.founder.browser().get("/northwind").status_code == 200


@pytest.mark.usefixtures("three_a_minute")
def test_handshakes_are_counted_too(client: FlaskClient, team: Team, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "SOCKETS", RateLimitItemPerMinute(2))
    handshake = {
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==", "Origin": "http://localhost",
    }  # fmt: skip

    answers = [client.get("/northwind/live", base_url="ws://localhost", headers=handshake) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [501, 501, 429]  # 501: let in, by a server without sockets
    assert answers[-1].headers["Retry-After"] == "60"
