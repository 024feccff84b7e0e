"""Whom a message concerns."""

from collections.abc import Collection
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.database.actor import ActorRole
from app.database.scope import organization_scope
from app.subscribers.models import Subscriber
from app.subscribers.queries import is_concerned
from app.subscribers.rules import SubscriberState
from tests.builders import Team, World


def count_concerned(team: Team, service_ids: Collection[UUID], role: ActorRole = ActorRole.ADMIN) -> int:
    with organization_scope(team.actor(role), read_only=True) as scope:
        concerned = select(func.count()).select_from(Subscriber).where(is_concerned(team.id, service_ids))
        return scope.session.scalars(concerned).one()


def test_those_who_chose_all_or_an_affected_service_are_told(team: Team):
    api, web, docs = team.service("API"), team.service("Web"), team.service("Docs")
    team.subscriber()
    team.subscriber(chosen=(api,))
    team.subscriber(chosen=(api, web))
    team.subscriber(chosen=(docs,))

    assert count_concerned(team, [api.id]) == 3
    assert count_concerned(team, [web.id]) == 2
    assert count_concerned(team, [api.id, web.id, docs.id]) == 4


def test_an_incident_without_services_is_told_to_those_who_chose_all(team: Team):
    team.subscriber()
    team.subscriber(chosen=(team.service(),))

    assert count_concerned(team, []) == 1


@pytest.mark.parametrize("state", [SubscriberState.PENDING, SubscriberState.UNSUBSCRIBED])
def test_only_the_confirmed_are_told(team: Team, state: SubscriberState):
    subscriber = team.subscriber()
    with organization_scope(team.actor()) as scope:
        scope.get(Subscriber, subscriber.id).state = state

    assert count_concerned(team, []) == 0


def test_another_organizations_subscribers_do_not_count(team: Team, world: World):
    other = world.team("Contoso")
    other.subscriber()
    other.subscriber(chosen=(other.service(),))

    assert count_concerned(team, [other.service().id]) == 0


def test_a_viewer_may_know(team: Team):
    team.subscriber()

    assert count_concerned(team, [], ActorRole.VIEWER) == 1
