"""Who is told, and whom a mail did not reach: to look at."""

import pytest

from app import clock
from app.database.scope import organization_scope
from app.subscribers.models import Subscriber
from app.subscribers.listing import ON_A_PAGE
from app.subscribers.rules import SubscriberState
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team


def shown(browser: HttpBrowser, path: str) -> list[str]:
    """The addresses on a page of the list."""
    rows = read(browser.get(path).text).one("section", aria_labelledby="list").all("tr")
    return [row.all("td")[0].text for row in rows if row.all("td")]


def tiles(page: Element) -> list[str]:
    return [tile.one("span", class_="value").text for tile in page.all("div", class_="tile")]


def put(team: Team, subscriber: Subscriber, state: SubscriberState) -> None:
    with organization_scope(team.actor()) as scope:
        kept = scope.get(Subscriber, subscriber.id)
        kept.state, kept.unsubscribed_at = state, clock.now()


def test_each_state_is_counted_and_can_be_shown_alone(team: Team, viewer: HttpBrowser, home: str):
    put(team, team.subscriber("waiting@customer.example"), SubscriberState.PENDING)
    put(team, team.subscriber("left@customer.example"), SubscriberState.UNSUBSCRIBED)
    team.subscriber("told@customer.example")
    team.subscriber("also@customer.example")

    page = read(viewer.get(f"{home}/subscribers").text)

    assert tiles(page) == ["1", "2", "1", "0"]
    assert len(shown(viewer, f"{home}/subscribers")) == 4
    assert shown(viewer, f"{home}/subscribers?state=pending") == ["waiting@customer.example"]
    assert shown(viewer, f"{home}/subscribers?state=unsubscribed") == ["left@customer.example"]


def test_what_they_hear_of_is_named(team: Team, viewer: HttpBrowser, home: str):
    api, web = team.service("API"), team.service("Web")
    team.subscriber("all@customer.example")
    team.subscriber("some@customer.example", chosen=(web, api))

    rows = read(viewer.get(f"{home}/subscribers").text).one("section", aria_labelledby="list").all("tr")

    assert [row.all("td")[2].text for row in rows[1:]] == ["API, Web", "All services"]


def test_a_long_list_goes_on_without_gap_or_repetition(team: Team, viewer: HttpBrowser, home: str):
    for number in range(ON_A_PAGE + 5):
        team.subscriber(f"reader-{number}@many.example")

    first = viewer.get(f"{home}/subscribers?state=confirmed").text
    more = next(link for link in read(first).all("a") if link.text == "Older").attributes["href"]

    assert len(set(shown(viewer, f"{home}/subscribers?state=confirmed") + shown(viewer, more))) == 105
    assert "state=confirmed" in more


def test_a_mail_that_came_back_is_shown_with_its_reason(team: Team, viewer: HttpBrowser, home: str, told):
    team.subscriber("gone@customer.example")
    team.incident("Errors")
    told(team, failing="The mailbox does not exist")

    failures = read(viewer.get(f"{home}/subscribers").text).one("section", aria_labelledby="failures").text

    assert "gone@customer.example Errors The mailbox does not exist" in failures


@pytest.mark.parametrize("query", ["state=nonsense", "after=nonsense"])
def test_a_question_that_makes_no_sense_shows_everybody(team: Team, viewer: HttpBrowser, home: str, query: str):
    team.subscriber("told@customer.example")

    assert shown(viewer, f"{home}/subscribers?{query}") == ["told@customer.example"]


def test_without_subscribers_the_page_says_how_there_will_be_some(viewer: HttpBrowser, home: str):
    page = read(viewer.get(f"{home}/subscribers").text)

    assert "Who subscribes on your page appears here" in page.one("div", class_="empty").text
    assert page.all("a", href="/northwind#subscribe")
