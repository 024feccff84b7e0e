"""Whatever a team does in whatever order, services show what bears on them, and nothing of it is forgotten."""

from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import and_, select

from app import clock
from app.database.scope import organization_scope
from app.errors import InvalidTransition
from app.incidents.actions import NewIncident, NewUpdate, delete_incident, post_update, report_incident
from app.incidents.models import Incident, IncidentService
from app.incidents.rules import Impact, Stage
from app.services.actions import set_status
from app.services.models import Service, ServiceClaim, StatusChange
from app.services.rules import Ask, Inputs, Manual, ServiceStatus, resolve_status
from tests.builders import Team
from tests.examples import examples

SERVICES = 3
INCIDENTS = 3

statuses = st.sampled_from(list(ServiceStatus))
which_service = st.integers(0, SERVICES - 1)
affected = st.dictionaries(which_service, statuses, max_size=SERVICES)
steps = st.one_of(
    st.tuples(st.just("report"), affected, st.sampled_from(list(Stage))),
    st.tuples(st.just("update"), st.integers(0, INCIDENTS - 1), st.none() | affected, st.sampled_from(list(Stage))),
    st.tuples(st.just("delete"), st.integers(0, INCIDENTS - 1)),
    st.tuples(st.just("set"), which_service, statuses),
)


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=1, max_size=8))
def test_services_follow_any_story(team: Team, story):
    services = [team.service(f"Service {number}") for number in range(SERVICES)]
    incidents: list[Incident] = []

    for step in story:
        act(team, services, incidents, step)

        for service in services:
            assert_shown_as_it_must_be(team, service)


def act(team: Team, services: list[Service], incidents: list[Incident], step) -> None:
    """Do one thing that a team can do; what the rules refuse changes nothing."""
    by = team.actor()
    match step:
        case "report", asked, stage:
            new = NewIncident("Errors", "We look.", stage, Impact.MINOR, named(services, asked))
            incidents.append(report_incident(new, by=by))
        case "update", number, asked, stage if number < len(incidents):
            chosen = None if asked is None else named(services, asked)
            with suppress(InvalidTransition):
                post_update(incidents[number].id, NewUpdate(stage, "News.", chosen), by=by)
        case "delete", number if number < len(incidents):
            delete_incident(incidents.pop(number).id, by=by)
        case "set", number, status:
            set_status(services[number].id, status, by=by)


def named(services: list[Service], asked: dict[int, ServiceStatus]):
    return {services[number].id: status for number, status in asked.items()}


def assert_shown_as_it_must_be(team: Team, service: Service) -> None:
    with organization_scope(team.actor()) as scope:
        row = scope.get(Service, service.id)
        asks = scope.session.execute(
            select(IncidentService.status, IncidentService.asked_at, IncidentService.incident_id)
            .join(
                Incident,
                and_(
                    Incident.organization_id == IncidentService.organization_id,
                    Incident.id == IncidentService.incident_id,
                ),
            )
            .where(
                IncidentService.service_id == service.id, Incident.resolved_at.is_(None), Incident.deleted_at.is_(None)
            )
        ).all()
        claims = scope.session.execute(
            select(ServiceClaim.status, ServiceClaim.since, ServiceClaim.claimant_id).where(
                ServiceClaim.service_id == service.id
            )
        ).all()
        last = scope.session.scalars(
            select(StatusChange).where(StatusChange.service_id == service.id).order_by(StatusChange.id.desc()).limit(1)
        ).one()

    manual = Manual(row.manual_status, row.manual_status_at) if row.manual_status and row.manual_status_at else None
    expected = resolve_status(Inputs(manual, tuple(Ask(*ask) for ask in asks))).status
    assert sorted(map(tuple, claims)) == sorted(map(tuple, asks))
    assert row.status is expected
    assert last.new_status is expected
    assert last.at <= clock.now()
