"""Whatever members and the clock do in whatever order, services show what bears on them, and history ends with it."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app import clock
from app.database.scope import Scope, organization_scope
from app.errors import Invalid, InvalidTransition
from app.incidents.models import Incident
from app.maintenance import actions
from app.maintenance.details import MaintenanceDetails
from app.maintenance.due import keep_windows
from app.maintenance.models import Maintenance, MaintenanceService
from app.maintenance.rules import RUNNING, MaintenanceStage
from app.services.claims import read_inputs
from app.services.models import Service, ServiceClaim, StatusChange
from app.services.rules import ServiceStatus, Source, resolve_status
from tests.builders import Team, World
from tests.examples import examples
from tests.maintenance.conftest import NOON

SERVICES = 2
HOUR = timedelta(hours=1)

some_services = st.sets(st.integers(0, SERVICES - 1))
which = st.integers(0, 2)
hours = st.sampled_from([0.5, 1, 1.5, 2, 3])
steps = st.one_of(
    st.tuples(st.just("plan"), hours, hours, some_services, st.booleans(), st.booleans()),
    st.tuples(st.just("wait"), hours),
    st.tuples(st.just("clock")),
    st.tuples(st.just("move on"), which, st.sampled_from(["in_progress", "verifying", "completed"])),
    st.tuples(st.just("edit"), which, some_services),
    st.tuples(st.just("extend"), which, hours),
    st.tuples(st.just("cancel"), which),
    st.tuples(st.just("incident"), some_services, st.sampled_from(list(ServiceStatus))),
    st.tuples(st.just("resolve"), which),
    st.tuples(st.just("set"), st.integers(0, SERVICES - 1), st.sampled_from(list(ServiceStatus))),
)


@settings(max_examples=examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=2, max_size=10))
def test_services_follow_any_story(world: World, story):
    with time_machine.travel(NOON, tick=False) as traveller:
        team = world.team()
        services = [team.service(f"Service {number}") for number in range(SERVICES)]
        windows: list[Maintenance] = []
        incidents: list[Incident] = []

        for step in [*story, ("wait", 100), ("clock",), ("clock",)]:
            traveller.shift(timedelta(minutes=1))
            with suppress(InvalidTransition, Invalid):
                act(team, services, windows, incidents, step, traveller)

            assert_all_is_as_it_must_be(team, services)


def act(team: Team, services, windows, incidents, step, traveller: time_machine.Traveller) -> None:
    """Do one thing; what the rules refuse changes nothing."""
    by = team.actor()
    match step:
        case "plan", begins_in, length, touched, expects_failures, auto_complete:
            details = MaintenanceDetails(
                title="Some work",
                message="",
                starts_at=clock.now() + begins_in * HOUR,
                ends_at=clock.now() + (begins_in + length) * HOUR,
                service_ids=named(services, touched),
                auto_complete=auto_complete,
                expects_failures=expects_failures,
            )
            windows.append(actions.schedule_maintenance(details, by=by))
        case "wait", length:
            traveller.shift(length * HOUR)
        case ["clock"]:
            keep_windows()
        case "move on", number, stage if number < len(windows):
            team.move_on(windows[number], stage)
        case "edit", number, touched if number < len(windows):
            edit_services(team, windows[number], named(services, touched))
        case "extend", number, length if number < len(windows):
            actions.extend_maintenance(windows[number].id, clock.now() + length * HOUR, by=by)
        case "cancel", number if number < len(windows):
            actions.cancel_maintenance(windows[number].id, by=by)
        case "incident", touched, status:
            incidents.append(team.incident(affects={services[number]: status for number in touched}))
        case "resolve", number if number < len(incidents):
            team.resolve(incidents[number])
        case "set", number, status:
            team.set_status(services[number], status)


def named(services: list[Service], touched: set[int]) -> list:
    return [services[number].id for number in sorted(touched)]


def edit_services(team: Team, window: Maintenance, service_ids: list) -> None:
    with organization_scope(team.actor()) as scope:
        now = scope.get(Maintenance, window.id)
    same = MaintenanceDetails(
        now.title,
        now.message,
        now.starts_at,
        now.ends_at,
        auto_start=now.auto_start,
        auto_complete=now.auto_complete,
        expects_failures=now.expects_failures,
    )
    actions.edit_maintenance(window.id, replace(same, service_ids=service_ids), by=team.actor())


def assert_all_is_as_it_must_be(team: Team, services: list[Service]) -> None:
    with organization_scope(team.actor()) as scope:
        rows = [scope.get(Service, service.id) for service in services]
        inputs = read_inputs(scope, rows)
        claimed = set(
            scope.session.execute(
                select(ServiceClaim.claimant_id, ServiceClaim.service_id).where(
                    ServiceClaim.source == Source.MAINTENANCE, ServiceClaim.organization_id == team.id
                )
            ).all()
        )
        windows = scope.session.scalars(select(Maintenance)).all()
        touched = scope.session.scalars(select(MaintenanceService)).all()
        recorded = [last_recorded(scope, service) for service in services]

    running = {window.id for window in windows if window.stage in RUNNING}
    assert claimed == {(one.maintenance_id, one.service_id) for one in touched if one.maintenance_id in running}
    for row, last in zip(rows, recorded, strict=True):
        assert row.status is resolve_status(inputs[row.id]).status
        assert row.status is last.new_status
        assert row.status_since <= clock.now()
        assert last.at <= clock.now()
    for window in windows:
        assert (window.started_at is not None) == (window.stage in (*RUNNING, MaintenanceStage.COMPLETED))
        assert (window.completed_at is not None) == (window.stage is MaintenanceStage.COMPLETED)
        assert window.started_at is None or window.completed_at is None or window.started_at <= window.completed_at


def last_recorded(scope: Scope, service: Service) -> StatusChange:
    return scope.session.scalars(
        select(StatusChange)
        .where(StatusChange.service_id == service.id)
        .order_by(StatusChange.at.desc(), StatusChange.id.desc())
        .limit(1)
    ).one()
