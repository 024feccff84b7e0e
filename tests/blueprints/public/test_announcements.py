"""Announcements as visitors get them: on the cached page, in the JSON and in what live pages are sent."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.addresses.pages import NewPage, create_page
from app.announcements import actions
from app.announcements.actions import keep_announcements
from app.blueprints.public.live import render_fragments
from app.live.fragments import changed, message
from app.pages.finding import get_page
from tests.blueprints.reading import Element, read
from tests.builders import Team

HOUR = timedelta(hours=1)


@pytest.fixture
def traveller(app: Flask) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime.now(UTC), tick=False) as moving:
        yield moving


def banners(client: FlaskClient) -> list[str]:
    page = read(client.get("/northwind").text)
    return [banner.one("h2").text for banner in page.one(id="announcements").all("article")]


def section(client: FlaskClient) -> Element:
    return read(client.get("/northwind").text).one(id="announcements")


def test_a_banner_says_how_loud_it_is_in_a_word_a_shape_and_a_colour(client: FlaskClient, team: Team) -> None:
    team.announcement("Support is closed", "We answer on *Friday*.", level="critical", lasts=HOUR)

    banner = section(client).one("article")

    assert banner.attributes["data-level"] == "critical"
    assert banner.one("use").attributes["href"] == "#icon-major_outage"
    assert banner.one("p", class_="level").text == "Important"
    assert banner.one("em").text == "Friday"
    assert banner.one("p", class_="muted").text.startswith("Until")


def test_without_any_there_is_an_empty_hidden_place_for_them(client: FlaskClient, team: Team) -> None:
    assert "hidden" in section(client).attributes


def test_the_cached_page_turns_when_one_begins_and_when_it_ends(
    client: FlaskClient, team: Team, traveller: time_machine.Traveller
) -> None:
    team.announcement("Support is closed", begins_in=HOUR, lasts=HOUR)
    seen = [banners(client)]

    for _ in range(2):
        traveller.shift(HOUR)
        keep_announcements()
        seen.append(banners(client))

    assert seen == [[], ["Support is closed"], []]


def test_an_edit_is_marked(client: FlaskClient, team: Team) -> None:
    announcement = team.announcement("Suport is closed")

    actions.edit_announcement(announcement.id, actions.AnnouncementDetails("Support is closed"), by=team.actor())

    assert banners(client) == ["Support is closed"]
    assert section(client).one("p", class_="muted").text.startswith("Edited")


def test_the_json_has_it_as_text(client: FlaskClient, team: Team) -> None:
    announcement = team.announcement("Support is closed", "We answer on *Friday*.", level="warning")

    answer = client.get("/api/northwind/status").json

    assert answer is not None
    (told,) = answer["announcements"]
    assert told["id"] == str(announcement.id)
    assert (told["level"], told["title"], told["message"]) == ("warning", "Support is closed", "We answer on Friday.")
    assert told["ends_at"] is None


@pytest.mark.usefixtures("traveller")  # the minute of the newest change is shown, too
def test_a_live_page_is_sent_the_banner_and_nothing_else(team: Team) -> None:
    before = render_fragments(get_page("northwind"))
    team.announcement("Support is closed")

    after = render_fragments(get_page("northwind"))

    assert changed(before, after) == {"announcements"}
    assert "Support is closed" in message(after, {"announcements"})


def test_nobody_reads_ahead(client: FlaskClient, team: Team) -> None:
    team.announcement("A secret for tomorrow", begins_in=HOUR)

    for path in ("/northwind", "/api/northwind/status", "/northwind/fragments"):
        assert "A secret for tomorrow" not in client.get(path).text


def test_one_for_one_page_is_nowhere_on_another(client: FlaskClient, team: Team) -> None:
    """Of the same organization: neither on the page, nor in its JSON, nor in what is sent to open pages."""
    theirs = create_page(NewPage("For partners", "partners", "UTC"), by=team.actor())
    actions.announce(actions.AnnouncementDetails("A word to partners", page_id=theirs.id), by=team.actor())
    actions.announce(actions.AnnouncementDetails("A word to all"), by=team.actor())

    said = {
        slug: [client.get(path).text for path in (f"/{slug}", f"/api/{slug}/status", f"/{slug}/fragments")]
        for slug in ("northwind", "partners")
    }

    assert all("A word to all" in text for texts in said.values() for text in texts)
    assert all("A word to partners" in text for text in said["partners"])
    assert not any("A word to partners" in text for text in said["northwind"])


def test_one_that_is_moved_to_another_page_leaves_the_first(client: FlaskClient, team: Team) -> None:
    theirs = create_page(NewPage("For partners", "partners", "UTC"), by=team.actor())
    announcement = team.announcement("A word")
    details = actions.AnnouncementDetails("A word", page_id=theirs.id)

    actions.edit_announcement(announcement.id, details, by=team.actor())

    assert banners(client) == []
    assert "A word" in client.get("/partners").text
