"""Maintenance as visitors see it: on the page, under its own address, and in calendars."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute

from app.live.revisions import Revisions
from app.maintenance.actions import cancel_maintenance, extend_maintenance
from app.pages.cache import PageCache
from app.web import limits
from app.web.caching import shared_reads
from tests.blueprints.reading import Element, read
from tests.builders import Team, World
from tests.maintenance.calendars import READERS, Entry, read_strictly

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FEED = "/northwind/maintenance.ics"


@pytest.fixture(autouse=True)
def time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def page(client: FlaskClient, path: str = "/northwind") -> Element:
    answer = client.get(path)
    assert answer.status_code == 200
    return read(answer.text)


def entries(client: FlaskClient, path: str = FEED) -> list[Entry]:
    """What a program reads, once all have agreed on it."""
    feed = client.get(path).data
    strict = read_strictly(feed)
    for reader in READERS.values():
        assert sorted(reader(feed), key=str) == sorted(strict, key=str)
    return strict


def lines(client: FlaskClient, path: str = FEED) -> list[str]:
    return client.get(path).text.replace("\r\n ", "").split("\r\n")


class TestPage:
    def test_what_is_to_come_has_its_time_its_services_and_a_link(self, client: FlaskClient, team: Team):
        window = team.maintenance("Network upgrade", team.service("API"))

        [card] = page(client).one("section", id="planned").all("article")

        assert card.one("a").attributes["href"] == f"/northwind/maintenance/{window.id}"
        assert "Thu 5 Nov, 10:00 to 12:00 · API" in card.text

    def test_a_series_says_that_it_repeats(self, client: FlaskClient, team: Team):
        team.series("FREQ=WEEKLY")

        assert "· repeats" in page(client).one("section", id="planned").text

    def test_what_runs_stands_above_with_its_messages(self, client: FlaskClient, team: Team):
        window = team.maintenance("Network upgrade", team.service("API"), in_hours=1)
        team.move_on(window, "in_progress", "One router **left**.")

        found = page(client)

        happening = found.one("section", id="active-incidents")
        assert "In progress until Mon 2 Nov, 13:00" in happening.text
        assert "One router left ." in happening.text
        assert "hidden" in found.one("section", id="planned").attributes
        assert "Under maintenance" in found.one("h1").text

    def test_what_is_over_is_in_the_history_of_days(
        self, client: FlaskClient, team: Team, time: time_machine.Traveller
    ):
        window = team.maintenance("Network upgrade", in_hours=1)
        team.move_on(window, "in_progress")
        time.shift(timedelta(minutes=42))
        team.move_on(window, "completed", "All routers are new.")

        [article] = page(client).one("section", id="past").all("article")

        assert article.one("a").attributes["href"] == f"/northwind/maintenance/{window.id}"
        assert "Completed after 42 minutes · All routers are new." in article.text

    def test_it_points_calendars_to_the_feed(self, client: FlaskClient, team: Team):
        team.maintenance()

        found = page(client)

        assert found.one("link", type="text/calendar").attributes["href"] == FEED
        assert {link.attributes["href"] for link in found.all("a") if link.text in ("Add to calendar", "Calendar")} == {
            FEED
        }

    def test_its_live_parts_hold_what_changed(self, client: FlaskClient, team: Team):
        team.move_on(team.maintenance("Network upgrade", in_hours=1), "in_progress")
        team.maintenance("Next one")

        told = client.get("/northwind/fragments").text

        parts = {one.attributes["id"]: one.text for one in read(told).all("section")}
        assert "Network upgrade" in parts["active-incidents"]
        assert "Next one" in parts["planned"]


class TestWindow:
    def test_it_has_a_page_with_all_that_was_said(self, client: FlaskClient, team: Team, time: time_machine.Traveller):
        window = team.maintenance("Network upgrade", team.service("API"), in_hours=1, message="Short **resets**.")
        address = f"/northwind/maintenance/{window.id}"
        planned = page(client, address)
        team.move_on(window, "in_progress")
        time.shift(timedelta(minutes=5))
        team.move_on(window, "in_progress", "Half done.")
        running = page(client, address)
        time.shift(timedelta(minutes=5))
        team.move_on(window, "completed")
        over = page(client, address)

        assert "2 Nov 2026, 11:00 to 13:00" in planned.text
        assert planned.one("strong").text == "resets"
        assert [link.text for link in planned.one("main").all("a", class_="button")] == ["Add to calendar"]
        assert [one.text for one in running.one("ol", class_="timeline").all("p")] == [
            "Half done.",
            "The work has begun.",
        ]
        assert "Completed after 10 minutes" in over.text
        assert over.one("main").all("a", class_="button") == []

    def test_a_cancelled_one_says_so_instead_of_being_gone(self, client: FlaskClient, team: Team):
        window = team.maintenance()
        cancel_maintenance(window.id, "The new router came late.", by=team.actor())

        found = page(client, f"/northwind/maintenance/{window.id}")

        assert "Cancelled 2 Nov 2026, 10:00" in found.text
        assert "The new router came late." in found.text

    def test_foreign_and_missing_ones_answer_the_same(self, client: FlaskClient, team: Team, world: World):
        foreign = world.team("Contoso", "contoso").maintenance()

        for ending in ("", ".ics"):
            answers = [client.get(f"/northwind/maintenance/{one}{ending}") for one in (foreign.id, uuid4())]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].data == answers[1].data


class TestCalendar:
    def test_it_has_what_is_to_come_what_runs_and_what_was(
        self, client: FlaskClient, team: Team, time: time_machine.Traveller
    ):
        over = team.maintenance("Over", in_hours=1)
        team.move_on(over, "in_progress")
        time.shift(timedelta(minutes=20))
        team.move_on(over, "completed")
        team.maintenance("To come, maybe; or not", team.service("API"), in_hours=48, message="Line\n\n- one\n- two")

        found = {entry.title: entry for entry in entries(client)}

        assert found.keys() == {"Over", "To come, maybe; or not"}
        coming = found["To come, maybe; or not"]
        assert (coming.starts_at, coming.ends_at, coming.status) == (
            NOW + timedelta(hours=48, minutes=20),
            NOW + timedelta(hours=50, minutes=20),
            "CONFIRMED",
        )
        assert coming.text.startswith("Line\n\n- one\n- two\n\nAffects API.\n\nhttp://localhost/northwind/maintenance/")
        assert (found["Over"].starts_at, found["Over"].ends_at) == (NOW, NOW + timedelta(minutes=20))

    def test_of_very_many_the_earliest_are_left_out(
        self, client: FlaskClient, team: Team, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("app.pages.details.MOST_IN_CALENDAR", 2)
        for hours in (48, 24, 72):
            team.maintenance(f"In {hours} hours", in_hours=hours)

        assert [entry.title for entry in entries(client)] == ["In 48 hours", "In 72 hours"]

    def test_it_is_not_written_anew_without_end_for_one_address(
        self, client: FlaskClient, team: Team, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(limits, "MISSES", RateLimitItemPerMinute(2))
        team.maintenance()

        assert [client.get(FEED).status_code for _ in range(3)] == [200, 200, 429]

    def test_each_occurrence_is_an_event_of_its_own(self, client: FlaskClient, team: Team):
        team.series("FREQ=WEEKLY;COUNT=3")

        found = entries(client)

        assert len({entry.uid for entry in found}) == 3
        assert "RRULE" not in client.get(FEED).text

    def test_a_moved_window_keeps_its_id_and_rises(self, client: FlaskClient, team: Team, time: time_machine.Traveller):
        window = team.maintenance(in_hours=1)
        team.move_on(window, "in_progress")
        before = lines(client)
        time.shift(timedelta(minutes=5))
        extend_maintenance(window.id, NOW + timedelta(hours=9), by=team.actor())
        after = lines(client)

        def value(of: list[str], name: str) -> str:
            return next(line.partition(":")[2] for line in of if line.startswith(f"{name}:"))

        assert value(before, "UID") == value(after, "UID") == f"{window.id}@localhost"
        assert int(value(after, "SEQUENCE")) > int(value(before, "SEQUENCE"))
        assert value(after, "LAST-MODIFIED") > value(before, "LAST-MODIFIED")
        assert value(after, "DTEND") == "20261102T180000Z"

    def test_a_cancelled_window_stays_cancelled_for_ninety_days_after_its_end(
        self, client: FlaskClient, team: Team, time: time_machine.Traveller
    ):
        cancel_maintenance(team.maintenance(in_hours=1, hours=1).id, by=team.actor())

        time.shift(timedelta(days=90))
        kept = entries(client)
        time.shift(timedelta(hours=3))
        gone = entries(client)

        assert ([entry.status for entry in kept], gone) == (["CANCELLED"], [])

    def test_one_window_alone_has_the_id_that_it_has_among_all(self, client: FlaskClient, team: Team):
        window = team.maintenance("Network upgrade")
        team.maintenance("Another one")

        alone = entries(client, f"/northwind/maintenance/{window.id}.ics")

        assert [entry.title for entry in alone] == ["Network upgrade"]
        assert alone[0] in entries(client)

    def test_it_is_a_calendar_for_all_with_no_cookie(self, client: FlaskClient, team: Team):
        answer = client.get(FEED)

        assert answer.content_type == "text/calendar; charset=utf-8"
        assert answer.headers["Cache-Control"].startswith("public")
        assert "Set-Cookie" not in answer.headers
        assert "X-WR-CALNAME:Northwind Cloud maintenance" in answer.text

    def test_what_has_not_changed_is_not_sent_again(self, app: Flask, team: Team, time: time_machine.Traveller):
        window = team.maintenance()
        revisions = Revisions()
        revisions.confirm()
        plain, app.wsgi_app = app.wsgi_app, PageCache(app.wsgi_app, revisions, shared_reads(app))  # type: ignore[method-assign]
        try:
            client = app.test_client()
            tag = client.get(FEED).headers["ETag"]
            time.shift(timedelta(minutes=3))
            revisions.confirm()
            same = client.get(FEED, headers={"If-None-Match": tag})
            team.move_on(window, "in_progress")
            revisions.advance(team.id, revisions.current(team.id) + 1)  # type: ignore[operator]
            changed = client.get(FEED, headers={"If-None-Match": tag})
        finally:
            app.wsgi_app = plain  # type: ignore[method-assign]

        assert (same.status_code, changed.status_code) == (304, 200)

    def test_another_organizations_windows_are_not_in_it(self, client: FlaskClient, team: Team, world: World):
        world.team("Contoso", "contoso").maintenance("Theirs")

        assert entries(client) == []

    def test_an_unknown_page_has_no_calendar(self, client: FlaskClient, team: Team):
        assert client.get("/nowhere/maintenance.ics").status_code == 404

    def test_another_spelling_leads_to_the_one_address(self, client: FlaskClient, team: Team):
        answer = client.get("/Northwind/maintenance.ics")

        assert (answer.status_code, answer.location) == (308, FEED)
