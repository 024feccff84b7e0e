"""A browser is told what it asked for: encrypted for it alone, by the ledger that mails are told by."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app import clock
from app.database.scope import organization_scope
from app.delivery import sending
from app.delivery.rules import Channel, DeliveryState
from app.delivery.transports.chosen import transport_for
from app.delivery.transports.push import PushBatch, PushMessage, PushTransport
from app.organizations.rules import Role
from app.pages.address import PageAddress
from app.push.actions import NewBrowser, subscribe_browser
from app.push.models import PushEndpoint
from app.push.rules import PUSH_SERVICES, Admitted, Endpoint, read_endpoint
from app.subscribers.models import Subscriber
from app.teams.actions import remove_member
from tests.builders import Team
from tests.delivery.conftest import Ledger, PostOffice
from tests.fakes.push import FakeBrowser, FakePushService, fake_push_service
from tests.fakes.resend import FakeResend


@pytest.fixture
def service() -> Iterator[FakePushService]:
    with fake_push_service() as running:
        yield running


def endpoint_of(browser: FakeBrowser) -> Endpoint:
    sent = browser.subscription()
    services = (*PUSH_SERVICES, browser.origin)
    endpoint = read_endpoint(sent["endpoint"], sent["keys"]["p256dh"], sent["keys"]["auth"], services)
    assert endpoint is not None
    return endpoint


def send_due(post: PostOffice) -> None:
    """Mails by the fake provider, messages to browsers by the product's own transport."""
    while sending.send_next(lambda channel: post.transport if channel is Channel.EMAIL else transport_for(channel)):
        pass


def test_a_browser_and_an_address_hear_of_the_same(
    team: Team, post: PostOffice, resend: FakeResend, service: FakePushService, ledger: Ledger
) -> None:
    ada = service.browser()
    subscribe_browser(team.page, NewBrowser(endpoint_of(ada), "Firefox on Linux"))
    team.subscriber("bob@customer.example")

    team.incident("Errors", message="The **API** answers slowly.\n\nMore soon.")
    post.fan_out()
    send_due(post)

    (news,) = ada.got
    assert news["title"] == "Northwind Cloud: Investigating: Errors"
    assert news["text"] == "The API answers slowly. More soon."
    assert news["url"].startswith("http://localhost/northwind/incidents/")
    assert ada.headers[0]["authorization"].startswith("vapid ")
    assert len(resend.mails_to("bob@customer.example")) == 1
    assert {(one.channel, one.state) for one in ledger.deliveries()} == {
        (Channel.EMAIL, DeliveryState.SENT),
        (Channel.PUSH, DeliveryState.SENT),
    }


def test_what_goes_on_takes_the_place_of_what_was_said_before(
    team: Team, post: PostOffice, service: FakePushService
) -> None:
    ada = service.browser()
    subscribe_browser(team.page, NewBrowser(endpoint_of(ada), "Firefox"))
    incident = team.incident("Errors")
    post.fan_out()
    send_due(post)

    team.resolve(incident)
    post.fan_out()
    send_due(post)

    begun, over = ada.got
    assert begun["tag"] == over["tag"]
    assert begun["id"] != over["id"]
    assert ada.headers[1]["topic"] == over["tag"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(
    team: Team, post: PostOffice, service: FakePushService, status: int
) -> None:
    gone, here = service.browser("gone"), service.browser("here")
    for browser in (gone, here):
        subscribe_browser(team.page, NewBrowser(endpoint_of(browser), "Firefox"))
    gone.status = status

    team.incident()
    post.fan_out()
    send_due(post)

    assert len(here.got) == 1
    with organization_scope(team.actor(), read_only=True) as scope:
        assert [one.url for one in scope.session.query(PushEndpoint)] == [here.endpoint]
        assert scope.session.query(Subscriber).count() == 1


def test_a_service_that_is_busy_is_asked_again_when_it_says_so(
    team: Team, post: PostOffice, service: FakePushService, ledger: Ledger
) -> None:
    ada, bob = service.browser("ada"), service.browser("bob")
    for browser in (ada, bob):
        subscribe_browser(team.page, NewBrowser(endpoint_of(browser), "Firefox"))
    ada.status = 429
    team.incident()
    post.fan_out()
    send_due(post)
    assert (len(ada.got), len(bob.got)) == (0, 1)

    ada.status = 201
    post.traveller.shift(timedelta(minutes=1))
    send_due(post)

    assert (len(ada.got), len(bob.got)) == (1, 1)
    assert {one.state for one in ledger.deliveries()} == {DeliveryState.SENT}


def test_who_stopped_before_it_was_sent_is_not_told(
    team: Team, post: PostOffice, service: FakePushService, ledger: Ledger
) -> None:
    ada = service.browser()
    subscriber_id = subscribe_browser(team.page, NewBrowser(endpoint_of(ada), "Firefox"))
    team.incident()
    post.fan_out()
    with organization_scope(team.actor()) as scope:
        scope.session.delete(scope.session.query(PushEndpoint).filter_by(subscriber_id=subscriber_id).one())

    send_due(post)

    assert ada.got == []
    assert [one.state for one in ledger.deliveries()] == [DeliveryState.SUPERSEDED]


def test_the_same_browser_asking_twice_is_told_once(team: Team, post: PostOffice, service: FakePushService) -> None:
    ada = service.browser()

    first = subscribe_browser(team.page, NewBrowser(endpoint_of(ada), "Firefox"))
    again = subscribe_browser(team.page, NewBrowser(endpoint_of(ada), "Firefox"))
    team.incident()
    post.fan_out()
    send_due(post)

    assert first == again
    assert len(ada.got) == 1


def test_a_refusal_for_good_is_written_down(app: Flask, service: FakePushService) -> None:
    transport = transport_for(Channel.PUSH)
    assert isinstance(transport, PushTransport)
    ada = service.browser()
    ada.status = 413
    message = push_message(ada)

    (result,) = transport.send(PushBatch((message,)))

    assert result.refused == {0: "413 from the push service."}
    assert tuple(result.gone) == ()


def push_message(browser: FakeBrowser) -> PushMessage:
    return PushMessage(uuid4(), endpoint_of(browser), "Errors", "It is slow.", "http://localhost/", "en", "a" * 32)


class TestBehindAList:
    """A page that only those on a list may see: a browser has no address that the list could name."""

    @pytest.fixture
    def page(self, team: Team) -> PageAddress:
        return team.close_page("addresses", addresses="@customer.example")

    def test_a_browser_is_told_as_long_as_it_was_let_in(
        self, team: Team, page: PageAddress, post: PostOffice, service: FakePushService
    ) -> None:
        ada, eve = service.browser("ada"), service.browser("eve")
        subscribe_browser(page, NewBrowser(endpoint_of(ada), "Firefox", admitted=admitted(page)))
        subscribe_browser(page, NewBrowser(endpoint_of(eve), "Firefox"))

        team.incident("Errors")
        post.fan_out()
        send_due(post)
        post.traveller.shift(timedelta(days=2))
        team.incident("Again")
        post.fan_out()
        send_due(post)

        assert [news["title"] for news in ada.got] == ["Northwind Cloud: Investigating: Errors"]
        assert eve.got == []

    def test_another_list_asks_every_browser_anew(
        self, team: Team, page: PageAddress, post: PostOffice, service: FakePushService
    ) -> None:
        ada = service.browser()
        subscribe_browser(page, NewBrowser(endpoint_of(ada), "Firefox", admitted=admitted(page)))
        team.incident("Errors")
        post.fan_out()

        team.close_page("addresses", addresses="@other.example")
        send_due(post)

        assert ada.got == []

    def test_a_members_browser_is_told_as_long_as_they_are_one(
        self, team: Team, page: PageAddress, post: PostOffice, service: FakePushService
    ) -> None:
        vera, browser = team.member(Role.VIEWER), service.browser()
        admission = admitted(page, vera.user_id)
        subscribe_browser(page, NewBrowser(endpoint_of(browser), "Firefox", admitted=admission))
        for title in ("While there", "After that"):
            team.incident(title)
            post.fan_out()
            send_due(post)
            if title == "While there":
                remove_member(vera.user_id, by=team.actor())

        assert [news["title"] for news in browser.got] == ["Northwind Cloud: Investigating: While there"]


def test_of_a_page_for_members_a_browser_is_told_as_long_as_its_member_is_one(
    team: Team, post: PostOffice, service: FakePushService
) -> None:
    page, vera, browser = team.close_page("members"), team.member(Role.VIEWER), service.browser()
    admission = admitted(page, vera.user_id)
    subscribe_browser(page, NewBrowser(endpoint_of(browser), "Firefox", admitted=admission))
    for title in ("While there", "After that"):
        team.incident(title)
        post.fan_out()
        send_due(post)
        if title == "While there":
            remove_member(vera.user_id, by=team.actor())

    assert [news["title"] for news in browser.got] == ["Northwind Cloud: Investigating: While there"]


def admitted(page: PageAddress, user_id: UUID | None = None) -> Admitted:
    """For a day."""
    return Admitted(page.access_version, clock.now() + timedelta(days=1), user_id)
