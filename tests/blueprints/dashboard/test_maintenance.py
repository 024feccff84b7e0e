from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from app import clock
from app.database.scope import organization_scope
from app.maintenance.actions import edit_message
from app.maintenance.models import Maintenance, MaintenanceSeries
from app.maintenance.queries import list_maintenances
from app.maintenance.series_detail import get_series
from app.maintenance.window_detail import get_maintenance
from app.organizations.rules import Role
from app.services.actions import archive_service
from app.services.models import Service
from app.text.languages import PageLanguage
from app.translated.queries import list_own_texts
from app.translated.rules import OwnText
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team, World

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)  # a Monday, 10:00 in Berlin


@pytest.fixture(autouse=True)
def time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def plan(**changes: Any) -> dict[str, Any]:
    """A form that is in order, with these fields changed."""
    return {
        "title": "Network upgrade",
        "message": "Short connection resets.",
        "starts_at": "2026-11-05T02:00",
        "ends_at": "2026-11-05T04:00",
        "reminders": ["1440", "60"],
        "auto_start": "y",
        "auto_complete": "y",
        "notify": "y",
        "announce": "y",
        "repeats": "",
        **changes,
    }


def windows(team: Team) -> list[Maintenance]:
    with organization_scope(team.actor()) as scope:
        return list(scope.session.scalars(select(Maintenance).order_by(Maintenance.starts_at)))


def make_services(team: Team, number: int) -> list[UUID]:
    """In the page's order."""
    with organization_scope(team.actor()) as scope:
        scope.session.execute(
            text(
                "INSERT INTO services"
                " (organization_id, id, name, description, position, status, status_since, created_at)"
                " SELECT :organization, gen_random_uuid(), 'Service ' || n, '', n, 'operational', now(), now()"
                " FROM generate_series(1, :number) AS n"
            ),
            {"organization": team.id, "number": number},
        )
        return list(scope.session.scalars(select(Service.id).order_by(Service.position)))


def faults(answer: TestResponse) -> str:
    """What stands beside the fields."""
    return " ".join(error.text for error in read(answer.text).all("span", class_="error"))


def notice(answer: TestResponse) -> Element:
    """What the focus is moved to."""
    found = [one for one in read(answer.text).all("div") if "data-faults" in one.attributes]
    assert len(found) == 1
    return found[0]


class TestScheduling:
    def test_a_window_is_planned_in_the_pages_time_zone(self, team: Team, editor: HttpBrowser, home: str):
        api = team.service("API")

        answer = editor.submit(f"{home}/maintenance", plan(services=str(api.id), expects_failures="y"))

        [row] = list_maintenances(team.actor()).upcoming.rows
        assert answer.location == f"{home}/maintenance/{row.id}"
        assert (row.starts_at, row.ends_at) == (
            datetime(2026, 11, 5, 1, tzinfo=UTC),
            datetime(2026, 11, 5, 3, tzinfo=UTC),
        )
        assert [service.name for service in row.affected] == ["API"]
        detail = get_maintenance(team.actor(), row.id)
        assert [reminder.lead for reminder in detail.reminders] == [timedelta(hours=24), timedelta(hours=1)]
        assert (row.auto_start, row.auto_complete, detail.expects_failures, detail.notify) == (True, True, True, True)

    def test_boxes_that_are_not_ticked_are_off(self, team: Team, editor: HttpBrowser, home: str):
        fields = plan(reminders=[])
        for name in ("auto_start", "auto_complete", "notify", "announce"):
            del fields[name]

        editor.submit(f"{home}/maintenance", fields)

        [window] = windows(team)
        assert (window.auto_start, window.auto_complete, window.notify, window.lead_minutes) == (
            False, False, False, [],
        )  # fmt: skip

    def test_htmx_is_sent_to_the_windows_page(self, team: Team, editor: HttpBrowser, home: str):
        answer = editor.submit(f"{home}/maintenance", plan(), headers={"HX-Request": "true"})

        [window] = windows(team)
        assert answer.headers["HX-Redirect"] == f"{home}/maintenance/{window.id}"

    def test_a_form_sent_twice_plans_once(self, team: Team, editor: HttpBrowser, home: str):
        fields = plan(form_id=str(uuid4()))

        first, second = (editor.submit(f"{home}/maintenance", fields) for _ in range(2))

        assert first.location == second.location
        assert len(windows(team)) == 1

    def test_200_of_1000_services_can_be_chosen(self, team: Team, editor: HttpBrowser, home: str):
        services = [str(service_id) for service_id in make_services(team, 1000)]

        refused = editor.submit(f"{home}/maintenance", plan(services=services[:201]))
        answer = editor.submit(f"{home}/maintenance", plan(services=services[:200]))

        assert "at most 200 services; these are 201" in faults(refused)
        assert "services" in notice(refused).one("a").attributes["href"]
        boxes = read(refused.text).all("input", name="services", type="checkbox")
        assert [box.attributes["value"] for box in boxes if "checked" in box.attributes] == services[:201]
        assert len(boxes) == 1000
        assert answer.status_code == 303
        assert len(list_maintenances(team.actor()).upcoming.rows[0].affected) == 200

    def test_of_many_services_the_chosen_ones_come_first(self, team: Team, editor: HttpBrowser, home: str):
        services = [team.service(f"Service {number}") for number in range(14)]
        window = team.maintenance("Upgrade", services[12])

        boxes = read(editor.get(f"{home}/maintenance/{window.id}/edit").text).all(
            "input", name="services", type="checkbox"
        )

        assert [box.attributes["value"] for box in boxes[:2]] == [str(services[12].id), str(services[0].id)]

    def test_an_archived_service_is_offered_only_where_it_was_chosen(self, team: Team, editor: HttpBrowser, home: str):
        old = team.service("Old")
        window = team.maintenance("Upgrade", old)
        archive_service(old.id, by=team.actor())

        for address, offered in ((f"{home}/maintenance/{window.id}/edit", True), (f"{home}/maintenance/new", False)):
            assert (str(old.id) in editor.get(address).text) is offered

    @pytest.mark.parametrize(
        ("changes", "fault"),
        [
            ({"title": ""}, "Say in a few words what will be done."),
            ({"title": "x"}, "Use at least 2 characters"),
            ({"title": "x" * 201}, "Use at most 200 characters"),
            ({"message": "x" * 10_001}, "Use at most 10,000 characters"),
            ({"ends_at": "2026-11-05T01:00"}, "The end must come after the start."),
            ({"starts_at": "2026-11-01T02:00"}, "This is more than an hour ago."),
            ({"ends_at": "2027-12-10T02:00"}, "A maintenance lasts at most 30 days; this would be 400."),
            ({"starts_at": "", "ends_at": ""}, "Give a date and a time"),
            ({"starts_at": "tomorrow"}, "Give a date and a time"),
            ({"ends_at": "2026-02-30T10:00"}, "This day or time is not in the calendar."),
            ({"starts_at": "2027-03-28T02:30", "ends_at": "2027-03-28T05:00"}, "in Europe/Berlin go forward"),
            ({"reminders": ["-5"]}, "not a valid choice"),
            ({"reminders": ["soon"]}, "Invalid Choice"),
        ],
    )  # fmt: skip
    def test_what_is_refused_is_said_beside_the_field(
        self, team: Team, editor: HttpBrowser, home: str, changes: Mapping[str, Any], fault: str
    ):
        answer = editor.submit(f"{home}/maintenance", plan(**changes))

        assert answer.status_code == 422
        assert fault.lower() in faults(answer).lower()
        assert "attention" in notice(answer).text
        assert windows(team) == []

    def test_an_empty_form_is_told_everything_at_once(self, team: Team, editor: HttpBrowser, home: str):
        answer = editor.submit(f"{home}/maintenance", plan(title="", starts_at="", ends_at=""))

        assert "3 things need your attention" in notice(answer).text
        assert "Say in a few words what will be done." in faults(answer)

    def test_what_no_field_is_about_is_said_above_them(
        self, team: Team, editor: HttpBrowser, home: str, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("app.maintenance.rules.MOST_OPEN", 0)

        answer = editor.submit(f"{home}/maintenance", plan(title="Network upgrade"))

        assert answer.status_code == 422
        assert "There are 0 maintenances to come or running." in notice(answer).text
        assert read(answer.text).one("form", id="plan").fields()["title"] == "Network upgrade"

    def test_all_that_was_typed_is_kept(self, team: Team, editor: HttpBrowser, home: str):
        api = team.service("API")
        typed = plan(title="", message="👩‍🚀 <b>שלום</b>", services=str(api.id), notify=None, reminders=["60"])

        answer = editor.submit(f"{home}/maintenance", {key: value for key, value in typed.items() if value})

        fields = read(answer.text).one("form", id="plan").fields()
        assert (fields["message"], fields["starts_at"], fields["ends_at"]) == (
            "👩‍🚀 <b>שלום</b>", "2026-11-05T02:00", "2026-11-05T04:00",
        )  # fmt: skip
        assert (fields["services"], fields["reminders"], fields.get("announce")) == (str(api.id), "60", "y")
        assert "notify" not in fields

    def test_a_time_that_comes_twice_is_the_first_and_that_is_said(self, team: Team, editor: HttpBrowser, home: str):
        doubled = plan(starts_at="2027-10-31T02:30", ends_at="2027-10-31T05:00")

        shown = editor.submit(f"{home}/maintenance/draft", doubled)
        editor.submit(f"{home}/maintenance", doubled)

        assert "show 02:30 twice. The first is taken" in read(shown.text).one("fieldset", id="when").text
        assert windows(team)[0].starts_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)

    @pytest.mark.parametrize("value", [str(UUID(int=1)), "not-an-id"])
    @pytest.mark.parametrize("address", ["/maintenance", "/maintenance/draft"])
    def test_an_unknown_service_is_not_found(
        self, team: Team, editor: HttpBrowser, home: str, address: str, value: str
    ):
        answer = editor.submit(f"{home}{address}", plan(services=value))

        assert answer.status_code == 404
        assert windows(team) == []

    def test_another_tenants_service_answers_like_a_missing_one(
        self, team: Team, editor: HttpBrowser, home: str, world: World
    ):
        foreign = world.team("Contoso", "contoso").service("Theirs")

        answers = [editor.submit(f"{home}/maintenance", plan(services=str(one))) for one in (foreign.id, uuid4())]

        assert answers[0].status_code == 404
        assert answers[0].data == answers[1].data

    def test_scripts_in_a_message_are_text(self, team: Team, editor: HttpBrowser, home: str):
        hostile = '<script>alert(1)</script> <b hx-get="/x">b</b> [x](javascript:alert(1)) ' + "> " * 100 + "deep"

        editor.submit(f"{home}/maintenance", plan(message=hostile))

        [window] = windows(team)
        shown = (
            editor.get(f"{home}/maintenance/{window.id}").text
            + editor.get(f"/{team.slug}/maintenance/{window.id}").text
        )
        assert "<script>alert" not in shown
        assert "<b hx-get" not in shown
        assert 'href="javascript' not in shown

    def test_control_characters_are_taken_out(self, team: Team, editor: HttpBrowser, home: str):
        editor.submit(f"{home}/maintenance", plan(title="Net\x00work\u202e up\x07grade", message="a\x0bb"))

        assert windows(team)[0].title == "Network upgrade"

    def test_the_draft_shows_preview_audience_and_a_likely_end_and_plans_nothing(
        self, team: Team, editor: HttpBrowser, home: str
    ):
        api = team.service("API")
        team.subscriber(chosen=(api,))
        team.subscriber(chosen=(team.service("Web"),))

        answer = editor.submit(
            f"{home}/maintenance/draft", plan(message="**Soon**", ends_at="", services=str(api.id), title="")
        )

        page = read(answer.text)
        assert answer.status_code == 200
        assert page.one("section", id="preview").one("strong").text == "Soon"
        assert "1 subscriber by e-mail" in page.one("section", id="audience").text
        assert page.one("input", name="ends_at").value == "2026-11-05T03:00"
        assert "data-faults" not in answer.text
        assert windows(team) == []

    def test_the_form_names_the_zone(self, team: Team, editor: HttpBrowser, home: str):
        text = read(editor.get(f"{home}/maintenance/new").text).one("fieldset", id="when").text

        assert "Times in Europe/Berlin" in text


class TestRepeating:
    @pytest.mark.parametrize(
        ("fields", "rule", "words", "third"),
        [
            ({"repeats": "daily"}, "FREQ=DAILY", "Every day", "7 Nov 2026, 02:00"),
            ({"repeats": "weekly"}, "FREQ=WEEKLY;BYDAY=TH", "Every week on Thursday", "19 Nov 2026, 02:00"),
            (
                {"repeats": "weekly", "interval": "2", "weekdays": ["TH", "MO"], "until": "2026-12-31"},
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20261231",
                "Every 2 weeks on Monday and Thursday, until 31 December 2026",
                "19 Nov 2026, 02:00",
            ),
            ({"repeats": "monthly_day"}, "FREQ=MONTHLY;BYMONTHDAY=5", "Every month on day 5", "5 Jan 2027, 02:00"),
            (
                {"repeats": "monthly_weekday"},
                "FREQ=MONTHLY;BYDAY=1TH",
                "Every month on the first Thursday",
                "7 Jan 2027, 02:00",
            ),
            (
                {"repeats": "rule", "rule": "rrule:freq=yearly;bymonth=11;bymonthday=5"},
                "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=5",
                "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=5",
                "5 Nov 2028, 02:00",
            ),
        ],
    )
    def test_choices_make_a_rule_whose_next_five_are_shown(
        self, team: Team, editor: HttpBrowser, home: str, fields: Mapping[str, Any], rule: str, words: str, third: str
    ):
        shown = editor.submit(f"{home}/maintenance/draft", plan(**fields))
        answer = editor.submit(f"{home}/maintenance", plan(**fields))

        coming = read(shown.text).one(id="recurrence")
        assert words in coming.text
        assert len(coming.all("time")) == 5
        assert coming.all("time")[2].text == third
        with organization_scope(team.actor()) as scope:
            [series] = scope.session.scalars(select(MaintenanceSeries))
        assert series.rule == rule
        assert answer.location == f"{home}/maintenance/series/{series.id}"

    @pytest.mark.parametrize(
        ("fields", "fault"),
        [
            ({"repeats": "rule", "rule": "FREQ=HOURLY"}, "once a day at most"),
            ({"repeats": "rule", "rule": ""}, "Say how often it comes again."),
            ({"repeats": "rule", "rule": "EVERY SUNDAY"}, "Say how often it comes again"),
            ({"repeats": "daily", "interval": "0"}, "Give a number from 1 to 60."),
            ({"repeats": "daily", "interval": "²"}, "Give a number from 1 to 60."),
            ({"repeats": "daily", "until": "soon"}, "Give a day, as in 2026-12-31."),
            ({"repeats": "daily", "until": "2026-11-01"}, "By this rule it never comes again."),
            ({"repeats": "daily", "ends_at": "2026-11-06T03:00"}, "Each one must be over before the next begins."),
            ({"repeats": "weekly", "weekdays": ["XX"]}, "not a valid choice"),
            ({"repeats": "hourly"}, "not a valid choice"),
        ],
    )
    def test_a_rule_that_is_refused_is_explained(
        self, team: Team, editor: HttpBrowser, home: str, fields: Mapping[str, Any], fault: str
    ):
        shown = editor.submit(f"{home}/maintenance/draft", plan(**fields))
        answer = editor.submit(f"{home}/maintenance", plan(**fields))

        assert shown.status_code == 200
        assert answer.status_code == 422
        assert fault.lower() in faults(answer).lower()
        assert windows(team) == []

    def test_the_clock_on_the_wall_stays_the_same_across_the_change(self, team: Team, editor: HttpBrowser, home: str):
        fields = plan(starts_at="2027-03-21T04:00", ends_at="2027-03-21T05:00", repeats="weekly")

        shown = editor.submit(f"{home}/maintenance/draft", fields)

        times = read(shown.text).one(id="recurrence").all("time")
        assert [one.text for one in times[:2]] == ["21 Mar 2027, 04:00", "28 Mar 2027, 04:00"]
        assert [one.attributes["datetime"] for one in times[:2]] == ["2027-03-21T03:00:00Z", "2027-03-28T02:00:00Z"]

    def make(self, editor: HttpBrowser, home: str, **changes: Any) -> UUID:
        answer = editor.submit(f"{home}/maintenance", plan(**{"repeats": "weekly"} | changes))
        return UUID(answer.location.rpartition("/")[2])

    def test_a_series_is_edited_by_the_form_that_made_it(self, team: Team, editor: HttpBrowser, home: str):
        series_id = self.make(editor, home, interval="2", until="2027-01-31")
        address = f"{home}/maintenance/series/{series_id}/edit"

        fields = read(editor.get(address).text).one("form", id="plan").fields()
        answer = editor.submit(address, plan(**fields | {"title": "Network check", "interval": "1"}))

        assert (fields["repeats"], fields["interval"], fields["weekdays"], fields["until"]) == (
            "weekly", "2", "TH", "2027-01-31",
        )  # fmt: skip
        assert answer.location == f"{home}/maintenance/series/{series_id}"
        detail = get_series(team.actor(), series_id)
        assert detail.row.rule == "FREQ=WEEKLY;BYDAY=TH;UNTIL=20270131"
        assert {row.title for row in detail.coming} == {"Network check"}

    def test_saving_a_series_does_not_change_a_rule_that_its_choices_would_not_make(
        self, team: Team, editor: HttpBrowser, home: str
    ):
        series_id = self.make(editor, home, repeats="rule", rule="FREQ=MONTHLY;BYMONTHDAY=20")  # it begins on a 5th
        address = f"{home}/maintenance/series/{series_id}/edit"

        editor.submit(address, read(editor.get(address).text).one("form", id="plan").fields() | {"title": "Renamed"})

        row = get_series(team.actor(), series_id).row
        assert (row.title, row.rule) == ("Renamed", "FREQ=MONTHLY;BYMONTHDAY=20")

    def test_a_series_cannot_be_made_to_repeat_never(self, team: Team, editor: HttpBrowser, home: str):
        series_id = self.make(editor, home)

        answer = editor.submit(f"{home}/maintenance/series/{series_id}/edit", plan())

        assert answer.status_code == 422
        assert "end the series" in faults(answer)

    def test_who_edits_a_series_after_another_is_told_and_keeps_the_text(
        self, team: Team, editor: HttpBrowser, admin: HttpBrowser, home: str
    ):
        series_id = self.make(editor, home)
        address = f"{home}/maintenance/series/{series_id}/edit"
        fields = plan(repeats="weekly", seen_version="1")
        admin.submit(address, fields | {"title": "Faster"})

        answer = editor.submit(address, fields | {"title": "Slower"})

        assert answer.status_code == 409
        kept = read(answer.text).one("form", id="plan").fields()
        assert (kept["title"], kept["seen_version"]) == ("Slower", "2")

    def test_an_occurrence_is_moved_by_itself(self, team: Team, editor: HttpBrowser, home: str):
        self.make(editor, home)
        first, *others = windows(team)

        editor.submit(
            f"{home}/maintenance/{first.id}/edit",
            plan(starts_at="2026-11-06T02:00", ends_at="2026-11-06T04:00", seen_version=str(first.version)),
        )

        detail = get_maintenance(team.actor(), first.id)
        assert detail.row.moved
        assert [window.starts_at for window in windows(team)[1:]] == [window.starts_at for window in others]
        assert "moved from 5 Nov 2026, 02:00" in read(editor.get(f"{home}/maintenance/{first.id}").text).text

    def test_an_occurrence_is_skipped_by_itself(self, team: Team, editor: HttpBrowser, home: str):
        self.make(editor, home)
        first, *others = windows(team)

        asked = editor.get(f"{home}/maintenance/{first.id}/cancel").text
        editor.submit(f"{home}/maintenance/{first.id}/cancel", {"message": ""})

        assert "the others of its series stay" in asked
        assert [window.stage for window in windows(team)] == ["cancelled"] + ["scheduled"] * len(others)

    def test_ending_a_series_says_what_that_means_and_cancels_what_is_to_come(
        self, team: Team, editor: HttpBrowser, home: str
    ):
        series_id = self.make(editor, home)

        asked = read(editor.get(f"{home}/maintenance/series/{series_id}/end").text)
        answer = editor.submit(f"{home}/maintenance/series/{series_id}/end", {"message": "No more."})

        assert "10 planned ones are cancelled" in asked.text
        assert answer.location == f"{home}/maintenance/series/{series_id}"
        assert {window.stage for window in windows(team)} == {"cancelled"}

    def test_who_ends_a_series_that_somebody_has_just_changed_is_told_first(
        self, team: Team, editor: HttpBrowser, home: str
    ):
        series_id = self.make(editor, home)
        address = f"{home}/maintenance/series/{series_id}"
        opened = read(editor.get(f"{address}/end").text).one("form", action=f"{address}/end").fields()
        edited = read(editor.get(f"{address}/edit").text).one("form", action=f"{address}/edit").fields()
        editor.submit(f"{address}/edit", edited | {"title": "Another title"})

        refused = editor.submit(f"{address}/end", opened | {"message": "No more."})
        again = read(refused.text).one("form", action=f"{address}/end").fields()
        done = editor.submit(f"{address}/end", again)

        assert (refused.status_code, again["message"]) == (409, "No more.")
        assert "has changed while you were writing" in refused.text
        assert done.status_code == 303

    def test_ending_twice_is_refused_in_words(self, team: Team, editor: HttpBrowser, home: str):
        series_id = self.make(editor, home)
        editor.submit(f"{home}/maintenance/series/{series_id}/end", {"message": ""})

        answer = editor.submit(f"{home}/maintenance/series/{series_id}/end", {"message": ""})

        assert answer.status_code == 409
        assert "ended already" in answer.text


class TestList:
    def test_without_windows_it_says_what_they_are_for(self, team: Team, editor: HttpBrowser, home: str):
        page = read(editor.get(f"{home}/maintenance").text)

        assert page.one("div", class_="empty").one("a").attributes["href"] == f"{home}/maintenance/new"

    def test_running_coming_and_past_windows_and_series_have_their_place(
        self, team: Team, editor: HttpBrowser, home: str
    ):
        running = team.maintenance("Running one", in_hours=1)
        team.move_on(running, "in_progress")
        team.maintenance("Coming one")
        over = team.maintenance("Past one", in_hours=2)
        team.move_on(over, "in_progress")
        team.move_on(over, "completed")
        editor.submit(f"{home}/maintenance", plan(title="Weekly one", repeats="weekly"))

        page = read(editor.get(f"{home}/maintenance").text)

        sections = {one.attributes["aria-labelledby"]: one.text for one in page.all("section", class_="card")}
        assert "Running one" in sections["running"]
        assert "Coming one" in sections["coming"]
        assert "Past one" in sections["past"]
        assert "Weekly one" in sections["series"]

    def test_the_rail_counts_what_is_open_and_a_series_once(self, team: Team, editor: HttpBrowser, home: str):
        team.series("FREQ=WEEKLY")
        team.maintenance()
        team.move_on(team.maintenance(in_hours=1), "in_progress")

        [link] = [one for one in read(editor.get(f"{home}/").text).all("a") if one.text.startswith("Maintenance")]

        assert link.text == "Maintenance 3"

    def test_long_lists_go_on_page_by_page(self, team: Team, editor: HttpBrowser, home: str):
        for number in range(51):
            team.maintenance(f"Window {number}", in_hours=24 + number)

        page = read(editor.get(f"{home}/maintenance").text)
        [more] = [link for link in page.all("a") if link.text == "Later ones"]
        rest = read(editor.get(more.attributes["href"]).text)

        assert [link.text for link in rest.all("a", class_="name")] == ["Window 50"]

    @pytest.mark.parametrize(
        "place", ["x", "2026-11-05T01:00:00", "2026-11-05_x", f"2026-11-05T01:00:00_{UUID(int=1)}"]
    )
    def test_a_place_that_is_not_ours_is_not_found(self, team: Team, editor: HttpBrowser, home: str, place: str):
        assert editor.get(f"{home}/maintenance?past={place}").status_code == 404


class TestWindow:
    def test_it_is_started_verified_and_finished_with_messages(
        self, team: Team, editor: HttpBrowser, home: str, time: time_machine.Traveller
    ):
        api = team.service("API")
        window = team.maintenance("Network upgrade", api)
        address = f"{home}/maintenance/{window.id}"

        for stage, message in (
            ("in_progress", ""),
            ("in_progress", "Half done."),
            ("verifying", ""),
            ("completed", "Done."),
        ):
            version = get_maintenance(team.actor(), window.id).version
            answer = editor.submit(
                f"{address}/updates", {"stage": stage, "message": message, "notify": "y", "seen_version": str(version)}
            )
            assert answer.location == address
            time.shift(timedelta(minutes=5))

        detail = get_maintenance(team.actor(), window.id)
        assert [(update.stage, update.message) for update in reversed(detail.updates)] == [
            ("in_progress", "The work has begun."),
            ("in_progress", "Half done."),
            ("verifying", "The work is done. We are checking that all is well."),
            ("completed", "Done."),
        ]
        assert team.status_of(api) == "operational"

    @pytest.mark.parametrize(
        ("stage", "offered"),
        [
            ("scheduled", ["Start now", "Edit", "Cancel"]),
            ("in_progress", ["Finish early", "Verify", "Extend", "Edit"]),
            ("verifying", ["Finish early", "Extend", "Edit"]),
            ("completed", ["Edit"]),
        ],
    )
    def test_each_stage_offers_its_steps(
        self, team: Team, editor: HttpBrowser, home: str, stage: str, offered: list[str]
    ):
        window = team.maintenance()
        for step in ("in_progress", "verifying", "completed"):
            if stage != "scheduled" and get_maintenance(team.actor(), window.id).row.stage != stage:
                team.move_on(window, step)

        page = read(editor.get(f"{home}/maintenance/{window.id}").text)

        about = page.one("section", aria_label="About this maintenance")
        assert [link.text for link in about.all("a", class_="button")] == offered
        assert bool(page.all("form", id="update")) is (stage != "completed")

    @pytest.mark.parametrize("step", ["extend", "cancel"])
    def test_what_is_over_is_neither_extended_nor_cancelled(
        self, team: Team, editor: HttpBrowser, home: str, step: str
    ):
        window = team.maintenance()
        for stage in ("in_progress", "completed"):
            team.move_on(window, stage)

        answer = editor.get(f"{home}/maintenance/{window.id}/{step}")

        assert answer.status_code == 409
        assert "This maintenance is completed already." in answer.text

    def test_a_link_chooses_the_stage(self, team: Team, editor: HttpBrowser, home: str):
        window = team.maintenance()

        fields = read(editor.get(f"{home}/maintenance/{window.id}?stage=in_progress").text).one("form", id="update")

        assert fields.fields()["stage"] == "in_progress"

    def test_a_message_without_words_is_refused_where_nothing_else_changes(
        self, team: Team, editor: HttpBrowser, home: str
    ):
        window = team.maintenance()

        answer = editor.submit(f"{home}/maintenance/{window.id}/updates", {"stage": "scheduled", "message": " "})

        assert answer.status_code == 422
        assert "Say what users notice" in faults(answer)

    def test_who_posts_after_another_is_told_and_keeps_the_text(self, team: Team, editor: HttpBrowser, home: str):
        window = team.maintenance()
        team.move_on(window, "in_progress")

        answer = editor.submit(
            f"{home}/maintenance/{window.id}/updates",
            {"stage": "in_progress", "message": "My words", "seen_version": "1"},
        )

        form = read(answer.text).one("form", id="update")
        assert answer.status_code == 409
        assert "has changed while you were writing" in notice(answer).text
        assert (form.fields()["message"], form.fields()["seen_version"]) == ("My words", "2")

    def test_a_step_that_is_not_possible_any_more_keeps_the_text(self, team: Team, editor: HttpBrowser, home: str):
        window = team.maintenance()
        team.move_on(window, "in_progress")
        team.move_on(window, "completed")

        answer = editor.submit(
            f"{home}/maintenance/{window.id}/updates", {"stage": "in_progress", "message": "My words"}
        )

        assert answer.status_code == 409
        assert read(answer.text).one("pre").text == "My words"

    def test_an_unknown_stage_is_refused(self, team: Team, editor: HttpBrowser, home: str):
        window = team.maintenance()

        for stage in ("exploded", "cancelled", ""):
            answer = editor.submit(f"{home}/maintenance/{window.id}/updates", {"stage": stage, "message": "x"})
            assert answer.status_code in (409, 422)
        assert get_maintenance(team.actor(), window.id).row.stage == "scheduled"

    def test_it_is_extended(self, team: Team, editor: HttpBrowser, home: str, time: time_machine.Traveller):
        window = team.maintenance(in_hours=1)
        team.move_on(window, "in_progress")
        time.shift(timedelta(minutes=5))
        address = f"{home}/maintenance/{window.id}/extend"

        fields = read(editor.get(address).text).one("form", id="extension").fields()
        answer = editor.submit(address, fields | {"message": "A disk is slow."})

        assert fields["ends_at"] == "2026-11-02T14:00"  # it was to end at 13:00 in Berlin
        assert answer.location == f"{home}/maintenance/{window.id}"
        detail = get_maintenance(team.actor(), window.id)
        assert detail.row.ends_at == datetime(2026, 11, 2, 13, tzinfo=UTC)
        assert detail.updates[0].message == "A disk is slow."

    def test_why_it_takes_longer_is_said_in_each_language(
        self, team: Team, editor: HttpBrowser, home: str, time: time_machine.Traveller
    ):
        team.offer("de", "fr")
        window = team.maintenance(in_hours=1)
        team.move_on(window, "in_progress")
        time.shift(timedelta(minutes=5))
        address = f"{home}/maintenance/{window.id}/extend"
        fields = read(editor.get(address).text).one("form", id="extension").fields()

        refused = editor.submit(address, fields | {"message_de": "y" * 10_001})
        editor.submit(address, fields | {"message": "", "message_de": "Eine Platte ist langsam."})

        assert refused.status_code == 422
        assert read(refused.text).one("textarea", name="message_de").attributes["aria-invalid"] == "true"
        (newest, *_) = get_maintenance(team.actor(), window.id).updates
        said = list_own_texts(team.actor(), newest.id)
        assert said[PageLanguage.GERMAN].message == "Eine Platte ist langsam."
        assert said[PageLanguage.FRENCH].message != "", "what is not said otherwise is said as we say it"

    def test_why_it_is_called_off_is_said_in_each_language(self, team: Team, editor: HttpBrowser, home: str):
        team.offer("de")
        window = team.maintenance()
        address = f"{home}/maintenance/{window.id}/cancel"

        refused = editor.submit(address, {"message": "Later.", "message_de": "y" * 10_001})
        editor.submit(address, {"message": "Later.", "message_de": "Erst später."})

        assert (refused.status_code, read(refused.text).one("textarea", name="message").value) == (422, "Later.")
        (newest, *_) = get_maintenance(team.actor(), window.id).updates
        assert list_own_texts(team.actor(), newest.id) == {PageLanguage.GERMAN: OwnText(message="Erst später.")}

    @pytest.mark.parametrize(
        ("ends_at", "status", "words"),
        [
            ("2026-11-02T12:00", 422, "Give a time after the present end."),
            ("2026-11-02T09:00", 422, "The end must come after the start."),
            ("", 422, "Give a date and a time"),
            ("2027-11-02T09:00", 422, "at most 30 days"),
        ],
    )
    def test_an_end_that_is_refused_is_explained(
        self, team: Team, editor: HttpBrowser, home: str, ends_at: str, status: int, words: str
    ):
        window = team.maintenance(in_hours=1)
        team.move_on(window, "in_progress")

        answer = editor.submit(f"{home}/maintenance/{window.id}/extend", {"ends_at": ends_at, "message": "kept"})

        assert (answer.status_code, read(answer.text).one("textarea").value) == (status, "kept")
        assert words in faults(answer)

    def test_only_what_runs_is_extended(self, team: Team, editor: HttpBrowser, home: str):
        window = team.maintenance()

        answer = editor.submit(
            f"{home}/maintenance/{window.id}/extend", {"ends_at": "2026-11-09T12:00", "message": "kept"}
        )

        assert answer.status_code == 409
        assert read(answer.text).one("textarea").value == "kept"

    def test_cancelling_asks_first(self, team: Team, editor: HttpBrowser, home: str):
        window = team.maintenance()

        asked = read(editor.get(f"{home}/maintenance/{window.id}/cancel").text)
        assert get_maintenance(team.actor(), window.id).row.stage == "scheduled"
        answer = editor.submit(f"{home}/maintenance/{window.id}/cancel", {"message": "Later.", "notify": "y"})

        assert "calendars show it as cancelled" in asked.text
        assert answer.location == f"{home}/maintenance/{window.id}"
        assert get_maintenance(team.actor(), window.id).row.stage == "cancelled"

    def test_who_cancels_what_somebody_has_just_changed_is_told_first(self, team: Team, editor: HttpBrowser, home: str):
        window = team.maintenance()
        address = f"{home}/maintenance/{window.id}/cancel"
        opened = read(editor.get(address).text).one("form", action=address).fields()
        team.move_on(window, "scheduled", "An hour later.")

        refused = editor.submit(address, opened | {"message": "Not today."})
        stage = get_maintenance(team.actor(), window.id).row.stage
        again = read(refused.text).one("form", action=address).fields()
        done = editor.submit(address, again)

        assert (refused.status_code, again["message"], stage) == (409, "Not today.", "scheduled")
        assert "has changed while you were writing" in refused.text
        assert done.status_code == 303
        assert get_maintenance(team.actor(), window.id).row.stage == "cancelled"

    def test_what_runs_cannot_be_cancelled(self, team: Team, editor: HttpBrowser, home: str):
        window = team.maintenance()
        team.move_on(window, "in_progress")

        answer = editor.submit(f"{home}/maintenance/{window.id}/cancel", {"message": "kept"})

        assert answer.status_code == 409
        assert "Finish it early instead." in answer.text

    def test_what_runs_over_says_so(self, team: Team, editor: HttpBrowser, home: str, time: time_machine.Traveller):
        window = team.maintenance(in_hours=1, auto_complete=False)
        team.move_on(window, "in_progress")
        time.shift(timedelta(hours=4))

        page = read(editor.get(f"{home}/maintenance/{window.id}").text)

        assert "The planned end has passed." in page.text


class TestEditing:
    def test_the_form_shows_the_plan_and_saves_it(self, team: Team, editor: HttpBrowser, home: str):
        api, web = team.service("API"), team.service("Web")
        window = team.maintenance("Network upgrade", api)
        address = f"{home}/maintenance/{window.id}/edit"

        fields = read(editor.get(address).text).one("form", id="plan").fields()
        answer = editor.submit(address, fields | {"title": "Network swap", "services": str(web.id)})

        detail = get_maintenance(team.actor(), window.id)
        assert answer.location == f"{home}/maintenance/{window.id}"
        assert (detail.row.title, [one.name for one in detail.row.affected]) == ("Network swap", ["Web"])
        assert (detail.row.starts_at, detail.row.ends_at) == (window.starts_at, window.ends_at)

    def test_a_start_in_the_second_of_two_hours_is_not_moved_by_saving(
        self, team: Team, editor: HttpBrowser, home: str
    ):
        second = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)  # 02:30 in Berlin for the second time
        window = team.maintenance(in_hours=(second - NOW) / timedelta(hours=1))
        address = f"{home}/maintenance/{window.id}/edit"

        editor.submit(address, read(editor.get(address).text).one("form", id="plan").fields() | {"title": "Renamed"})

        assert get_maintenance(team.actor(), window.id).row.starts_at == second

    def test_the_start_of_what_runs_stays(self, team: Team, editor: HttpBrowser, home: str):
        window = team.maintenance(in_hours=1)
        team.move_on(window, "in_progress")
        version = str(get_maintenance(team.actor(), window.id).version)

        answer = editor.submit(
            f"{home}/maintenance/{window.id}/edit", plan(ends_at="2026-11-02T15:00", seen_version=version)
        )

        row = get_maintenance(team.actor(), window.id).row
        assert answer.status_code == 303
        assert (row.starts_at, row.ends_at) == (window.starts_at, datetime(2026, 11, 2, 14, tzinfo=UTC))

    def test_of_what_is_over_only_the_words_change(self, team: Team, editor: HttpBrowser, home: str):
        window = team.maintenance()
        team.move_on(window, "in_progress")
        team.move_on(window, "completed")
        address = f"{home}/maintenance/{window.id}/edit"

        fields = read(editor.get(address).text).one("form", id="plan").fields()
        answer = editor.submit(address, fields | {"title": "What it was"})

        assert set(fields) == {"csrf_token", "seen_version", "title", "message"}
        assert answer.status_code == 303
        assert get_maintenance(team.actor(), window.id).row.title == "What it was"

    def test_who_saves_after_another_is_told_and_keeps_the_text(self, team: Team, editor: HttpBrowser, home: str):
        window = team.maintenance()
        address = f"{home}/maintenance/{window.id}/edit"
        fields = read(editor.get(address).text).one("form", id="plan").fields()
        editor.submit(address, fields | {"title": "First"})

        answer = editor.submit(address, fields | {"title": "Second"})

        assert answer.status_code == 409
        assert notice(answer).one("a").attributes["href"] == f"{home}/maintenance/{window.id}"
        kept = read(answer.text).one("form", id="plan").fields()
        assert kept["title"] == "Second"
        assert editor.submit(address, kept).status_code == 303
        assert get_maintenance(team.actor(), window.id).row.title == "Second"

    def test_a_message_is_mended(self, team: Team, editor: HttpBrowser, home: str):
        window = team.maintenance()
        team.move_on(window, "in_progress", "Wrnog.")
        [update] = get_maintenance(team.actor(), window.id).updates
        address = f"{home}/maintenance/{window.id}/updates/{update.id}/edit"

        assert read(editor.get(address).text).one("textarea").value == "Wrnog."
        assert editor.submit(address, {"message": ""}).status_code == 422
        answer = editor.submit(address, {"message": "Wrong."})

        [update] = get_maintenance(team.actor(), window.id).updates
        assert answer.location == f"{home}/maintenance/{window.id}"
        assert (update.message, update.edited_at) == ("Wrong.", clock.now())

    def test_of_two_who_mend_a_message_the_second_reads_what_the_first_wrote(
        self, team: Team, editor: HttpBrowser, home: str
    ):
        window = team.maintenance()
        team.move_on(window, "in_progress", "Wrnog.")
        [update] = get_maintenance(team.actor(), window.id).updates
        address = f"{home}/maintenance/{window.id}/updates/{update.id}/edit"
        [form] = [one for one in read(editor.get(address).text).one("main").all("form") if one.all("textarea")]
        edit_message(window.id, update.id, "Theirs.", by=team.actor())

        answer = editor.submit(address, {**form.fields(), "message": "Mine."})

        assert answer.status_code == 409
        assert "Theirs." in read(answer.text).one("main").text
        [kept] = [one for one in read(answer.text).one("main").all("form") if one.all("textarea")]
        assert kept.fields()["message"] == "Mine."
        assert editor.submit(address, kept.fields()).status_code == 303
        assert get_maintenance(team.actor(), window.id).updates[0].message == "Mine."


class TestRoles:
    def test_viewers_see_all_and_no_button(self, team: Team, viewer: HttpBrowser, home: str):
        running = team.maintenance(in_hours=1)
        team.move_on(running, "in_progress", "Half done.")
        editor = team.member(Role.EDITOR).browser()
        series = editor.submit(f"{home}/maintenance", plan(repeats="weekly")).location

        for address in (f"{home}/maintenance", f"{home}/maintenance/{running.id}", series):
            main = read(viewer.get(address).text).one("main")
            labels = {link.text for link in main.all(class_="button")}
            assert labels <= {"Menu", "Search", "Calendar", "Show on the page"}
            assert main.all("form") == []
