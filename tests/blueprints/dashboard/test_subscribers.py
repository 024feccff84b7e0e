"""Who is told, and whom a mail did not reach: to look at."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from app import clock
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.subscribers.actions import put_aside
from app.subscribers.imports.work import go_through
from app.subscribers.listing import ON_A_PAGE
from app.subscribers.managing import ask_again, try_again
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState, SuppressionReason
from app.subscribers.suppression import suppress
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team, World


def shown(browser: HttpBrowser, path: str) -> list[str]:
    """The addresses on a page of the list."""
    rows = read(browser.get(path).text).one("section", aria_labelledby="list").all("tr")
    return [row.one("bdi").text for row in rows if row.all("td")]


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


def test_what_no_address_can_have_is_not_looked_for(team: Team, viewer: HttpBrowser, home: str):
    team.subscriber("told@customer.example")

    assert shown(viewer, f"{home}/subscribers?text=to%00ld") == ["told@customer.example"]


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
    assert any(link.attributes.get("href", "").endswith("/northwind#subscribe") for link in page.all("a"))


def test_a_part_of_an_address_finds_it_whatever_else_is_asked(team: Team, viewer: HttpBrowser, home: str):
    api = team.service("API")
    team.subscriber("ada@customer.example", chosen=(api,))
    team.subscriber("bob@customer.example", chosen=(team.service("Web"),))
    team.subscriber("carol@partner.example")

    assert shown(viewer, f"{home}/subscribers?text=CUSTOMER") == ["bob@customer.example", "ada@customer.example"]
    assert shown(viewer, f"{home}/subscribers?service={api.id}") == ["carol@partner.example", "ada@customer.example"]
    assert shown(viewer, f"{home}/subscribers?text=customer&service={api.id}") == ["ada@customer.example"]
    assert "Nobody matches" in viewer.get(f"{home}/subscribers?text=100%25").text


def test_the_list_can_be_taken_along_as_it_is_shown(team: Team, editor: HttpBrowser, home: str):
    team.subscriber("+ada@customer.example", chosen=(team.service("=API"),))
    team.subscriber("bob@partner.example")

    lines = editor.submit(f"{home}/subscribers/export", {"text": "customer"}).text.splitlines()

    assert len(lines) == 2
    assert lines[1].startswith("'+ada@customer.example,'=API,,")
    assert ",confirmed," in lines[1]


def test_those_ticked_are_removed_and_nothing_is_left_of_them(team: Team, editor: HttpBrowser, home: str):
    gone, stays = team.subscriber("gone@customer.example"), team.subscriber("stays@customer.example")

    answer = editor.submit(f"{home}/subscribers/selected", {"act": "remove", "subscribers": str(gone.id)})

    assert answer.status_code == 303
    assert shown(editor, f"{home}/subscribers") == [stays.email]


def test_somebody_added_with_their_consent_is_told_and_without_it_asked(team: Team, editor: HttpBrowser, home: str):
    editor.submit(
        f"{home}/subscribers/new",
        {"email": "Told@Customer.example", "consent": "given", "statement": "On the phone, in March"},
    )
    editor.submit(f"{home}/subscribers/new", {"email": "asked@customer.example", "consent": "asked"})

    assert shown(editor, f"{home}/subscribers?state=confirmed") == ["told@customer.example"]
    assert shown(editor, f"{home}/subscribers?state=pending") == ["asked@customer.example"]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"email": "nobody", "consent": "asked"}, "looks like name@example.com"),
        ({"email": "ada@customer.example", "consent": "given"}, "Say where these people agreed"),
        ({"email": "known+tag@customer.example", "consent": "asked"}, "in the list already"),
        ({"email": "left@customer.example", "consent": "given", "statement": "On the phone, in March"}, "has left"),
    ],
)
def test_who_cannot_be_added_is_refused_with_the_reason(
    team: Team, editor: HttpBrowser, home: str, fields: dict[str, str], fault: str
):
    team.subscriber("known@customer.example")
    with organization_scope(team.actor()) as scope:
        suppress(scope, "left@customer.example", SuppressionReason.UNSUBSCRIBED)

    answer = editor.submit(f"{home}/subscribers/new", fields)

    assert answer.status_code == 422
    assert fault in answer.text


def test_who_complained_is_not_written_to_again_but_who_bounced_may_be(team: Team, editor: HttpBrowser, home: str):
    bounced = team.subscriber("bounced@customer.example")
    complained = team.subscriber("complained@customer.example")
    with organization_scope(Actor.worker(team.id)) as scope:
        put_aside(scope.get(Subscriber, bounced.id), "The mailbox does not exist")
        put_aside(scope.get(Subscriber, complained.id), "Called it spam")
        suppress(scope, bounced.email, SuppressionReason.BOUNCED)
        suppress(scope, complained.email, SuppressionReason.COMPLAINED)

    editor.submit(f"{home}/subscribers/selected", {"act": "try", "subscribers": [str(bounced.id), str(complained.id)]})

    assert shown(editor, f"{home}/subscribers?state=confirmed") == ["bounced@customer.example"]
    assert shown(editor, f"{home}/subscribers?state=quarantined") == ["complained@customer.example"]


@pytest.mark.parametrize(
    ("state", "asking"), [(SubscriberState.PENDING, ask_again), (SubscriberState.QUARANTINED, try_again)]
)
def test_a_mailbox_that_waits_in_several_places_is_asked_once_in_a_quarter_of_an_hour(
    team: Team, world: World, state: SubscriberState, asking: Callable[..., int]
):
    asked = []
    for one in (team, world.team("Contoso"), world.team("Fabrikam")):
        waiting = one.subscriber("ada@customer.example", state=state)
        with organization_scope(one.actor()) as scope:
            row = scope.get(Subscriber, waiting.id)
            row.confirmed_at, row.requested_at = None, clock.now() - timedelta(hours=1)
            if state is SubscriberState.QUARANTINED:
                put_aside(row, "The mailbox is full")

        asked.append(asking([waiting.id], by=one.actor()))

    assert asked == [1, 0, 0]


def test_a_members_change_of_choices_keeps_groups_as_rules(team: Team, editor: HttpBrowser, home: str):
    group = team.group("Platform")
    api = team.service("API", group)
    subscriber = team.subscriber()

    editor.submit(
        f"{home}/subscribers/{subscriber.id}",
        {"kinds": ["incidents"], "scope": "some", "groups": str(group.id), "services": str(api.id)},
    )

    page = editor.get(f"{home}/subscribers/{subscriber.id}").text
    assert f'name="groups" value="{group.id}" checked' in page
    assert "(incidents only)" in editor.get(f"{home}/subscribers").text


def test_what_is_known_of_somebody_can_be_handed_over(team: Team, editor: HttpBrowser, home: str, told):
    subscriber = team.subscriber("ada@customer.example")
    team.incident("Errors")
    told(team)

    record = editor.submit(f"{home}/subscribers/{subscriber.id}/data").json

    assert record["subscriptions"][0]["address"] == "ada@customer.example"
    assert [mail["title"] for mail in record["subscriptions"][0]["sent"]] == ["Errors"]


def test_a_table_is_uploaded_seen_and_agreed_to(team: Team, editor: HttpBrowser, home: str):
    file = (BytesIO(b"email\nada@customer.example\nnobody\n"), "people.csv")

    uploaded = editor.submit(f"{home}/subscribers/import", {"file": file, "consent": "Asked at the fair"})
    path = urlsplit(uploaded.headers["Location"]).path
    at_work = editor.get(path).text
    go_through(team.id, UUID(path.rpartition("/")[2]))
    seen = editor.get(path).text
    editor.submit(f"{path}/agree")
    go_through(team.id, UUID(path.rpartition("/")[2]))

    assert 'hx-trigger="every 1s"' in at_work
    assert "Import 1" in seen
    assert "Line 3: nobody" in read(seen).one("ul", class_="left-out").text
    assert 'hx-trigger="every 1s"' not in seen
    assert "looks like name@example.com" in editor.get(f"{path}/left-out.csv").text
    assert shown(editor, f"{home}/subscribers") == ["ada@customer.example"]


def test_a_template_shows_every_column_and_adds_nobody_when_it_is_uploaded_as_it_is(
    team: Team, editor: HttpBrowser, home: str
):
    team.service("API", team.group("Platform"))

    template = editor.get(f"{home}/subscribers/import/template.csv").text
    file = (BytesIO(template.encode()), "template.csv")
    uploaded = editor.submit(f"{home}/subscribers/import", {"file": file, "consent": "Asked at the fair"})
    path = urlsplit(uploaded.headers["Location"]).path
    go_through(team.id, UUID(path.rpartition("/")[2]))

    assert template.splitlines()[1] == "name@example,API,Platform,incidents; maintenance,en"
    assert "1 row is faulty" in read(editor.get(path).text).text


@pytest.mark.parametrize(
    ("content", "consent", "fault"),
    [
        (b"", "Asked at the fair", "This file is empty"),
        (b"PK\x03\x04 and more", "Asked at the fair", "a spreadsheet, not a CSV file"),
        (b"email\nada@customer.example\n", "", "Say where these people agreed"),
    ],
)
def test_a_table_that_cannot_be_taken_is_refused_beside_its_field(
    editor: HttpBrowser, home: str, content: bytes, consent: str, fault: str
):
    file = (BytesIO(content), "people.csv")

    answer = editor.submit(f"{home}/subscribers/import", {"file": file, "consent": consent})

    assert answer.status_code == 422
    assert fault in answer.text
    assert ("Choose the file again" in answer.text) is (not consent), "A file that was right is not kept"


def test_a_table_larger_than_any_form_is_taken_and_a_strangers_is_not(
    team: Team, editor: HttpBrowser, client: HttpBrowser, home: str
):
    content = b"email\n" + b"".join(b"reader%d@customer.example\n" % number for number in range(20_000))

    own = editor.submit(
        f"{home}/subscribers/import", {"file": (BytesIO(content), "people.csv"), "consent": "Asked at the fair"}
    )
    strangers = client.post(f"{home}/subscribers/import", data={"file": (BytesIO(content), "people.csv")})

    assert own.status_code == 303
    assert strangers.status_code in (400, 413)
