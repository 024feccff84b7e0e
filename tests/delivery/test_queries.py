"""What became of what we told, counted."""

from datetime import timedelta

from sqlalchemy import select

from app import clock
from app.database.actor import Actor
from app.database.outbox import Event
from app.database.scope import organization_scope
from app.delivery.fan_out import write_chunk
from app.delivery.models import Delivery
from app.delivery.notify import notify
from app.delivery.queries import Told, count_to_be_told, read_failures, read_last_told, read_told
from app.delivery.rules import DeliveryState
from app.incidents.models import Incident
from tests.builders import Team, World
from tests.delivery.conftest import count_again


def write_deliveries(team: Team) -> None:
    with organization_scope(team.actor()) as scope:
        events = list(scope.session.scalars(select(Event.id).order_by(Event.revision, Event.created_at)))
    for event_id in events:
        for notification_id in notify(team.id, event_id):
            write_chunk(team.id, notification_id)


def settle(team: Team, **states: DeliveryState) -> None:
    """Give deliveries a state, by the first part of their address."""
    with organization_scope(Actor.worker(team.id)) as scope:
        for delivery in scope.session.scalars(select(Delivery)):
            state = states.get(delivery.address.partition("@")[0])
            if state is DeliveryState.SENT:
                delivery.sent_at = clock.now()
            if state is DeliveryState.FAILED:
                delivery.error = "The mailbox does not exist"
            delivery.state = state or delivery.state
        count_again(scope)


def only_told(team: Team, incident: Incident) -> Told:
    (told,) = read_told(team.actor(), incident.id).values()
    return told


def test_sent_failed_and_waiting_are_told_apart(team: Team):
    for name in ("ana", "ben", "cem"):
        team.subscriber(f"{name}@customer.example")
    incident = team.incident()
    write_deliveries(team)

    settle(team, ana=DeliveryState.SENT, ben=DeliveryState.FAILED)

    told = only_told(team, incident)
    assert (told.total, told.sent, told.failed, told.waiting, told.complete) == (3, 1, 1, 1, True)
    assert told.failures == {"The mailbox does not exist": 1}
    assert told.took is None


def test_how_long_it_took_is_known_when_nobody_waits_any_more(team: Team):
    team.subscriber("ana@customer.example")
    incident = team.incident()
    write_deliveries(team)

    settle(team, ana=DeliveryState.SENT)

    took = only_told(team, incident).took
    assert took is not None
    assert timedelta() <= took < timedelta(minutes=1)


def test_those_whom_a_later_update_told_are_not_counted(team: Team):
    team.subscriber("ana@customer.example")
    incident = team.incident()
    write_deliveries(team)

    settle(team, ana=DeliveryState.SUPERSEDED)

    told = only_told(team, incident)
    assert told.total == 0
    assert told.was_replaced


def test_the_last_told_update_is_the_newest_of_all_incidents_that_stand(team: Team):
    team.subscriber("ana@customer.example")
    first, deleted = team.incident("First"), team.incident("A mistake")
    write_deliveries(team)
    team.delete(deleted)

    with organization_scope(team.actor()) as scope:
        last = read_last_told(scope)

    assert last is not None
    assert (last.incident_id, last.title) == (first.id, "First")


def test_nobody_was_told_of_anything_yet(team: Team):
    team.incident(notify=False)
    write_deliveries(team)

    with organization_scope(team.actor()) as scope:
        assert read_last_told(scope) is None


def test_who_is_counted_is_who_will_be_told(team: Team):
    api, web = team.service("API"), team.service("Web")
    team.subscriber("all@customer.example")
    team.subscriber("api@customer.example", chosen=(api,))
    team.subscriber("web@customer.example", chosen=(web,))
    counted = count_to_be_told(team.actor(), [api.id])

    incident = team.incident(affects={api: "major_outage"})
    write_deliveries(team)

    assert counted == only_told(team, incident).total == 2


def test_failures_are_those_of_this_organization(world: World, team: Team):
    contoso = world.team("Contoso", "contoso")
    for one in (team, contoso):
        one.subscriber("ana@customer.example")
        one.incident(f"Errors at {one.slug}")
        write_deliveries(one)
        settle(one, ana=DeliveryState.FAILED)

    assert [failure.incident_title for failure in read_failures(team.actor(), 10)] == ["Errors at northwind"]
