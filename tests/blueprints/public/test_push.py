"""A browser that wants to be told: what its script sends, and what it gets."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask

from app import clock
from app.access.links import request_link
from app.access.models import AccessLink
from app.access.rules import GRANT_LIFETIME
from app.access.tokens import link_token
from app.database.scope import organization_scope
from app.push.models import PushEndpoint
from app.subscribers.models import Subscriber
from app.subscribers.queries import get_by_manage_token
from app.subscribers.rules import NewsKind
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


def test_it_is_told_of_what_it_has_chosen_before(team: Team, client: HttpBrowser, browser: FakeBrowser):
    team.offer("de")
    api = team.service("API")
    choices = {"kinds": ["maintenance"], "scope": ["some"], "services": [str(api.id)], "language": ["de"]}

    answer = client.post(f"/{team.slug}/push", json=browser.subscription() | {"choices": choices})
    client.post(f"/{team.slug}/push", json=browser.subscription())  # as with each visit

    chosen = get_by_manage_token(team.page, answer.json["choices"].rpartition("/")[2]).choices
    assert (chosen.all_services, chosen.services) == (False, {api.id})
    assert chosen.kinds == {NewsKind.MAINTENANCE}
    assert chosen.language == "de"


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"scope": ["all"]}, "mindestens eine Art"),
        ({"scope": ["some"], "kinds": ["incidents"]}, "mindestens einen Dienst"),
        ({"scope": "all", "kinds": [{}]}, ""),
        ({"scope": ["some"], "kinds": ["incidents"], "services": [str(UUID(int=7))]}, ""),
    ],
)
def test_a_choice_that_cannot_be_is_refused_in_words(
    team: Team, client: HttpBrowser, browser: FakeBrowser, choices: object, words: str
):
    team.offer("de")

    answer = client.post(f"/{team.slug}/push?lang=de", json=browser.subscription() | {"choices": choices})

    assert answer.status_code == 422
    assert words in " ".join(answer.json["faults"])
    assert known(team) == []


def test_the_fields_offer_what_a_subscriber_by_mail_is_offered(team: Team, client: HttpBrowser):
    team.offer("de")
    api = team.service("API", team.group("Platform"))

    fields = read(client.get(f"/{team.slug}/push/choices?lang=de").text)

    assert [box.attributes["value"] for box in fields.all("input", name="kinds")] == [kind.value for kind in NewsKind]
    assert [box.attributes["value"] for box in fields.all("input", name="services")] == [str(api.id)]
    assert len(fields.all("input", name="groups")) == 1
    assert [one.attributes["value"] for one in fields.one("select").all("option")] == ["", "en", "de"]
    assert fields.one("option", selected="").attributes["value"] == "de"


def test_an_address_that_its_push_service_replaces_keeps_the_choices(
    team: Team, client: HttpBrowser, browser: FakeBrowser
):
    choices = {"kinds": ["incidents"], "scope": ["all"]}
    first = client.post(f"/{team.slug}/push", json=browser.subscription() | {"choices": choices}).json
    fresh = FakeBrowser(ORIGIN, "ada-anew")

    second = client.post(f"/{team.slug}/push", json=fresh.subscription() | {"replaces": browser.endpoint}).json

    assert first == second
    assert known(team) == [fresh.endpoint]
    assert get_by_manage_token(team.page, second["choices"].rpartition("/")[2]).choices.kinds == {NewsKind.INCIDENTS}


def test_a_browser_is_told_until_when_a_list_lets_it_in(team: Team, client: HttpBrowser, browser: FakeBrowser):
    refused = team.close_page("addresses", addresses="@customer.example") and client.post(
        f"/{team.slug}/push", json=browser.subscription()
    )
    request_link(team.page, "ada@customer.example")
    with organization_scope(team.actor()) as scope:
        link = scope.session.query(AccessLink).one()
        token = link_token(link.id, link.requested_at)
    client.post(f"/{team.slug}/unlock/{token}")

    answer = client.post(f"/{team.slug}/push", json=browser.subscription())

    assert refused.status_code == 401
    assert datetime.fromisoformat(answer.json["until"]) - clock.now() > GRANT_LIFETIME - timedelta(minutes=1)


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
