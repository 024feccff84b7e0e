"""What was told to whom, for members to see; and trying again what failed."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.access.links import request_link
from app.blueprints.dashboard.deliveries import SUBJECTS
from app.database.scope import organization_scope, system_scope
from app.delivery.log.queries import PEOPLE_PAGE
from app.delivery.models import Delivery, DeliveryBatch
from app.delivery.notices import TOLD_KINDS
from app.delivery.settling import settle_finished
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team, World
from tests.counting import counted
from tests.delivery.conftest import PostOffice
from tests.delivery.conftest import post as post
from tests.delivery.conftest import resend as resend
from tests.delivery.conftest import transport as transport
from tests.fakes.resend import FakeResend


@pytest.fixture
def told(team: Team, post: PostOffice, resend: FakeResend) -> None:
    """Three readers were to be told of an incident; the provider refused one of them."""
    for name in ("ada", "bob", "cem"):
        team.subscriber(f"{name}@customer.example")
    resend.behaviour.reject["bob@customer.example"] = "550 no such user"
    team.incident("Errors at checkout")
    post.tell()


def open_newest(browser: HttpBrowser, home: str) -> tuple[str, Element]:
    link = read(browser.get(f"{home}/deliveries").text).all("a", class_="name")[0].attributes["href"]
    return link, read(browser.get(link).text)


def people(page: Element) -> list[str]:
    rows = page.one("section", id="people").all("tr")
    return [row.all("td")[0].text for row in rows if row.all("td")]


def test_every_kind_of_notification_has_words_for_what_it_tells_of() -> None:
    assert set(SUBJECTS) == set(TOLD_KINDS)


def test_the_list_says_what_was_told_to_how_many_and_what_failed(told: None, viewer: HttpBrowser, home: str) -> None:
    row = read(viewer.get(f"{home}/deliveries").text).all("tr")[1].text

    assert "Incident reported Errors at checkout Northwind Cloud" in row
    assert "2 of 3" in row
    assert "Sent, not to all 1 failed" in row


def test_one_notification_says_who_was_told_when_and_why_not(told: None, viewer: HttpBrowser, home: str) -> None:
    link, page = open_newest(viewer, home)

    assert sorted(people(page)) == ["ada@customer.example", "bob@customer.example", "cem@customer.example"]
    assert "550 no such user 1" in page.one("section", aria_labelledby="failures").text
    assert people(read(viewer.get(f"{link}?which=failed").text)) == ["bob@customer.example"]
    assert people(read(viewer.get(f"{link}?address=CEM").text)) == ["cem@customer.example"]
    assert "Nobody whose address has “ % ” in it" in read(viewer.get(f"{link}?address=%25").text).text
    assert page.all("form", method="post") == [page.one("form", action="/auth/sign-out")]


def test_who_failed_can_be_tried_again_and_is_told_once(
    told: None, editor: HttpBrowser, home: str, post: PostOffice, resend: FakeResend
) -> None:
    link, _ = open_newest(editor, home)
    resend.behaviour.reject.clear()

    first = editor.submit(f"{link}/retry")
    second = editor.submit(f"{link}/retry")
    post.send_due()

    assert (first.status_code, second.status_code) == (303, 409)
    assert sorted(resend.recipients) == ["ada@customer.example", "bob@customer.example", "cem@customer.example"]
    progress = read(editor.get(link).text).one("section", id="progress").text
    assert "Sent 3, 1 of them when tried again" in progress
    assert "2 of 3 within" in progress


def test_one_of_them_alone_can_be_tried_again(
    team: Team, editor: HttpBrowser, home: str, post: PostOffice, resend: FakeResend
) -> None:
    for name in ("ada", "bob"):
        team.subscriber(f"{name}@customer.example")
        resend.behaviour.reject[f"{name}@customer.example"] = "550 no such user"
    team.incident()
    post.tell()
    _, page = open_newest(editor, home)
    resend.behaviour.reject.clear()

    target = page.one("section", id="people").all("form", method="post")[0].attributes["action"]
    editor.submit(target)
    post.send_due()

    assert len(resend.recipients) == 1


def test_a_retry_leaves_out_whoever_has_left_meanwhile(
    team: Team, told: None, editor: HttpBrowser, home: str, post: PostOffice, resend: FakeResend
) -> None:
    link, _ = open_newest(editor, home)
    resend.behaviour.reject.clear()
    with organization_scope(team.actor()) as scope:
        scope.session.execute(text("UPDATE subscribers SET state = 'unsubscribed' WHERE email LIKE 'bob%'"))

    editor.submit(f"{link}/retry")
    post.send_due()

    assert "bob@customer.example" not in resend.recipients


def test_what_may_have_arrived_is_not_sent_again(
    team: Team, editor: HttpBrowser, home: str, post: PostOffice, resend: FakeResend
) -> None:
    team.subscriber("ada@customer.example")
    resend.behaviour.vanish_after = 1
    team.incident()
    post.tell()
    resend.behaviour.answer_all = (403, {"name": "invalid_api_key", "message": "API key is invalid"})
    post.keep_trying(timedelta(minutes=1))
    link, page = open_newest(editor, home)

    refused = editor.submit(f"{link}/retry")

    assert "1 of them may have got it" in page.text
    assert not page.one("section", id="people").all("form", method="post")
    assert refused.status_code == 409


def test_while_it_goes_out_the_page_asks_how_far_it_is(
    team: Team, viewer: HttpBrowser, home: str, post: PostOffice
) -> None:
    for number in range(150):
        team.subscriber(f"reader{number}@customer.example")
    team.incident()
    post.fan_out()
    post.send_one()
    _, page = open_newest(viewer, home)
    progress = page.one("section", id="progress")
    assert progress.attributes["hx-trigger"] == "every 2s"
    assert progress.one("progress").attributes["value"] == "100"

    post.send_due()
    later = read(viewer.get(progress.attributes["hx-get"]).text).one("section", id="progress")

    assert "hx-get" not in later.attributes
    assert re.search(r"150 of 150 within \d+ s", later.text)


def test_a_later_message_that_took_its_place_is_named(
    team: Team, viewer: HttpBrowser, home: str, post: PostOffice
) -> None:
    team.subscriber()
    incident = team.incident("Errors")
    post.fan_out()
    team.resolve(incident)
    post.tell()

    rows = [row.text for row in read(viewer.get(f"{home}/deliveries").text).all("tr")[1:]]

    assert "Sent" in rows[0]
    assert "Replaced by a later one" in rows[1]


def test_without_any_the_page_says_what_will_be_here(viewer: HttpBrowser, home: str) -> None:
    assert "Nothing was told yet" in viewer.get(f"{home}/deliveries").text
    assert "Reminders that went to your team" in viewer.get(f"{home}/deliveries?readers=team").text


def test_who_was_invited_is_for_admins_to_see(
    team: Team, admin: HttpBrowser, editor: HttpBrowser, home: str, post: PostOffice
) -> None:
    team.invite("guest@customer.example")
    post.tell()
    path = f"{home}/deliveries?readers=team"

    link = read(admin.get(path).text).one("a", class_="name").attributes["href"]

    assert "guest@customer.example" in admin.get(link).text
    assert read(editor.get(path).text).all("a", class_="name") == []
    assert [editor.get(link).status_code, editor.get(f"{link}/progress").status_code] == [404, 404]
    assert editor.submit(f"{link}/retry").status_code == 404


def test_who_is_on_the_list_of_a_private_page_is_for_admins_to_see(
    team: Team, admin: HttpBrowser, editor: HttpBrowser, viewer: HttpBrowser, home: str, post: PostOffice
) -> None:
    request_link(team.close_page("addresses", addresses="guest@customer.example"), "guest@customer.example")
    post.tell()

    link = read(admin.get(f"{home}/deliveries").text).one("a", class_="name").attributes["href"]

    assert "guest@customer.example" in admin.get(link).text
    assert [browser.get(link).status_code for browser in (editor, viewer)] == [404, 404]


def test_another_organizations_are_not_there(
    world: World, team: Team, told: None, admin: HttpBrowser, home: str
) -> None:
    link, _ = open_newest(admin, home)
    other = world.team("Southwind", "southwind")

    answer = other.founder.browser().get(link.replace("/northwind/", "/southwind/"))

    assert answer.status_code == 404


def test_many_deliveries_take_no_more_statements_than_a_few(team: Team, viewer: HttpBrowser, home: str) -> None:
    notification_id = write_many(team, 5_000)

    with counted() as statements:
        page = read(viewer.get(f"{home}/deliveries/{notification_id}?which=sent").text)
        listed = read(viewer.get(f"{home}/deliveries").text)
        found = people(read(viewer.get(f"{home}/deliveries/{notification_id}?address=reader4999").text))

    assert len(people(page)) == PEOPLE_PAGE
    assert "5,000 of 5,000" in listed.text
    assert found == ["reader4999@customer.example"]
    assert sum("deliver" in statement for statement in statements) <= 6
    assert not [statement for statement in statements if "count(" in statement and "FROM deliveries" in statement]


def write_many(team: Team, number: int) -> UUID:
    """A notification that was sent to so many, and the first batch of which says so."""
    notification_id, _ = team.failed_telling("reader0@customer.example")
    with system_scope("a test counts") as scope:
        batch = scope.session.query(DeliveryBatch).one()
        one = scope.session.query(Delivery).one()
    with organization_scope(team.actor().worker(team.id)) as scope:
        scope.session.execute(
            text(
                "INSERT INTO deliveries (organization_id, id, notification_id, batch_id, channel, address, about,"
                " state, sent_at, created_at) SELECT organization_id, gen_random_uuid(), notification_id, batch_id,"
                " channel, 'reader' || number || '@customer.example', '', 'sent', created_at, created_at"
                " FROM deliveries, generate_series(1, :number - 1) AS number WHERE id = :one"
            ),
            {"number": number, "one": one.id},
        )
        scope.session.execute(text("UPDATE deliveries SET state = 'sent', error = NULL WHERE state = 'failed'"))
        kept = scope.lock(DeliveryBatch, batch.id)
        kept.size = kept.sent = number
        kept.failed = 0
    return notification_id


def test_visitors_see_how_many_were_told_only_where_that_is_wanted(
    team: Team, admin: HttpBrowser, client: HttpBrowser, home: str, post: PostOffice
) -> None:
    team.subscriber()
    hidden = team.incident("Hidden")
    post.tell()
    settle_finished()
    admin.submit(f"{home}/settings/mails", {"name": "", "reply_to": "", "shows_figures": "y"})
    shown = team.incident("Shown")
    post.tell()
    settle_finished()

    assert "told within" not in client.get(f"/northwind/incidents/{hidden.id}").text
    assert "1 of 1 subscribers told within 1 second" in client.get(f"/northwind/incidents/{shown.id}").text

    admin.submit(f"{home}/settings/mails", {"name": "", "reply_to": ""})
    assert "told within" not in client.get(f"/northwind/incidents/{shown.id}").text
