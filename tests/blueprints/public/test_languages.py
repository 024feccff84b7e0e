"""A page in several languages, from outside."""

import json
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client

from app.live.revisions import Revisions
from app.pages.cache import PageCache
from app.web.caching import shared_reads
from app.web.languages import language_variant, offers
from tests.blueprints.reading import read
from tests.builders import Team

GERMAN = {"Accept-Language": "de-CH, de;q=0.9, en;q=0.5"}


@pytest.fixture
def revisions() -> Revisions:
    """What a web process knows."""
    known = Revisions()
    known.confirm()
    return known


@pytest.fixture
def cached(app: Flask, revisions: Revisions) -> Client:
    """A web process with its cache."""
    return Client(PageCache(app, revisions, shared_reads(app), variant=language_variant))


def test_the_page_is_in_the_visitors_language(client: FlaskClient, team: Team):
    team.offer("de")
    team.incident("Errors", affects={team.service("API"): "partial_outage"})

    text = client.get("/northwind", headers=GERMAN).text

    assert '<html lang="de" dir="ltr"' in text
    for said in ("API: Teilausfall. Wir arbeiten daran.", "Wird untersucht", "Dienste", "Betrifft"):
        assert said in text
    strip = read(text).one("div", role="slider")
    assert strip.attributes["aria-label"] == "API, Tag für Tag"
    assert strip.attributes["aria-valuetext"] == "Heute: Teilausfall"


def test_a_page_in_one_language_does_not_look_at_the_browser(client: FlaskClient, team: Team):
    answer = client.get("/northwind", headers=GERMAN)

    assert '<html lang="en"' in answer.text
    assert "Accept-Language" not in answer.headers.get("Vary", "")
    assert "data-languages" not in answer.text


def test_the_foot_leads_to_the_other_languages(client: FlaskClient, team: Team):
    team.offer("de", "ja")

    document = read(client.get("/northwind?lang=ja").text)

    links = document.one("nav", **{"data-languages": "/northwind"}).all("a")
    assert [(link.text, link.attributes["href"], link.attributes["lang"]) for link in links] == [
        ("English", "?lang=en", "en"),
        ("Deutsch", "?lang=de", "de"),
        ("日本語", "?lang=ja", "ja"),
    ]
    assert links[2].attributes["aria-current"] == "true"
    alternates = {
        one.attributes["hreflang"]: one.attributes["href"]
        for one in document.all("link", rel="alternate")
        if "hreflang" in one.attributes
    }
    assert alternates == {
        "en": "http://localhost/northwind",
        "de": "http://localhost/northwind?lang=de",
        "ja": "http://localhost/northwind?lang=ja",
        "x-default": "http://localhost/northwind",
    }
    assert document.one("link", rel="canonical").attributes["href"] == "http://localhost/northwind?lang=ja"


def test_scripts_are_told_what_to_say(client: FlaskClient, team: Team):
    team.offer("fr")

    document = read(client.get("/northwind?lang=fr").text)

    words = json.loads(document.one("meta", name="words").attributes["content"])
    assert words["Partial outage"] == "Panne partielle"
    assert words["just now"] == "à l’instant"


def test_the_cache_keeps_one_answer_for_each_language(cached: Client, team: Team):
    team.offer("de")
    cached.get("/northwind")

    english, german, chosen, again = (
        cached.get("/northwind", headers={"Accept-Language": "en-GB"}),
        cached.get("/northwind", headers=GERMAN),
        cached.get("/northwind?lang=de", headers={"Accept-Language": "en-GB"}),
        cached.get("/northwind", headers={"Accept-Language": "de, xx;q=0.123"}),
    )

    assert '<html lang="en"' in english.text
    assert '<html lang="de"' in german.text
    assert german.data == chosen.data == again.data
    assert german.headers["Vary"] == "Accept-Encoding, Accept-Language"


def test_a_language_that_is_offered_anew_is_there_for_the_first_who_reads_it(
    cached: Client, revisions: Revisions, team: Team
):
    cached.get("/northwind")

    revisions.advance(team.id, team.offer("de").revision)
    first, others = (cached.get("/northwind", headers=headers) for headers in (GERMAN, {}))

    assert '<html lang="de"' in first.text
    assert '<html lang="en"' in others.text


def test_a_language_that_is_offered_no_more_is_gone_for_the_first_who_reads_it(
    cached: Client, revisions: Revisions, team: Team
):
    team.offer("de")
    cached.get("/northwind", headers=GERMAN)

    revisions.advance(team.id, team.offer().revision)

    assert '<html lang="en"' in cached.get("/northwind", headers=GERMAN).text


def test_a_page_that_nobody_has_asked_for_is_made_once_for_all_who_read_the_same(
    app: Flask, revisions: Revisions, team: Team
):
    team.offer("de")
    offers.forget_all()
    asked: list[str] = []

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        return app(environ, start_response)

    cached = Client(PageCache(answer, revisions, shared_reads(app), variant=language_variant))
    answers = [cached.get("/northwind", headers={"Accept-Language": accepted}) for accepted in ("de, en", "de-CH, fr")]

    assert len(asked) == 1
    assert answers[0].data == answers[1].data


def test_what_changes_is_told_in_the_language_of_each_page(client: FlaskClient, team: Team):
    team.offer("de")
    team.service("API")
    shown = team.page
    english, german = (client.get(f"/northwind/fragments?lang={word}&revision=0") for word in ("en", "de"))

    assert "All systems operational" in english.text
    assert "Alle Systeme in Betrieb" in german.text
    assert shown.languages == team.page.languages


def test_what_is_missing_is_said_in_the_visitors_language(client: FlaskClient):
    answer = client.get("/nobody", headers=GERMAN)

    assert answer.status_code == 404
    assert "Hier gibt es keine Seite" in answer.text
    assert "Accept-Language" in answer.headers["Vary"]


def test_a_form_is_answered_in_the_language_of_its_page(client: FlaskClient, team: Team):
    team.offer("de")

    answer = client.post("/northwind/subscribe?lang=de", data={"email": "ada"})

    assert "Eine E-Mail-Adresse sieht aus wie name@example.com." in answer.text
