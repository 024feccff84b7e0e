"""Whom a happening concerns."""

from collections.abc import Collection
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app import clock
from app.database.actor import ActorRole
from app.database.scope import organization_scope
from app.incidents.merging import merge_incident
from app.services.models import Service, ServiceGroup
from app.subscribers.concern import is_concerned
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.rules import NewsKind, SubscriberState
from tests.builders import Team, World


def count_concerned(
    team: Team,
    service_ids: Collection[UUID] | None,
    kind: NewsKind = NewsKind.INCIDENTS,
    *,
    incident_id: UUID | None = None,
    role: ActorRole = ActorRole.ADMIN,
) -> int:
    condition = is_concerned(team.page, kind, service_ids, incident_id=incident_id)
    with organization_scope(team.actor(role), read_only=True) as scope:
        return scope.session.scalars(select(func.count()).select_from(Subscriber).where(condition)).one()


def follow(team: Team, subscriber: Subscriber, incident_id: UUID) -> None:
    with organization_scope(team.actor()) as scope:
        scope.session.add(
            SubscriberChoice(
                organization_id=team.id, subscriber_id=subscriber.id, incident_id=incident_id, created_at=clock.now()
            )
        )


def test_those_who_chose_all_or_an_affected_service_are_told(team: Team):
    api, web, docs = team.service("API"), team.service("Web"), team.service("Docs")
    team.subscriber()
    team.subscriber(chosen=(api,))
    team.subscriber(chosen=(api, web))
    team.subscriber(chosen=(docs,))

    assert count_concerned(team, [api.id]) == 3
    assert count_concerned(team, [web.id]) == 2
    assert count_concerned(team, [api.id, web.id, docs.id]) == 4


def test_a_service_that_joins_a_chosen_group_later_is_chosen_too(team: Team):
    group = team.group("Platform")
    late = team.service("Queue")
    team.subscriber(chosen=(group,))
    before = count_concerned(team, [late.id])

    with organization_scope(team.actor()) as scope:
        scope.get(Service, late.id).group_id = group.id

    assert (before, count_concerned(team, [late.id])) == (0, 1)


def test_a_chosen_group_holds_what_is_in_the_groups_within_it(team: Team):
    outer, inner = team.group("Platform"), team.group("Storage")
    disk = team.service("Disk", inner)
    team.subscriber(chosen=(outer,))

    with organization_scope(team.actor()) as scope:
        scope.get(ServiceGroup, inner.id).parent_id = outer.id

    assert count_concerned(team, [disk.id]) == 1


def test_who_does_not_want_a_kind_of_news_is_left_out_of_it(team: Team):
    api = team.service("API")
    team.subscriber(kinds=[NewsKind.INCIDENTS])
    team.subscriber(chosen=(api,), kinds=[NewsKind.MAINTENANCE, NewsKind.ANNOUNCEMENTS])

    assert count_concerned(team, [api.id]) == 1
    assert count_concerned(team, [api.id], NewsKind.MAINTENANCE) == 1
    assert count_concerned(team, None, NewsKind.ANNOUNCEMENTS) == 1


def test_who_follows_an_incident_hears_of_it_and_of_nothing_else(team: Team):
    api = team.service("API")
    incident = team.incident("Errors", affects={api: "major_outage"})
    follow(team, team.subscriber(chosen=(api,), kinds=[]), incident.id)

    assert count_concerned(team, [api.id], incident_id=incident.id) == 1
    assert count_concerned(team, [api.id]) == 0
    assert count_concerned(team, None, NewsKind.ANNOUNCEMENTS) == 0


def test_who_follows_a_duplicate_hears_of_what_it_was_merged_into(team: Team):
    duplicate, into = team.incident("Errors"), team.incident("Database down")
    follow(team, team.subscriber(kinds=[]), duplicate.id)

    merge_incident(duplicate.id, into.id, by=team.actor())

    assert count_concerned(team, [], incident_id=into.id) == 1


def test_an_incident_without_services_is_told_to_those_who_chose_all(team: Team):
    team.subscriber()
    team.subscriber(chosen=(team.service(),))

    assert count_concerned(team, []) == 1


@pytest.mark.parametrize("state", sorted(set(SubscriberState) - {SubscriberState.CONFIRMED}))
def test_only_the_confirmed_are_told(team: Team, state: SubscriberState):
    team.subscriber(state=state)

    assert count_concerned(team, []) == 0


def test_another_organizations_subscribers_do_not_count(team: Team, world: World):
    other = world.team("Contoso")
    other.subscriber()
    other.subscriber(chosen=(other.service(),))

    assert count_concerned(team, [other.service().id]) == 0


def test_a_viewer_may_know(team: Team):
    team.subscriber()

    assert count_concerned(team, [], role=ActorRole.VIEWER) == 1
