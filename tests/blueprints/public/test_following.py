"""Following one incident from its page, until there is nothing more to tell of it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from app.incidents.actions import edit_incident
from app.incidents.models import Incident
from app.incidents.rules import Impact
from app.pages.actions import choose_services
from app.pages.arrangement import Item, ItemKind
from app.subscribers.following import end_follows
from app.subscribers.tokens import manage_token
from tests.blueprints.public.conftest import ADA, Mailbox, stamp_of_a_person, subscribers
from tests.builders import Team


@pytest.fixture
def incident(team: Team) -> Incident:
    return team.incident("Errors", affects={team.service("API"): "partial_outage"}, notify=False)


def follow(client: FlaskClient, incident: Incident, address: str = ADA):
    form = {"email": address, "stamp": stamp_of_a_person()}
    return client.post(f"/northwind/incidents/{incident.id}/follow", data=form)


def confirmed(client: FlaskClient, mailbox: Mailbox, incident: Incident) -> None:
    follow(client, incident)
    (mail,) = mailbox.receive()
    assert mail.subject == "[Northwind Cloud] Confirm that you want to hear of “Errors”"
    assert client.post(mailbox.link(mail, "subscribe/confirm")).status_code == 200


def test_an_incidents_page_offers_it_until_its_postmortem(client: FlaskClient, team: Team, incident: Incident):
    before = client.get(f"/northwind/incidents/{incident.id}").text
    team.resolve(incident)
    team.postmortem(incident)

    after = client.get(f"/northwind/incidents/{incident.id}").text

    assert "Follow this incident" in before
    assert "Follow this incident" not in after
    assert follow(client, incident).status_code == 404


def test_whoever_follows_hears_of_it_and_of_nothing_else(
    client: FlaskClient, team: Team, mailbox: Mailbox, incident: Incident
):
    confirmed(client, mailbox, incident)

    team.incident("Something else")
    team.update(incident)
    team.resolve(incident)
    mails = mailbox.receive()

    assert {mail.subject for mail in mails} == {"[Northwind Cloud] Resolved: Errors"}
    assert "“Errors”" in mails[0].text


def test_what_has_left_the_page_is_not_named_to_who_follows_it(
    client: FlaskClient, team: Team, mailbox: Mailbox
) -> None:
    shown, other = team.service("API"), team.service("Payroll")
    choose_services(team.page.page_id, [Item(ItemKind.SERVICE, shown.id)], by=team.actor())
    incident = team.incident("Errors", affects={shown: "partial_outage"})
    confirmed(client, mailbox, incident)
    preferences = f"/northwind/subscribe/{manage_token(subscribers()[0].id)}"
    before = client.get(preferences).text

    team.update(incident, affects={other: "partial_outage"})
    edit_incident(incident.id, "Salaries are late", Impact.MINOR, by=team.actor())

    after = client.get(preferences)
    assert ("Errors" in before, after.status_code) == (True, 200)
    assert "Salaries" not in after.text


def test_what_has_left_the_page_is_not_named_to_who_has_only_asked_to_follow_it(
    client: FlaskClient, team: Team, mailbox: Mailbox
) -> None:
    shown, other = team.service("API"), team.service("Payroll")
    choose_services(team.page.page_id, [Item(ItemKind.SERVICE, shown.id)], by=team.actor())
    incident = team.incident("Errors", affects={shown: "partial_outage"}, notify=False)
    follow(client, incident)
    link = mailbox.link(mailbox.receive()[0], "subscribe/confirm")
    before = client.get(link)

    team.update(incident, affects={other: "partial_outage"})
    edit_incident(incident.id, "Salaries are late", Impact.MINOR, by=team.actor())

    assert (before.status_code, "Errors" in before.text) == (200, True)
    for answer in (client.get(link), client.post(link)):
        assert (answer.status_code, "Salaries" in answer.text) == (404, False)


def test_a_wrong_address_is_refused_beside_its_field(client: FlaskClient, incident: Incident):
    answer = follow(client, incident, "nobody")

    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert 'value="nobody"' in answer.text


def test_it_ends_when_nothing_more_is_to_be_told_and_who_followed_is_forgotten(
    client: FlaskClient, team: Team, mailbox: Mailbox, incident: Incident
):
    confirmed(client, mailbox, incident)
    team.resolve(incident)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=29)):
        end_follows()
        still_there = len(subscribers())
    with time_machine.travel(datetime.now(UTC) + timedelta(days=31)):
        end_follows()

    assert (still_there, len(subscribers())) == (1, 0)
