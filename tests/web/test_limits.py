"""How often one address may look for public things, and what happens while nobody can count."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute
from redis.exceptions import ConnectionError as RedisAway

from app.extensions import limiter
from app.mailboxes.actions import may_be_written_to
from app.mailboxes.rules import Asking
from app.web import limits
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
def test_each_address_has_a_count_of_its_own(client: FlaskClient, team: Team):
    path = f"/northwind/incidents/{team.incident().id}"
    for _ in range(4):
        client.get(path)

    assert client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200


@pytest.mark.usefixtures("three_a_minute")
def test_the_page_itself_is_never_refused(client: FlaskClient, team: Team):
    assert {client.get("/northwind").status_code for _ in range(8)} == {200}
    assert {client.get("/api/northwind/status").status_code for _ in range(8)} == {200}


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
