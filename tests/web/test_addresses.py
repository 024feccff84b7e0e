"""Addresses that something had before: who reads there is led on, with the rest of the path and the query."""

import pytest

from app.addresses.actions import move_organization
from app.subscribers.tokens import manage_token
from tests.browsers import HttpBrowser
from tests.builders import Team, World


@pytest.fixture
def moved(team: Team) -> Team:
    """Northwind, which was at /northwind and is at /north now, with its page."""
    move_organization("north", with_page=True, by=team.actor())
    return team


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/northwind", "/north"),
        ("/NorthWind", "/north"),
        ("/northwind/", "/north/"),
        ("/northwind/subscribe?a=1&b=%2F", "/north/subscribe?a=1&b=%2F"),
        ("/northwind/subscribe/a%0d%0ab", "/north/subscribe/a%0D%0Ab"),
        ("/northwind/subscribe/a%3Fb%23c%25d", "/north/subscribe/a%3Fb%23c%25d"),
        ("/northwind/subscribe/%C3%A9%20%5C", "/north/subscribe/%C3%A9%20%5C"),
        ("/northwind/subscribe?a=%0d%0ab", "/north/subscribe?a=%0d%0ab"),
        ("/api/northwind/status", "/api/north/status"),
        ("/northwind/services/not-found", None),
    ],
)
def test_a_page_leads_on_to_where_it_is_now(moved: Team, client: HttpBrowser, old: str, new: str | None):
    answer = client.get(old)

    assert answer.status_code == (302 if new else 404)
    assert answer.location == new


def test_everything_below_a_page_leads_on_too(moved: Team, client: HttpBrowser):
    incident = moved.incident()

    answer = client.get(f"/northwind/incidents/{incident.id}")

    assert answer.location == f"/north/incidents/{incident.id}"


def test_a_mail_program_that_unsubscribes_at_the_old_address_is_heard(moved: Team, client: HttpBrowser):
    subscriber = moved.subscriber()
    token = manage_token(subscriber.id)

    answer = client.post(f"/northwind/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert client.get(f"/northwind/unsubscribe/{token}").location == f"/north/unsubscribe/{token}"


@pytest.mark.parametrize("rest", ["/", "/incidents", "/services?group=1", "/account"])
def test_members_are_led_on_to_the_dashboards_new_address(moved: Team, rest: str):
    answer = moved.founder.browser().get(f"/dashboard/northwind{rest}")

    assert (answer.status_code, answer.location) == (302, f"/dashboard/north{rest}")


def test_a_form_that_was_open_while_the_dashboard_moved_is_sent_on(moved: Team):
    browser = moved.founder.browser()

    answer = browser.submit("/dashboard/northwind/groups", {"name": "Platform"})

    # 307: the browser sends the very same form there.
    assert (answer.status_code, answer.location) == (307, "/dashboard/north/groups")


def test_a_stranger_cannot_tell_an_old_address_from_one_that_never_was(moved: Team, world: World):
    stranger = world.team("Contoso", "contoso").founder.browser()

    old, never = (stranger.get(f"/dashboard/{slug}/incidents") for slug in ("northwind", "no-such-organization"))

    assert old.status_code == never.status_code == 404
    assert old.data == never.data


def test_an_address_that_was_taken_back_is_shown_again(moved: Team, client: HttpBrowser):
    move_organization("northwind", with_page=True, by=moved.actor())

    assert client.get("/northwind").status_code == 200
    assert client.get("/north").location == "/northwind"
