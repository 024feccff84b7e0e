"""What can be done to services: who may, what is refused, and that nothing said at the same moment is lost."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from time_machine import travel

from app import clock
from app.database.actor import ActorRole
from app.database.outbox import Event, Revision
from app.database.scope import organization_scope
from app.errors import Invalid, NotFound
from app.services import actions, order
from app.services.actions import ServiceDetails
from app.services.models import Service, StatusChange
from app.services.order import Direction
from app.services.queries import get_catalogue, get_changes
from app.services.rules import ServiceStatus
from tests.builders import Team, World
from tests.together import run_together


def revision(team: Team) -> int:
    with organization_scope(team.actor()) as scope:
        return scope.session.scalars(select(Revision.number)).one()


def kinds(team: Team) -> list[str]:
    with organization_scope(team.actor()) as scope:
        return list(scope.session.scalars(select(Event.kind).order_by(Event.revision, Event.created_at)))


def test_a_new_service_begins_operational_and_its_history_says_since_when(team: Team):
    service = team.service("API")

    changes = get_changes(team.actor(), service.id).changes
    assert [(change.old_status, change.new_status) for change in changes] == [(None, "operational")]
    assert changes[0].at == service.created_at


def test_a_new_service_comes_after_the_others(team: Team):
    for name in ("B", "A", "C"):
        team.service(name)

    assert [service.name for service in get_catalogue(team.actor()).services] == ["B", "A", "C"]


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (ServiceDetails(""), "name"),
        (ServiceDetails("x" * 101), "name"),
        (ServiceDetails("API", "x" * 201), "description"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_field_it_is_about(team: Team, details: ServiceDetails, field: str):
    with pytest.raises(Invalid) as refusal:
        actions.create_service(details, by=team.actor())

    assert list(refusal.value.faults) == [field]


@pytest.mark.parametrize("length", [1, 100])
def test_a_name_of_the_shortest_and_the_longest_kind_is_taken(team: Team, length: int):
    assert team.service("x" * length).name == "x" * length


def test_an_organization_has_only_so_many_services(team: Team, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(actions, "MOST_SERVICES", 2)
    team.service("A")
    team.service("B")

    with pytest.raises(Invalid, match="at most 2 services"):
        team.service("C")


def test_a_status_set_again_is_kept_in_the_history_because_somebody_said_it(team: Team):
    service = team.service("API")
    team.set_status(service, "operational", "Looked at it")

    comments = [change.comment for change in get_changes(team.actor(), service.id).changes]

    assert comments == ["Looked at it", ""]


def test_a_hand_overrules_an_incident_until_the_incident_asks_for_something_else(team: Team):
    service = team.service("API")
    incident = team.incident(affects={service: "major_outage"})

    team.set_status(service, "operational")
    by_hand = team.status_of(service)
    team.update(incident, affects={service: "major_outage"})
    repeated = team.status_of(service)
    team.update(incident, affects={service: "partial_outage"})

    assert (by_hand, repeated, team.status_of(service)) == ("operational", "operational", "partial_outage")


def test_a_change_of_status_tells_the_world_once(team: Team):
    service = team.service("API")
    before = revision(team)

    team.set_status(service, "major_outage")

    assert revision(team) == before + 1
    assert kinds(team)[-1] == "service.status_changed"


def test_a_refused_comment_changes_nothing(team: Team):
    service = team.service("API")

    with pytest.raises(Invalid, match="at most 500"):
        team.set_status(service, "major_outage", "x" * 501)

    assert team.status_of(service) == "operational"


def test_archiving_twice_changes_nothing_the_second_time(team: Team):
    service = team.service("API")
    actions.archive_service(service.id, by=team.actor())
    before = revision(team)

    actions.archive_service(service.id, by=team.actor())

    assert revision(team) == before


def test_a_restored_service_has_its_place_and_its_history(team: Team):
    first, second = team.service("A"), team.service("B")
    team.set_status(first, "major_outage")
    actions.archive_service(first.id, by=team.actor())

    actions.restore_service(first.id, by=team.actor())

    assert [service.name for service in get_catalogue(team.actor()).services] == [first.name, second.name]
    assert len(get_changes(team.actor(), first.id).changes) == 2


def test_moving_goes_past_archived_neighbours_as_if_they_were_not_there(team: Team):
    first, hidden, last = (team.service(name) for name in ("A", "B", "C"))
    actions.archive_service(hidden.id, by=team.actor())

    order.move_service(last.id, Direction.UP, by=team.actor())

    assert [service.name for service in get_catalogue(team.actor()).services] == [last.name, first.name]


def test_a_service_moves_within_its_group_only(team: Team):
    group = team.group("Products")
    outside, inside = team.service("A"), team.service("B", group)

    order.move_service(inside.id, Direction.UP, by=team.actor())

    assert [service.name for service in get_catalogue(team.actor()).services] == [outside.name, inside.name]


def test_services_added_at_the_same_moment_have_places_of_their_own(app: Flask, team: Team):
    run_together(app, [lambda name=name: team.service(name) for name in "ABCDEF"])

    with organization_scope(team.actor()) as scope:
        positions = scope.session.scalars(select(Service.position)).all()
    assert sorted(positions) == [1, 2, 3, 4, 5, 6]


def test_many_moves_at_once_leave_an_order_with_everybody_in_it(app: Flask, team: Team):
    services = [team.service(name) for name in "ABCD"]

    run_together(app, [lambda one=one: order.move_service(one.id, Direction.UP, by=team.actor()) for one in services])

    with organization_scope(team.actor()) as scope:
        positions = scope.session.scalars(select(Service.position)).all()
    assert sorted(positions) == [1, 2, 3, 4]


def test_everything_said_at_the_same_moment_is_in_the_history_in_one_chain(app: Flask, team: Team):
    service = team.service("API")
    statuses = [status for status in ServiceStatus for _ in range(2)]

    def set_to(status: ServiceStatus) -> Callable[[], object]:
        return lambda: actions.set_status(service.id, status, by=team.actor())

    run_together(app, [set_to(status) for status in statuses])

    changes = get_changes(team.actor(), service.id).changes
    assert len(changes) == len(statuses) + 1
    assert sorted(change.new_status for change in changes[:-1]) == sorted(statuses)
    assert [change.old_status for change in changes[:-1]] == [change.new_status for change in changes[1:]]
    assert team.status_of(service) == changes[0].new_status


def test_an_incident_and_a_hand_at_the_same_moment_both_count(app: Flask, team: Team):
    service = team.service("API")

    run_together(
        app,
        [
            lambda: team.incident(affects={service: "major_outage"}),
            lambda: team.set_status(service, "degraded_performance"),
        ],
    )

    changes = get_changes(team.actor(), service.id).changes
    latest_first = [change.source for change in changes[:2]]
    assert sorted(latest_first) == ["incident", "manual"]
    assert team.status_of(service) == ("major_outage" if latest_first[0] == "incident" else "degraded_performance")


@pytest.mark.parametrize("role", [ActorRole.VIEWER, ActorRole.VISITOR])
def test_the_database_itself_refuses_who_may_not_write(team: Team, role: ActorRole):
    service = team.service("API")

    with pytest.raises((DBAPIError, NotFound)):
        actions.set_status(service.id, ServiceStatus.MAJOR_OUTAGE, by=team.actor(role))

    assert team.status_of(service) == "operational"


def test_another_organizations_service_is_not_there(world: World, team: Team):
    theirs = world.team("Contoso", "contoso").service("API")

    attempts: list[Callable[[UUID], object]] = [
        lambda one: actions.set_status(one, ServiceStatus.MAJOR_OUTAGE, by=team.actor()),
        lambda one: actions.edit_service(one, ServiceDetails("Mine"), by=team.actor()),
        lambda one: actions.archive_service(one, by=team.actor()),
        lambda one: order.move_service(one, Direction.UP, by=team.actor()),
    ]
    for attempt in attempts:
        for service_id in (theirs.id, uuid4()):
            with pytest.raises(NotFound):
                attempt(service_id)


def test_the_history_cannot_be_changed_by_the_application(team: Team):
    service = team.service("API")

    with organization_scope(team.actor()) as scope:
        change = scope.session.scalars(select(StatusChange).where(StatusChange.service_id == service.id)).one()
        change.comment = "It was never so"
        with pytest.raises(DBAPIError, match="permission denied"):
            scope.session.flush()
        scope.session.rollback()


def test_a_change_is_dated_when_it_was_made(team: Team):
    service = team.service("API")
    later = clock.now() + timedelta(hours=1)

    with travel(later, tick=False):
        team.set_status(service, "major_outage")

    assert get_changes(team.actor(), service.id).changes[0].at == later
