"""Announcements in mails: to all subscribers when they begin, if their writer wanted that."""

from datetime import timedelta

import pytest

from app.addresses.pages import NewPage, create_page
from app.announcements import actions as announcements
from app.announcements.rules import Audience
from tests.builders import Team, World
from tests.delivery.conftest import PostOffice
from tests.fakes.resend import FakeResend

HOUR = timedelta(hours=1)


def test_all_subscribers_are_told_whatever_services_they_chose(
    team: Team, world: World, post: PostOffice, resend: FakeResend
) -> None:
    api = team.service("API")
    team.subscriber("all@customer.example")
    team.subscriber("api@customer.example", chosen=(api,))
    world.team("Southwind").subscriber("theirs@customer.example")

    team.announcement("Support is closed tomorrow", "We answer on **Friday**.", level="warning", mail=True)
    post.tell()

    assert sorted(resend.recipients) == ["all@customer.example", "api@customer.example"]
    mail = resend.accepted[0]
    assert mail["subject"] == "[Northwind Cloud] Support is closed tomorrow"
    assert "We answer on Friday." in mail["text"]
    assert "<strong>Friday</strong>" in mail["html"]
    assert "Please note" in mail["html"]


def test_one_for_the_page_alone_is_told_to_nobody(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()

    team.announcement()
    post.tell()

    assert resend.accepted == []


def test_one_to_come_is_told_when_it_begins_and_once(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    team.announcement(mail=True, begins_in=HOUR)
    post.tell()
    before = len(resend.accepted)
    post.traveller.shift(HOUR)

    announcements.keep_announcements()
    announcements.keep_announcements()
    post.tell()

    assert (before, len(resend.accepted)) == (0, 1)


def test_an_edit_is_not_told_again(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()
    announcement = team.announcement(mail=True)
    post.tell()
    details = announcements.AnnouncementDetails("Support is closed today", audience=Audience.PAGE_AND_MAIL)

    announcements.edit_announcement(announcement.id, details, by=team.actor())
    post.tell()

    assert len(resend.accepted) == 1


@pytest.mark.parametrize("how", ["removed", "ended", "over"])
def test_what_nobody_can_read_any_more_is_not_told(team: Team, post: PostOffice, resend: FakeResend, how: str) -> None:
    team.subscriber()
    announcement = team.announcement(mail=True, lasts=HOUR)
    post.fan_out()
    if how == "removed":
        announcements.remove_announcement(announcement.id, by=team.actor())
    elif how == "ended":
        announcements.end_announcement(announcement.id, by=team.actor())
    else:
        post.traveller.shift(HOUR)

    post.send_due()

    assert resend.accepted == []


def test_what_was_typed_makes_no_header_and_no_tag(team: Team, post: PostOffice, resend: FakeResend) -> None:
    team.subscriber()

    team.announcement("<script>x</script>\u2028Bcc: a@x.example", "<img src=x onerror=alert(1)>", mail=True)
    post.tell()

    (mail,) = resend.accepted
    assert "\u2028" not in mail["subject"]
    assert "<script>" not in mail["html"]
    assert "<img" not in mail["html"]


def test_one_for_one_page_is_mailed_to_its_readers_alone(team: Team, post: PostOffice, resend: FakeResend) -> None:
    """Somebody who reads both pages is told once, by the page that it is for."""
    theirs = create_page(NewPage("For partners", "partners", "UTC"), by=team.actor())
    for name in ("ours", "both"):
        team.subscriber(f"{name}@customer.example")
    for name in ("theirs", "both"):
        team.subscriber(f"{name}@customer.example", page_id=theirs.id)
    details = announcements.AnnouncementDetails(
        "A word to partners", audience=Audience.PAGE_AND_MAIL, page_id=theirs.id
    )

    announcements.announce(details, by=team.actor())
    post.tell()

    assert sorted(resend.recipients) == ["both@customer.example", "theirs@customer.example"]
    assert {mail["subject"] for mail in resend.accepted} == {"[For partners] A word to partners"}


def test_one_that_left_a_page_is_not_sent_to_its_readers_any_more(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    theirs = create_page(NewPage("For partners", "partners", "UTC"), by=team.actor())
    team.subscriber("ours@customer.example")
    announcement = team.announcement("A word", mail=True)
    post.fan_out()
    details = announcements.AnnouncementDetails("A word", audience=Audience.PAGE_AND_MAIL, page_id=theirs.id)

    announcements.edit_announcement(announcement.id, details, by=team.actor())
    post.send_due()

    assert resend.accepted == []
