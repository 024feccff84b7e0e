"""How many will be told."""

import pytest

from app.database.actor import ActorRole
from app.database.scope import organization_scope
from app.subscribers.models import Subscriber, SubscriberState
from app.subscribers.queries import count_recipients
from tests.builders import Team, World


def test_those_who_chose_all_or_an_affected_service_are_told(team: Team):
    api, web, docs = team.service("API"), team.service("Web"), team.service("Docs")
    team.subscriber()
    team.subscriber(chosen=(api,))
    team.subscriber(chosen=(api, web))
    team.subscriber(chosen=(docs,))

    assert count_recipients(team.actor(), [api.id]) == 3
    assert count_recipients(team.actor(), [web.id]) == 2
    assert count_recipients(team.actor(), [api.id, web.id, docs.id]) == 4


def test_an_incident_without_services_is_told_to_those_who_chose_all(team: Team):
    team.subscriber()
    team.subscriber(chosen=(team.service(),))

    assert count_recipients(team.actor(), []) == 1


@pytest.mark.parametrize("state", [SubscriberState.PENDING, SubscriberState.UNSUBSCRIBED])
def test_only_the_confirmed_are_told(team: Team, state: SubscriberState):
    subscriber = team.subscriber()
    with organization_scope(team.actor()) as scope:
        scope.get(Subscriber, subscriber.id).state = state

    assert count_recipients(team.actor(), []) == 0


def test_another_organizations_subscribers_do_not_count(team: Team, world: World):
    other = world.team("Contoso")
    other.subscriber()
    other.subscriber(chosen=(other.service(),))

    assert count_recipients(team.actor(), [other.service().id]) == 0


def test_a_viewer_may_know(team: Team):
    team.subscriber()

    assert count_recipients(team.actor(ActorRole.VIEWER), []) == 1
