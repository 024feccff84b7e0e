"""Announcements from writing to the end: once each, also with two clocks, and never before their time."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import clock
from app.announcements import actions
from app.announcements.actions import AnnouncementDetails, keep_announcements, take_step
from app.announcements.models import Announcement
from app.announcements.queries import get_announcement, list_announcements
from app.announcements.rules import FULL, MOST_AT_ONCE, TOO_MANY, Audience, Level
from app.closing.actions import close_organization
from app.commands.clock import SWEEPS
from app.database.actor import Actor, ActorRole
from app.database.audit import AuditEntry
from app.database.outbox import Event
from app.database.scope import Scope, organization_scope
from app.errors import Conflict, Invalid, InvalidTransition, NotFound
from app.pages.finding import get_page
from app.pages.queries import build_page
from app.pages.views import AnnouncementView
from tests.builders import Team, World

HOUR = timedelta(hours=1)


@pytest.fixture
def traveller(app: Flask) -> Iterator[time_machine.Traveller]:
    """A time that stands still and can be moved on."""
    with time_machine.travel(datetime.now(UTC), tick=False) as moving:
        yield moving


def shown(team: Team) -> tuple[AnnouncementView, ...]:
    return build_page(get_page(team.slug)).announcements


def titles(team: Team) -> list[str]:
    return [view.title for view in shown(team)]


def revision(team: Team) -> int:
    return get_page(team.slug).revision


def events(team: Team) -> list[str]:
    """What was told, in the order of the alphabet: within a millisecond there is no other."""
    with organization_scope(team.actor()) as scope:
        told = select(Event.kind).where(Event.kind.startswith("announcement.")).order_by(Event.kind)
        return [kind.removeprefix("announcement.") for kind in scope.session.scalars(told)]


def recorded(team: Team) -> list[str]:
    """What stands in the audit log, likewise."""
    with organization_scope(team.actor()) as scope:
        entries = (
            select(AuditEntry.action).where(AuditEntry.action.startswith("announcement.")).order_by(AuditEntry.action)
        )
        return [action.removeprefix("announcement.") for action in scope.session.scalars(entries)]


def details(title: str = "Support is closed", **more: object) -> AnnouncementDetails:
    return AnnouncementDetails(title, **more)  # type: ignore[arg-type]


class TestShowing:
    def test_one_without_a_begin_is_on_the_page_at_once(self, team: Team):
        team.announcement("Support is closed", "We answer on **Friday**.", level="warning")

        (view,) = shown(team)
        assert (view.title, view.html, view.text) == (
            "Support is closed",
            "<p>We answer on <strong>Friday</strong>.</p>",
            "We answer on Friday.",
        )
        assert view.level is Level.WARNING

    def test_one_to_come_appears_at_its_time_by_the_clock_alone(self, team: Team, traveller: time_machine.Traveller):
        team.announcement("Later", begins_in=HOUR)
        before = revision(team)
        traveller.shift(HOUR - timedelta(seconds=1))
        keep_announcements()
        too_early = titles(team)
        traveller.shift(timedelta(seconds=1))

        keep_announcements()

        assert too_early == []
        assert titles(team) == ["Later"]
        assert revision(team) == before + 1

    def test_its_end_takes_it_off_and_raises_the_revision_once(self, team: Team, traveller: time_machine.Traveller):
        team.announcement(lasts=HOUR)
        before = revision(team)
        traveller.shift(HOUR)

        for _ in range(3):
            keep_announcements()

        assert titles(team) == []
        assert revision(team) == before + 1
        assert events(team) == ["ended", "published"]

    def test_a_page_is_to_be_built_anew_when_an_announcement_ends(self, team: Team, traveller: time_machine.Traveller):
        traveller.move_to(datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
        announcement = team.announcement(lasts=HOUR)

        assert build_page(get_page(team.slug)).turns_at == announcement.ends_at

    def test_one_that_cannot_be_published_does_not_hold_up_other_organizations(
        self, team: Team, world: World, traveller: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
    ):
        other = world.team("Contoso", "contoso")
        broken = team.announcement(begins_in=HOUR)
        other.announcement("Moving house", begins_in=2 * HOUR)
        publish = actions._publish

        def fail(scope: Scope, row: Announcement, now: datetime) -> None:
            if row.id == broken.id:
                raise RuntimeError("this one cannot")
            publish(scope, row, now)

        monkeypatch.setattr(actions, "_publish", fail)
        traveller.shift(2 * HOUR)

        with pytest.raises(RuntimeError, match="this one cannot"):
            keep_announcements()

        assert (titles(team), titles(other)) == ([], ["Moving house"])

    def test_an_organization_that_is_being_deleted_is_left_alone(self, team: Team, traveller: time_machine.Traveller):
        team.announcement(begins_in=HOUR)
        close_organization(team.organization.name, by=team.actor())
        traveller.shift(HOUR)

        keep_announcements()

        assert events(team) == ["created"]

    def test_two_clocks_publish_once(self, team: Team, traveller: time_machine.Traveller, app: Flask):
        announcement = team.announcement(begins_in=HOUR)
        traveller.shift(HOUR)

        def step() -> None:
            with app.app_context():
                take_step(team.id, announcement.id)

        clocks = [threading.Thread(target=step) for _ in range(4)]
        for one in clocks:
            one.start()
        for one in clocks:
            one.join()

        assert events(team) == ["created", "published"]

    def test_one_whose_time_passed_while_the_clock_stood_still_is_never_shown(
        self, team: Team, traveller: time_machine.Traveller
    ):
        team.announcement(begins_in=HOUR, lasts=HOUR)
        before = revision(team)
        traveller.shift(3 * HOUR)

        keep_announcements()

        assert titles(team) == []
        assert events(team) == ["created", "ended"]
        assert revision(team) == before

    def test_one_that_began_while_the_clock_stood_still_is_shown_late(
        self, team: Team, traveller: time_machine.Traveller
    ):
        team.announcement("Late", begins_in=HOUR, lasts=3 * HOUR)
        traveller.shift(2 * HOUR)

        keep_announcements()

        assert titles(team) == ["Late"]

    def test_the_loudest_comes_first_then_the_latest(self, team: Team, traveller: time_machine.Traveller):
        for title, level in (("Old", "info"), ("Loud", "critical"), ("New", "info"), ("Middle", "warning")):
            team.announcement(title, level=level)
            traveller.shift(timedelta(minutes=1))

        assert titles(team) == ["Loud", "Middle", "New", "Old"]

    def test_visitors_connections_read_nothing_that_has_not_begun_or_is_removed(self, team: Team):
        team.announcement("To come", begins_in=HOUR)
        removed = team.announcement("Removed")
        actions.remove_announcement(removed.id, by=team.actor())
        team.announcement("Shown")

        for role in (ActorRole.VISITOR, ActorRole.SUBSCRIBER):
            with organization_scope(Actor(team.id, role)) as scope:
                assert list(scope.session.scalars(select(Announcement.title))) == ["Shown"]


class TestWriting:
    def test_five_at_once_and_no_more(self, team: Team):
        for number in range(MOST_AT_ONCE):
            team.announcement(f"Number {number}")

        with pytest.raises(Invalid) as refusal:
            team.announcement("One too many")

        assert refusal.value.faults == {"begins_at": TOO_MANY}

    def test_no_more_are_kept_than_anybody_plans(self, team: Team, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(actions, "MOST_KEPT", 2)
        for day in (1, 2):
            coming = team.announcement(f"Day {day}", begins_in=24 * day * HOUR, lasts=HOUR)

        with pytest.raises(Invalid) as refusal:
            team.announcement("One too many", begins_in=72 * HOUR, lasts=HOUR)
        edited = actions.edit_announcement(
            coming.id, details("Still there", begins_at=coming.begins_at), by=team.actor()
        )
        actions.remove_announcement(coming.id, by=team.actor())
        team.announcement("In its place", begins_in=72 * HOUR, lasts=HOUR)

        assert refusal.value.faults == {"title": FULL}
        assert edited.title == "Still there"

    def test_what_is_over_takes_no_place(
        self, team: Team, monkeypatch: pytest.MonkeyPatch, traveller: time_machine.Traveller
    ):
        monkeypatch.setattr(actions, "MOST_KEPT", 1)
        team.announcement("Over soon", lasts=HOUR)
        traveller.shift(HOUR)

        assert team.announcement("The next")

    def test_two_who_write_at_once_do_not_both_get_the_last_place(self, team: Team, app: Flask):
        for number in range(MOST_AT_ONCE - 1):
            team.announcement(f"Number {number}")
        refused = []
        together = threading.Barrier(4)

        def write() -> None:
            with app.app_context():
                together.wait()
                try:
                    actions.announce(details(), by=team.actor())
                except Invalid as refusal:
                    refused.append(refusal)

        writers = [threading.Thread(target=write) for _ in range(4)]
        for one in writers:
            one.start()
        for one in writers:
            one.join()

        assert len(refused) == 3
        assert len(shown(team)) == MOST_AT_ONCE

    def test_a_form_sent_twice_announces_once(self, team: Team):
        form_id = uuid4()

        first = actions.announce(details(), form_id=form_id, by=team.actor())
        again = actions.announce(details(), form_id=form_id, by=team.actor())

        assert again.id == first.id
        assert len(shown(team)) == 1

    def test_a_form_sent_twice_with_other_words_is_told_of(self, team: Team):
        form_id = uuid4()
        actions.announce(details(), form_id=form_id, by=team.actor())

        with pytest.raises(Conflict):
            actions.announce(details("Other words"), form_id=form_id, by=team.actor())

    @pytest.mark.parametrize(
        ("field", "refused"),
        [
            ("title", {"title": ""}),
            ("message", {"message": "x" * 10_001}),
            ("ends_at", {"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}),
            ("begins_at", {"begins_at": datetime(2099, 1, 1, tzinfo=UTC)}),
        ],
    )
    def test_what_cannot_be_shown_is_refused_at_its_field(self, team: Team, field: str, refused: dict[str, object]):
        with pytest.raises(Invalid) as refusal:
            actions.announce(AnnouncementDetails(**({"title": "Fine"} | refused)), by=team.actor())

        assert set(refusal.value.faults) == {field}

    def test_a_begin_that_is_past_means_at_once(self, team: Team):
        actions.announce(details(begins_at=clock.now() - HOUR), by=team.actor())

        assert len(shown(team)) == 1

    def test_markdown_comes_out_harmless(self, team: Team):
        team.announcement("Look", "<script>alert(1)</script> [x](javascript:alert(1)) <p hx-get=/x>")

        (view,) = shown(team)
        assert "<script" not in view.html
        assert 'href="javascript' not in view.html
        assert "<p hx-get" not in view.html


class TestEditing:
    def test_new_words_are_shown_at_once_marked_and_the_old_ones_kept(self, team: Team):
        announcement = team.announcement("Suport is closed", "We answer on Friday.")

        actions.edit_announcement(announcement.id, details(message="We answer on Friday."), by=team.actor())

        (view,) = shown(team)
        assert view.title == "Support is closed"
        assert view.edited_at is not None
        (edit,) = get_announcement(team.actor(), announcement.id).edits
        assert (edit.field, edit.before, edit.after) == ("title", "Suport is closed", "Support is closed")

    def test_one_to_come_that_is_moved_to_now_is_shown_now(self, team: Team):
        announcement = team.announcement("Support is closed", "", begins_in=HOUR)

        actions.edit_announcement(announcement.id, details(), by=team.actor())

        assert titles(team) == ["Support is closed"]
        assert events(team) == ["created", "published"]

    def test_the_begin_of_one_that_is_shown_cannot_be_moved(self, team: Team):
        announcement = team.announcement()

        with pytest.raises(Invalid) as refusal:
            actions.edit_announcement(announcement.id, details(begins_at=clock.now() + HOUR), by=team.actor())

        assert set(refusal.value.faults) == {"begins_at"}

    def test_an_end_can_be_moved_and_taken_away(self, team: Team, traveller: time_machine.Traveller):
        announcement = team.announcement("Support is closed", lasts=HOUR)
        actions.edit_announcement(announcement.id, details(ends_at=clock.now() + 2 * HOUR), by=team.actor())
        traveller.shift(HOUR)
        keep_announcements()
        after_an_hour = titles(team)
        actions.edit_announcement(announcement.id, details(), by=team.actor())
        traveller.shift(2 * HOUR)
        keep_announcements()

        assert after_an_hour == titles(team) == ["Support is closed"]

    def test_nothing_changed_tells_nobody(self, team: Team):
        announcement = team.announcement("Support is closed", "")
        before = revision(team)

        actions.edit_announcement(announcement.id, details(), by=team.actor())

        assert revision(team) == before
        assert events(team) == ["published"]

    def test_the_second_of_two_editors_is_told(self, team: Team):
        announcement = team.announcement()
        actions.edit_announcement(announcement.id, details("First"), seen_version=1, by=team.actor())

        with pytest.raises(Conflict):
            actions.edit_announcement(announcement.id, details("Second"), seen_version=1, by=team.actor())

        assert titles(team) == ["First"]

    def test_a_past_one_is_not_edited(self, team: Team):
        announcement = team.announcement()
        actions.end_announcement(announcement.id, by=team.actor())

        with pytest.raises(InvalidTransition):
            actions.edit_announcement(announcement.id, details(), by=team.actor())


class TestEnding:
    def test_ended_now_it_is_off_the_page_and_among_the_past_ones(self, team: Team):
        announcement = team.announcement("Support is closed")

        actions.end_announcement(announcement.id, by=team.actor())
        actions.end_announcement(announcement.id, by=team.actor())

        assert titles(team) == []
        assert [row.title for row in list_announcements(team.actor()).past] == ["Support is closed"]
        assert events(team) == ["ended", "published"]

    def test_one_to_come_is_removed_and_not_ended(self, team: Team):
        announcement = team.announcement(begins_in=HOUR)

        with pytest.raises(InvalidTransition):
            actions.end_announcement(announcement.id, by=team.actor())

    def test_removed_it_is_nowhere_and_never_comes(self, team: Team, traveller: time_machine.Traveller):
        announcement = team.announcement(begins_in=HOUR)

        actions.remove_announcement(announcement.id, by=team.actor())
        actions.remove_announcement(announcement.id, by=team.actor())
        traveller.shift(HOUR)
        keep_announcements()

        assert list_announcements(team.actor()).is_empty
        assert titles(team) == []
        assert events(team) == ["created", "removed"]

    def test_another_organizations_is_missing(self, team: Team, world: World):
        theirs = world.team("Southwind").announcement()

        for act in (actions.end_announcement, actions.remove_announcement):
            with pytest.raises(NotFound):
                act(theirs.id, by=team.actor())


def test_each_step_is_one_entry_of_the_audit_log(team: Team, traveller: time_machine.Traveller):
    announcement = team.announcement(begins_in=HOUR, lasts=HOUR)
    actions.edit_announcement(
        announcement.id,
        details(audience=Audience.PAGE_AND_MAIL, begins_at=announcement.begins_at, ends_at=announcement.ends_at),
        by=team.actor(),
    )
    traveller.shift(HOUR)
    keep_announcements()
    traveller.shift(HOUR)
    keep_announcements()
    actions.remove_announcement(announcement.id, by=team.actor())

    assert recorded(team) == ["created", "edited", "ended", "published", "removed"]


def test_the_list_takes_two_statements_and_parts_what_is_shown(team: Team, traveller: time_machine.Traveller):
    team.announcement("To come", begins_in=HOUR)
    team.announcement("Shown")
    team.announcement("Over", lasts=HOUR / 2)
    traveller.shift(HOUR / 2)

    found = list_announcements(team.actor())

    assert [[row.title for row in rows] for rows in (found.active, found.upcoming, found.past)] == [
        ["Shown"],
        ["To come"],
        ["Over"],
    ]


def test_the_clock_looks_after_them_within_five_seconds():
    (sweep,) = (sweep for sweep in SWEEPS if sweep.run is keep_announcements)

    assert sweep.every_seconds <= 5
