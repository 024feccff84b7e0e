"""A page for readers of feeds: both kinds are XML that says the same, message by message."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
import time_machine
from flask.testing import FlaskClient

from app.incidents.actions import edit_update
from app.maintenance.actions import cancel_maintenance
from app.text import plain
from tests.builders import Team, World

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def time():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def atom(client: FlaskClient, path: str = "/northwind/feed.atom") -> ET.Element:
    answer = client.get(path)
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    return ET.fromstring(answer.data)


def rss(client: FlaskClient) -> ET.Element:
    answer = client.get("/northwind/feed.rss")
    assert answer.content_type == "application/rss+xml; charset=utf-8"
    return ET.fromstring(answer.data).find("channel")


def titles(feed: ET.Element) -> list[str]:
    return [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]


def test_each_message_is_an_entry_of_its_own_the_newest_first(
    client: FlaskClient, team: Team, time: time_machine.Traveller
):
    incident = team.incident("Errors <on> the API & more", affects={team.service("API"): "partial_outage"})
    time.shift(timedelta(minutes=10))
    team.update(incident, "identified", "It is the **router**.")

    feed = atom(client)

    assert titles(feed) == ["Identified: Errors <on> the API & more", "Investigating: Errors <on> the API & more"]
    newest = feed.find(f"{ATOM}entry")
    assert newest.findtext(f"{ATOM}published") == "2026-11-02T09:10:00Z"
    assert newest.find(f"{ATOM}link").attrib["href"] == f"http://localhost/northwind/incidents/{incident.id}"
    assert newest.findtext(f"{ATOM}content").strip() == "<p>It is the <strong>router</strong>.</p><p>Affects API</p>"
    assert feed.findtext(f"{ATOM}updated") == "2026-11-02T09:10:00Z"


def test_what_somebody_named_a_service_is_no_element(client: FlaskClient, team: Team):
    team.incident("Slow", affects={team.service("<script>alert(1)</script>"): "partial_outage"})

    content = atom(client).find(f"{ATOM}entry").findtext(f"{ATOM}content")

    assert "<script" not in content
    assert "Affects &lt;script&gt;alert(1)&lt;/script&gt;" in content


def test_both_kinds_tell_the_same(client: FlaskClient, team: Team):
    team.incident("Errors on the API", affects={team.service("API"): "partial_outage"})
    team.maintenance("Network upgrade")

    feed, channel = atom(client), rss(client)

    assert [item.findtext("title") for item in channel.iter("item")] == titles(feed)
    assert [item.findtext("guid") for item in channel.iter("item")] == [
        entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")
    ]
    assert channel.find("item").findtext("pubDate") == "Mon, 02 Nov 2026 09:00:00 +0000"


def test_planned_work_says_when_and_then_what_became_of_it(
    client: FlaskClient, team: Team, time: time_machine.Traveller
):
    window = team.maintenance("Network upgrade", team.service("API"))
    planned = atom(client).find(f"{ATOM}entry").findtext(f"{ATOM}content")
    time.shift(timedelta(hours=1))
    cancel_maintenance(window.id, "Not needed any more.", by=team.actor())

    assert "<strong>5 Nov 2026, 10:00 to 5 Nov 2026, 12:00, Europe/Berlin (UTC+1)</strong>" in planned
    assert titles(atom(client)) == ["Cancelled: Network upgrade", "Scheduled: Network upgrade"]


def test_the_windows_of_a_series_are_news_once_something_becomes_of_them(client: FlaskClient, team: Team):
    team.series("FREQ=WEEKLY")

    assert titles(atom(client)) == []


def test_what_the_page_does_not_tell_is_in_no_feed(client: FlaskClient, team: Team, world: World):
    team.delete(team.incident("A mistake"))
    team.draft("Not yet")
    world.team("Other", "other").incident("Somebody else's")

    assert titles(atom(client)) == []


def test_an_edited_message_keeps_its_id_and_says_that_it_changed(
    client: FlaskClient, team: Team, time: time_machine.Traveller
):
    incident = team.incident("Errors on the API")
    before = atom(client).find(f"{ATOM}entry")
    time.shift(timedelta(minutes=5))
    edit_update(incident.id, UUID(before.findtext(f"{ATOM}id")), "Corrected.", by=team.actor())

    after = atom(client).find(f"{ATOM}entry")

    assert after.findtext(f"{ATOM}id") == before.findtext(f"{ATOM}id")
    assert after.findtext(f"{ATOM}published") == "2026-11-02T09:00:00Z"
    assert after.findtext(f"{ATOM}updated") == "2026-11-02T09:05:00Z"


def test_what_was_said_long_ago_is_news_no_more(client: FlaskClient, team: Team, time: time_machine.Traveller):
    team.incident("Errors on the API")
    time.shift(timedelta(days=91))

    assert titles(atom(client)) == []


def test_it_is_written_in_the_language_that_is_asked_for(client: FlaskClient, team: Team):
    team.offer("en", "de")
    team.incident("Errors on the API")

    feed = atom(client, "/northwind/feed.atom?lang=de")

    assert feed.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == "de"
    assert titles(feed) == ["Wird untersucht: Errors on the API"]
    content = feed.find(f"{ATOM}entry").find(f"{ATOM}content")
    assert content.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == "en"


def test_a_page_links_its_feeds(client: FlaskClient, team: Team):
    shown = client.get("/northwind").text

    assert '<link rel="alternate" type="application/atom+xml" href="/northwind/feed.atom"' in shown
    assert '<a href="/northwind/feed.atom">' in shown


def test_no_message_is_taken_apart_for_a_feed_which_shows_it_as_it_is(client: FlaskClient, team: Team, monkeypatch):
    team.incident("Errors")
    team.maintenance("Move the servers")
    monkeypatch.setattr(plain, "_TextReader", None)  # ten milliseconds for a long one, and there may be thousands

    assert len(titles(atom(client))) == 2
