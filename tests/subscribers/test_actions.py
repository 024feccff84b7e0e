"""What no page of ours would ask for."""

import pytest

from app.accounts.tokens import token_hash
from app.database.scope import organization_scope
from app.errors import Invalid, NotFound
from app.subscribers.actions import choose_services, request_subscription, unsubscribe
from app.subscribers.models import Subscriber
from app.subscribers.tokens import manage_token
from tests.builders import Team


def token_of(team: Team, subscriber: Subscriber) -> str:
    """The builder gives subscribers no real token: this one gets the one that its mails would carry."""
    token = manage_token(subscriber.id)
    with organization_scope(team.actor()) as scope:
        scope.get(Subscriber, subscriber.id).manage_token_hash = token_hash(token)
    return token


def test_who_left_while_their_page_was_open_chooses_nothing(team: Team):
    token = token_of(team, team.subscriber())
    unsubscribe(team.page, token)

    with pytest.raises(NotFound):
        choose_services(team.page, token, None)


def test_choosing_the_same_service_twice_is_choosing_it_once(team: Team):
    api = team.service("API")
    token = token_of(team, team.subscriber())

    view = choose_services(team.page, token, [api.id, api.id])

    assert view.chosen == frozenset({api.id})


def test_an_address_that_nobody_checked_is_refused(team: Team):
    with pytest.raises(Invalid):
        request_subscription(team.page, "ada@customer.example\r\nBcc: eve@evil.example")
