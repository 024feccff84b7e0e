"""Announcements as members write, see and end them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.announcements.queries import AnnouncementRow, list_announcements
from app.subscribers.rules import NewsKind
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team

BERLIN = ZoneInfo("Europe/Berlin")
FIELDS = {
    "title": "Support is closed",
    "message": "We answer on **Friday**.",
    "level": "warning",
    "audience": "page",
    "begins_at": "",
    "ends_at": "",
}


def written(team: Team) -> AnnouncementRow:
    listed = list_announcements(team.actor())
    (row,) = (*listed.active, *listed.upcoming, *listed.past)
    return row


class TestWriting:
    def test_what_is_written_is_on_the_page_at_once(self, team: Team, editor: HttpBrowser, home: str):
        answer = editor.submit(f"{home}/announcements", FIELDS)

        row = written(team)
        assert (answer.status_code, answer.location) == (303, f"{home}/announcements/{row.id}")
        assert read(editor.get(answer.location).text).one(id="said").text == "It is on your page."
        banner = read(editor.get("/northwind").text).one("article", id=f"announcement-{row.id}")
        assert banner.text == "Please note Support is closed We answer on Friday ."
        assert banner.attributes["data-level"] == "warning"

    def test_times_are_the_pages(self, team: Team, editor: HttpBrowser, home: str):
        begin = datetime.now(BERLIN).replace(hour=9, minute=30, second=0, microsecond=0) + timedelta(days=3)
        times = {
            "begins_at": f"{begin:%Y-%m-%dT%H:%M}",
            "ends_at": f"{begin + timedelta(days=1):%Y-%m-%dT%H:%M}",
        }

        editor.submit(f"{home}/announcements", FIELDS | times)

        row = written(team)
        assert row.begins_at == begin.astimezone(UTC)
        assert row.ends_at is not None
        assert "announcement-" not in editor.get("/northwind").text

    @pytest.mark.parametrize(
        ("field", "typed", "words"),
        [
            ("title", "", "Say in a few words what it is about."),
            ("message", "x" * 10_001, "Use at most 10,000 characters; this has 10,001."),
            ("ends_at", "2020-01-01T10:00", "This is past. Choose a time that is still to come, or leave it empty."),
            ("begins_at", "soon", "Give a date and a time, as in 2026-11-21 14:30."),
            ("begins_at", "2027-03-28T02:30", "The clocks in Europe/Berlin go forward over 02:30 on 2027-03-28"),
            ("level", "loud", "Not a valid choice."),
        ],
    )
    def test_a_refused_one_loses_nothing_and_says_why_at_its_field(
        self, team: Team, editor: HttpBrowser, home: str, field: str, typed: str, words: str
    ):
        answer = editor.submit(f"{home}/announcements", FIELDS | {field: typed})

        form = read(answer.text).one("form", id="announcement")
        assert answer.status_code == 422
        assert words in form.one(id=f"{field}-error").text
        kept = {name: value for name, value in form.fields().items() if name in FIELDS and name != field}
        assert kept == {name: value for name, value in FIELDS.items() if name != field}
        assert list_announcements(team.actor()).is_empty

    def test_a_form_sent_twice_announces_once(self, team: Team, editor: HttpBrowser, home: str):
        form = read(editor.get(f"{home}/announcements/new").text).one("form", id="announcement").fields()
        sent = form | {"title": "Support is closed"}

        editor.submit(f"{home}/announcements", sent)
        editor.submit(f"{home}/announcements", sent)

        assert written(team).title == "Support is closed"

    def test_how_many_would_get_a_mail_is_said(self, team: Team, editor: HttpBrowser, home: str):
        team.subscriber()
        team.subscriber(chosen=(team.service("API"),))
        team.subscriber(kinds={NewsKind.INCIDENTS})

        page = read(editor.get(f"{home}/announcements/new").text)

        assert page.one(id="audience-hint").text == (
            "By mail: 2 subscribers want announcements. Each gets it once, when it begins."
        )


class TestChanging:
    def test_an_edit_shows_the_new_words_and_keeps_the_old_ones_for_members(
        self, team: Team, editor: HttpBrowser, home: str
    ):
        announcement = team.announcement("Suport is closed")
        address = f"{home}/announcements/{announcement.id}"
        form = read(editor.get(f"{address}/edit").text).one("form", id="announcement").fields()

        answer = editor.submit(f"{address}/edit", form | {"title": "Support is closed"})

        assert answer.status_code == 303
        page = read(editor.get(address).text)
        assert page.one("article", class_="announcement").one("h2").text == "Support is closed"
        history = page.one("section", aria_label="Earlier versions")
        assert [one.text for one in (history.one("del"), history.one("ins"))] == ["Suport", "Support"]

    def test_the_second_of_two_editors_keeps_their_words_and_decides(self, team: Team, editor: HttpBrowser, home: str):
        announcement = team.announcement("Support is closed")
        address = f"{home}/announcements/{announcement.id}/edit"
        first, second = (read(editor.get(address).text).one("form", id="announcement").fields() for _ in range(2))
        editor.submit(address, first | {"title": "First"})

        refused = editor.submit(address, second | {"title": "Second"})
        again = read(refused.text).one("form", id="announcement").fields()
        accepted = editor.submit(address, again)

        assert refused.status_code == 409
        assert again["title"] == "Second"
        assert accepted.status_code == 303
        assert written(team).title == "Second"

    def test_ended_it_is_past_and_cannot_be_edited(self, team: Team, editor: HttpBrowser, home: str):
        announcement = team.announcement()
        address = f"{home}/announcements/{announcement.id}"

        editor.submit(f"{address}/end", {})

        page = read(editor.get(address).text)
        assert page.one(id="facts").text == "Past"
        assert page.all("a", href=f"{address}/edit") == []
        assert editor.submit(f"{address}/edit", FIELDS).status_code == 409

    def test_removed_it_is_gone_everywhere(self, team: Team, editor: HttpBrowser, home: str):
        announcement = team.announcement("Support is closed")
        address = f"{home}/announcements/{announcement.id}"

        answer = editor.submit(f"{address}/remove", {})

        assert (answer.status_code, answer.location) == (303, f"{home}/announcements")
        assert "Support is closed" not in editor.get("/northwind").text
        assert editor.get(address).status_code == 404


def test_the_list_parts_what_is_shown_from_what_is_to_come_and_past(team: Team, viewer: HttpBrowser, home: str):
    team.announcement("Shown")
    team.announcement("To come", begins_in=timedelta(hours=1))

    page = read(viewer.get(f"{home}/announcements").text).one("main")

    assert [heading.text for heading in page.all("h2")] == ["On your page", "To come"]
    assert [link.text for link in page.all("a", class_="name")] == ["Shown", "To come"]
    assert [link.text for link in page.all("a", class_="button")] == ["Search"]


def test_an_empty_list_says_what_they_are_for(editor: HttpBrowser, viewer: HttpBrowser, home: str):
    empty = read(editor.get(f"{home}/announcements").text).one("div", class_="empty")
    for_viewers = read(viewer.get(f"{home}/announcements").text).one("main")

    assert empty.one("a").attributes["href"] == f"{home}/announcements/new"
    assert for_viewers.all("a", href=f"{home}/announcements/new") == []


def test_the_message_is_harmless_wherever_it_is_shown(team: Team, editor: HttpBrowser, home: str):
    announcement = team.announcement("<b>Look</b>", "<script>x</script> [a](javascript:x) <p hx-get=/x>")

    for page in ("/northwind", f"{home}/announcements/{announcement.id}", f"{home}/announcements"):
        html = editor.get(page).text
        assert "<b>Look" not in html
        assert "<script>x" not in html
        assert 'href="javascript' not in html
        assert "<p hx-get" not in html
