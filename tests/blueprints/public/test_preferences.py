"""Choosing what to hear of, by the link in each mail."""

from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from app.services.actions import archive_service
from app.subscribers.tokens import manage_token
from tests.blueprints.public.conftest import ADA, Mailbox, confirm, manage_path, subscribers
from tests.builders import Team, World


@pytest.fixture
def manage(team: Team) -> str:
    """Ada's own page."""
    return f"/{team.slug}/subscribe/{manage_token(team.subscriber(ADA).id)}"


def test_each_mail_leads_there_and_all_services_are_chosen(client: FlaskClient, team: Team, mailbox: Mailbox):
    confirm(client, mailbox)
    team.service("API", team.group("Platform"))
    team.service("Backups")

    answer = client.get(manage_path(team, mailbox))

    assert answer.status_code == 200
    assert ADA in answer.text
    assert 'value="all" checked' in answer.text
    assert answer.text.count('name="services"') == 2


def test_who_chose_some_hears_of_those_only(client: FlaskClient, team: Team, mailbox: Mailbox, manage: str):
    api, web = team.service("API"), team.service("Web")

    saved = client.post(
        manage, data={"kinds": "incidents", "scope": "some", "services": [str(api.id)]}, follow_redirects=True
    )
    team.incident("Web is slow", affects={web: "degraded_performance"})
    team.incident("API is slow", affects={api: "degraded_performance"})

    assert "Saved." in saved.text
    assert [mail.subject for mail in mailbox.receive()] == ["[Northwind Cloud] Investigating: API is slow"]


def test_what_was_chosen_is_shown_again(client: FlaskClient, team: Team, manage: str):
    api, web = team.service("API"), team.service("Web")

    client.post(manage, data={"kinds": "incidents", "scope": "some", "services": [str(web.id)]})

    text = client.get(manage).text
    assert 'value="some" checked' in text
    assert f'value="{web.id}" checked' in text
    assert f'value="{api.id}">' in text


def test_all_services_can_be_chosen_again(client: FlaskClient, team: Team, manage: str):
    api = team.service("API")
    client.post(manage, data={"kinds": "incidents", "scope": "some", "services": [str(api.id)]})

    client.post(manage, data={"kinds": "incidents", "scope": "all", "services": [str(api.id)]})

    assert [one.all_services for one in subscribers()] == [True]
    assert 'value="all" checked' in client.get(manage).text


@pytest.mark.parametrize(
    "services", [[], ["not-an-id"], [str(UUID(int=1))], ["foreign"], ["archived"], ["own", "foreign"]]
)
def test_none_or_unknown_services_are_refused(
    client: FlaskClient, team: Team, world: World, manage: str, services: list[str]
):
    own, archived, foreign = team.service("API"), team.service("Old"), world.team("Contoso").service("Theirs")
    archive_service(archived.id, by=team.actor())
    known = {"own": str(own.id), "archived": str(archived.id), "foreign": str(foreign.id)}

    answer = client.post(
        manage, data={"kinds": "incidents", "scope": "some", "services": [known.get(one, one) for one in services]}
    )

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert [one.all_services for one in subscribers()] == [True]


def test_what_was_refused_is_shown_as_it_was_sent(client: FlaskClient, team: Team, manage: str):
    api = team.service("API")

    answer = client.post(manage, data={"scope": "some", "services": [str(api.id), str(uuid4())]})

    assert 'value="some" checked' in answer.text
    assert f'value="{api.id}" checked' in answer.text


def test_saying_neither_all_nor_some_is_refused(client: FlaskClient, team: Team, manage: str):
    assert client.post(manage, data={"scope": "many"}).status_code == 422


def test_another_organization_does_not_know_the_link(client: FlaskClient, world: World, manage: str):
    world.team("Contoso", "contoso")
    foreign, unknown = manage.replace("northwind", "contoso"), "/contoso/subscribe/" + "0" * 32

    answers = [
        client.get(foreign),
        client.get(unknown),
        client.post(foreign, data={"scope": "all"}),
        client.post(unknown, data={"scope": "all"}),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1


def test_who_has_left_has_nothing_to_choose(client: FlaskClient, manage: str):
    client.post(manage.replace("/subscribe/", "/unsubscribe/"))

    assert client.get(manage).status_code == 404
    assert client.post(manage, data={"scope": "all"}).status_code == 404


def test_the_confirmation_leads_here(client: FlaskClient, team: Team, mailbox: Mailbox):
    confirmed = client.get(confirm(client, mailbox))

    assert f'href="{manage_path(team, mailbox)}"' in confirmed.text


def test_kinds_of_news_and_a_whole_group_can_be_chosen(client: FlaskClient, team: Team, mailbox: Mailbox, manage: str):
    group = team.group("Platform")
    api = team.service("API", group)

    client.post(
        manage,
        data={"kinds": "announcements", "scope": "some", "groups": [str(group.id)], "services": [str(api.id)]},
    )
    team.incident("Errors", affects={api: "major_outage"})

    (row,) = subscribers()
    assert (row.all_services, row.kinds) == (False, ["announcements"])
    assert f'name="groups" value="{group.id}" checked' in client.get(manage).text
    assert mailbox.receive() == []


def test_no_kind_of_news_at_all_is_refused(client: FlaskClient, manage: str):
    answer = client.post(manage, data={"scope": "all"})

    assert answer.status_code == 422
    assert "Choose at least one kind of news" in answer.text


def test_two_choices_that_are_missing_are_both_said_at_once(client: FlaskClient, manage: str):
    answer = client.post(manage, data={"scope": "some"})

    assert "Choose at least one kind of news" in answer.text
    assert "Choose at least one service" in answer.text


def test_what_is_known_can_be_taken_along(client: FlaskClient, team: Team, mailbox: Mailbox):
    confirm(client, mailbox)

    record = client.get(f"{manage_path(team, mailbox)}/data")

    assert record.headers["Content-Disposition"].startswith("attachment")
    assert record.headers["Cache-Control"] == "private, no-store"
    (known,) = record.json["subscriptions"]
    assert (known["address"], known["came_by"], known["page"]) == (ADA, "form", "Northwind Cloud")
    assert [mail["about"] for mail in known["sent"]] == ["subscriber.requested", "incident.created"]


def test_being_forgotten_takes_one_click_and_leaves_no_address(client: FlaskClient, team: Team, manage: str):
    answer = client.post(f"{manage}/forget")

    assert "You are forgotten" in answer.text
    assert subscribers() == []
    assert client.get(manage).status_code == 404
