"""Each page tells its own subscribers, and only of what it shows."""

from uuid import UUID

import pytest

from app import clock
from app.database.scope import organization_scope
from app.pages.models import Page, PageItem
from app.services.models import Service
from app.subscribers.models import SubscriberChoice
from tests.builders import Team
from tests.delivery.conftest import Ledger, PostOffice
from tests.fakes.resend import FakeResend


def add_page(team: Team, slug: str, *services: Service) -> UUID:
    """A page that shows these services and nothing else."""
    with organization_scope(team.actor()) as scope:
        page = Page(
            organization_id=team.id,
            slug=slug,
            name=slug.capitalize(),
            time_zone="UTC",
            shows_all=False,
            created_at=clock.now(),
        )
        scope.session.add(page)
        scope.session.flush()
        scope.session.add_all(
            PageItem(organization_id=team.id, page_id=page.id, service_id=service.id, position=place)
            for place, service in enumerate(services)
        )
        return page.id


@pytest.fixture
def api(team: Team) -> Service:
    return team.service("API")


@pytest.fixture
def secret(team: Team) -> Service:
    """What only the first page shows."""
    return team.service("Secret project")


@pytest.fixture
def outside(team: Team, api: Service, secret: Service) -> UUID:
    """A page for customers, with a reader on it; on the first page, which shows everything, there is another."""
    page_id = add_page(team, "outside", api)
    team.subscriber("in@customer.example")
    team.subscriber("out@customer.example", page_id=page_id)
    return page_id


def test_a_mail_names_only_services_that_its_readers_page_shows(
    team: Team, api: Service, secret: Service, outside: UUID, post: PostOffice, resend: FakeResend
) -> None:
    team.incident("Errors", affects={secret: "major_outage", api: "degraded_performance"})
    post.tell()

    (inside,), (mail,) = resend.mails_to("in@customer.example"), resend.mails_to("out@customer.example")
    assert "Secret project" in inside["text"]
    assert "INVESTIGATING, major outage" in inside["text"]
    assert "Secret" not in mail["text"] + mail["html"] + mail["subject"]
    assert "INVESTIGATING, degraded performance" in mail["text"]
    assert mail["subject"] == "[Outside] Investigating: Errors"


def test_a_choice_that_the_page_shows_no_more_is_not_named(
    team: Team, secret: Service, post: PostOffice, resend: FakeResend
) -> None:
    europe, hidden = team.group("Europe"), team.group("Hidden")
    api = team.service("API", europe)
    team.service("Another secret", hidden)
    outside = add_page(team, "outside", api)
    reader = team.subscriber("all@customer.example", page_id=outside, chosen=(api, secret))
    with organization_scope(team.actor()) as scope:
        scope.session.add_all(
            SubscriberChoice(
                organization_id=team.id, subscriber_id=reader.id, group_id=group.id, created_at=clock.now()
            )
            for group in (europe, hidden)
        )

    team.incident(affects={api: "major_outage"})
    post.tell()

    (mail,) = resend.mails_to("all@customer.example")
    assert "You asked Outside to tell you about Europe and API." in " ".join(mail["text"].split())


def test_links_lead_to_the_readers_own_page(
    team: Team, api: Service, outside: UUID, post: PostOffice, resend: FakeResend
) -> None:
    incident = team.incident(affects={api: "major_outage"})
    post.tell()

    (mail,) = resend.mails_to("out@customer.example")
    assert f"http://localhost/outside/incidents/{incident.id}" in mail["text"]
    assert mail["headers"]["List-Unsubscribe"].startswith("<http://localhost/outside/unsubscribe/")
    assert "/northwind" not in mail["text"] + mail["html"]


def test_of_what_their_page_does_not_show_nobody_hears(
    team: Team, secret: Service, outside: UUID, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    team.incident(affects={secret: "major_outage"})
    team.maintenance("Upgrade", secret)
    post.tell()

    assert set(resend.recipients) == {"in@customer.example"}
    assert outside not in {notification.page_id for notification in ledger.notifications()}


def test_what_touches_no_service_is_told_on_every_page(
    team: Team, outside: UUID, post: PostOffice, resend: FakeResend
) -> None:
    team.incident("Everything is slow")
    team.announcement(mail=True)
    post.tell()

    assert sorted(resend.recipients) == ["in@customer.example"] * 2 + ["out@customer.example"] * 2


def test_who_heard_how_it_began_hears_how_it_ends_without_the_others_names(
    team: Team, api: Service, secret: Service, outside: UUID, post: PostOffice, resend: FakeResend
) -> None:
    incident = team.incident("Errors", affects={api: "major_outage"})
    post.tell()
    team.update(incident, affects={secret: "major_outage"})
    team.resolve(incident)
    post.tell()

    mails = resend.mails_to("out@customer.example")
    assert [mail["subject"].partition("] ")[2] for mail in mails] == ["Investigating: Errors", "Resolved: Errors"]
    assert "Secret" not in "".join(mail["text"] + mail["html"] for mail in mails)


def test_a_later_message_takes_an_earlier_ones_place_on_its_own_page_only(
    team: Team, api: Service, secret: Service, outside: UUID, post: PostOffice, resend: FakeResend
) -> None:
    incident = team.incident("Errors", affects={secret: "major_outage"})
    post.fan_out()
    team.update(incident, affects={secret: "major_outage", api: "major_outage"})

    post.tell()

    subjects = [(mail["to"][0], mail["subject"].partition("] ")[2]) for mail in resend.accepted]
    assert sorted(subjects) == [
        ("in@customer.example", "Identified: Errors"),
        ("out@customer.example", "Identified: Errors"),
    ]


def test_an_event_taken_up_twice_is_told_once_on_each_page(
    team: Team, api: Service, outside: UUID, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    team.incident(affects={api: "major_outage"})
    post.tell()

    for notification in ledger.notifications():
        post.take_up(team.id, notification.event_id)
    post.send_due()

    assert sorted(resend.recipients) == ["in@customer.example", "out@customer.example"]
    assert len(ledger.notifications()) == 2


def test_a_confirmation_comes_from_the_page_on_which_it_was_asked_for(
    team: Team, outside: UUID, post: PostOffice, resend: FakeResend
) -> None:
    from app.pages.finding import get_page
    from app.subscribers.actions import request_subscription

    request_subscription(get_page("outside"), "new@customer.example")
    post.tell()

    (mail,) = resend.mails_to("new@customer.example")
    assert "http://localhost/outside/subscribe/confirm/" in mail["text"]


def test_members_are_reminded_once_whatever_pages_there_are(
    team: Team, api: Service, outside: UUID, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    team.invite("guest@customer.example")
    post.tell()

    assert resend.recipients == ["guest@customer.example"]
    assert [notification.page_id for notification in ledger.notifications()] == [None]
