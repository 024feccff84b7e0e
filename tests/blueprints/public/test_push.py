"""A browser that wants to be told: what its script sends, and what it gets."""

from dataclasses import replace

import pytest
from flask import Flask

from app.database.scope import organization_scope
from app.push.models import PushEndpoint
from app.subscribers.models import Subscriber
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team
from tests.fakes.push import FakeBrowser

ORIGIN = "http://127.0.0.1:9"


@pytest.fixture
def browser(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FakeBrowser:
    """One whose push service is on this machine."""
    settings = replace(app.extensions["upfront.settings"], push_services=(ORIGIN,))
    monkeypatch.setitem(app.extensions, "upfront.settings", settings)
    return FakeBrowser(ORIGIN, "ada")


def known(team: Team) -> list[str]:
    with organization_scope(team.actor(), read_only=True) as scope:
        return [one.url for one in scope.session.query(PushEndpoint)]


def test_a_browser_is_told_from_then_on_and_can_choose_of_what(team: Team, client: HttpBrowser, browser: FakeBrowser):
    answer = client.post(f"/{team.slug}/push", json=browser.subscription(), headers={"User-Agent": "Firefox/140 Linux"})

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert known(team) == [browser.endpoint]
    choices = client.get(answer.json["choices"])
    assert choices.status_code == 200
    assert "browser:" not in read(choices.text).one("main").text


def test_asked_again_it_is_the_same_subscriber(team: Team, client: HttpBrowser, browser: FakeBrowser):
    first, second = (client.post(f"/{team.slug}/push", json=browser.subscription()).json for _ in range(2))

    assert first == second
    assert known(team) == [browser.endpoint]


def test_a_browser_that_stops_is_forgotten(team: Team, client: HttpBrowser, browser: FakeBrowser):
    client.post(f"/{team.slug}/push", json=browser.subscription())

    answers = [client.post(f"/{team.slug}/push/forget", json={"endpoint": browser.endpoint}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    with organization_scope(team.actor(), read_only=True) as scope:
        assert scope.session.query(Subscriber).count() == 0


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [],
        "text",
        {"endpoint": "https://169.254.169.254/latest", "keys": {"p256dh": "x", "auth": "y"}},
        {"endpoint": f"{ORIGIN}/push/ada", "keys": None},
    ],
)
def test_anything_else_is_refused(team: Team, client: HttpBrowser, browser: FakeBrowser, sent: object):
    answer = client.post(f"/{team.slug}/push", json=sent, headers={"Accept": "application/json"})

    assert answer.status_code == 422
    assert known(team) == []


def test_what_is_no_json_is_refused(team: Team, client: HttpBrowser):
    assert client.post(f"/{team.slug}/push", data="{").status_code == 422
    assert client.post(f"/{team.slug}/push/forget", data="{").status_code == 204


def test_what_is_nested_without_end_is_refused(team: Team, client: HttpBrowser):
    sent = {"data": "[" * 100_000, "content_type": "application/json"}

    assert client.post(f"/{team.slug}/push", **sent).status_code == 422
    assert client.post(f"/{team.slug}/push/forget", **sent).status_code == 204


def test_the_worker_may_speak_for_its_page_alone(team: Team, client: HttpBrowser):
    answer = client.get(f"/{team.slug}/push-worker.js")

    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Service-Worker-Allowed"] == f"/{team.slug}/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert client.get("/nobody/push-worker.js").status_code == 404


def test_the_page_offers_it_to_scripts_alone(team: Team, client: HttpBrowser):
    box = read(client.get(f"/{team.slug}").text).one(id="push")

    assert "hidden" in box.attributes
    assert len(box.attributes["data-push-key"]) == 87
