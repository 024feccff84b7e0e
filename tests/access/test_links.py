"""Links that let people on a list in: asked for by anybody, mailed to those on it, good for once."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app import clock
from app.access.links import forget_links
from app.access.models import AccessLink
from app.database.actor import Actor
from app.database.scope import organization_scope, system_scope
from app.extensions import limiter
from tests.blueprints.public.conftest import Mailbox
from tests.browsers import HttpBrowser
from tests.builders import Team
from tests.counting import counted

ADA = "ada@customer.example"


@pytest.fixture
def mailbox(app) -> Mailbox:
    return Mailbox()


@pytest.fixture(autouse=True)
def closed(team: Team):
    limiter.enabled = False
    yield team.close_page("addresses", addresses=f"{ADA} @partner.example")
    limiter.enabled = True


def ask(client: HttpBrowser, address: str = ADA):
    return client.post("/northwind/unlock", data={"email": address})


def test_the_link_opens_the_page_by_a_button(client: HttpBrowser, mailbox: Mailbox):
    ask(client)
    (mail,) = mailbox.receive()
    link = mailbox.link(mail, "unlock")

    opened = client.get(link)
    before = client.get("/northwind").status_code
    used = client.post(link)

    assert (mail.to, opened.status_code, before) == (ADA, 200, 401)
    assert (used.status_code, used.location) == (303, "/northwind")
    assert client.get("/northwind").status_code == 200


def test_the_link_comes_in_the_language_in_which_it_was_asked_for(client: HttpBrowser, team: Team, mailbox: Mailbox):
    team.offer("de")

    client.post("/northwind/unlock?lang=de", data={"email": ADA})

    (mail,) = mailbox.receive()
    assert mail.subject == "[Northwind Cloud] Ihr Link zu einer privaten Seite"


def test_a_domain_on_the_list_stands_for_all_its_addresses(client: HttpBrowser, mailbox: Mailbox):
    ask(client, "Anybody@Partner.example")

    assert [mail.to for mail in mailbox.receive()] == ["anybody@partner.example"]


def test_the_list_admits_whom_it_names_and_nobody_else(team: Team):
    asked = {
        "ada@customer.example": True,
        "bob@partner.example": True,
        "eve@customer.example": False,
        "ada@sub.customer.example": False,
        "bob@evil-partner.example": False,
        "bob@sub.partner.example": False,
        "partner.example": False,
        "ada@x@y.example": False,
    }

    with organization_scope(Actor.subscriber(team.id)) as scope:
        admitted = {
            address: scope.session.scalar(select(func.page_admits_address(team.page.page_id, address)))
            for address in asked
        }

    assert admitted == asked


def test_the_answer_tells_nothing_of_the_list(client: HttpBrowser, mailbox: Mailbox):
    """The same bytes but for the address, after the same statements; and nobody else is written to."""
    answers, statements = [], []
    for address in (ADA, "eve@customer.example", "bob@partner.example", "eve@elsewhere.example"):
        with counted() as count:
            answers.append(ask(client, address).text.replace(address, "…"))
        statements.append(len(count))

    assert len(set(answers)) == len(set(statements)) == 1
    assert {mail.to for mail in mailbox.receive()} == {ADA, "bob@partner.example"}


def test_a_link_is_good_for_once(client: HttpBrowser, mailbox: Mailbox):
    ask(client)
    link = mailbox.link(mailbox.receive()[0], "unlock")
    client.post(link)
    other = HttpBrowser(client.application, client.response_wrapper)

    again = other.post(link)

    assert (again.status_code, other.get("/northwind").status_code) == (404, 401)
    assert "does not work any more" in again.text


def test_a_link_is_good_for_a_quarter_of_an_hour(client: HttpBrowser, mailbox: Mailbox):
    with time_machine.travel(clock.now(), tick=False) as traveller:
        ask(client)
        link = mailbox.link(mailbox.receive()[0], "unlock")
        traveller.shift(timedelta(minutes=15) - timedelta(seconds=1))
        before = client.get(link).status_code
        traveller.shift(timedelta(seconds=1))

        assert (before, client.get(link).status_code, client.post(link).status_code) == (200, 404, 404)


def test_whoever_is_taken_off_the_list_has_no_use_for_a_link(client: HttpBrowser, team: Team, mailbox: Mailbox):
    ask(client)
    link = mailbox.link(mailbox.receive()[0], "unlock")

    team.close_page("addresses", addresses="@partner.example")

    assert client.post(link).status_code == 404


def test_an_address_gets_one_mail_in_a_quarter_of_an_hour_over_all_pages(
    client: HttpBrowser, team: Team, mailbox: Mailbox
):
    team.world.team("Contoso", "contoso").close_page("addresses", addresses=ADA)
    with time_machine.travel(clock.now(), tick=False) as traveller:
        ask(client)
        ask(client)
        client.post("/contoso/unlock", data={"email": ADA})
        at_first = len(mailbox.receive())
        traveller.shift(timedelta(minutes=15))
        ask(client)

        assert (at_first, len(mailbox.receive())) == (1, 1)


def test_naming_an_address_that_no_list_has_keeps_it_from_nothing(client: HttpBrowser, team: Team, mailbox: Mailbox):
    team.world.team("Contoso", "contoso").close_page("addresses", addresses="@contoso.example")
    client.post("/contoso/unlock", data={"email": ADA})
    mailbox.receive()

    ask(client)

    assert [mail.to for mail in mailbox.receive()] == [ADA]


def test_what_is_no_address_is_told_beside_the_field(client: HttpBrowser):
    answer = ask(client, "ada")

    assert answer.status_code == 422
    assert 'value="ada"' in answer.text
    assert 'aria-describedby="email-error"' in answer.text


def test_old_links_are_forgotten_with_their_addresses(client: HttpBrowser):
    ask(client)

    with time_machine.travel(clock.now() + timedelta(days=1, seconds=1)):
        forget_links()

    with system_scope("a test looks at links") as scope:
        assert scope.session.query(AccessLink).count() == 0


def test_another_pages_link_opens_nothing(client: HttpBrowser, team: Team, mailbox: Mailbox):
    team.world.team("Contoso", "contoso").close_page("addresses", addresses=ADA)
    ask(client)
    link = mailbox.link(mailbox.receive()[0], "unlock")

    assert client.post(link.replace("northwind", "contoso")).status_code == 404


def test_a_list_keeps_those_whom_it_leaves_out_from_mails_too(team: Team, mailbox: Mailbox):
    for address in (ADA, "eve@customer.example", "bob@partner.example"):
        team.subscriber(address)

    team.incident()

    assert {mail.to for mail in mailbox.receive()} == {ADA, "bob@partner.example"}


def test_with_another_way_all_who_are_confirmed_are_told(team: Team, mailbox: Mailbox):
    team.subscriber("eve@customer.example")
    team.close_page("members")

    team.incident()

    assert [mail.to for mail in mailbox.receive()] == ["eve@customer.example"]
