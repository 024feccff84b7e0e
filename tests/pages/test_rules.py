"""The one sentence at the top of a page."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.incidents.rules import Impact, Stage
from app.pages.rules import indicator, overall
from app.pages.views import Overall
from app.services.rules import ServiceStatus, worst

OPERATIONAL = ServiceStatus.OPERATIONAL
DEGRADED = ServiceStatus.DEGRADED_PERFORMANCE
PARTIAL = ServiceStatus.PARTIAL_OUTAGE
MAJOR = ServiceStatus.MAJOR_OUTAGE
MAINTENANCE = ServiceStatus.UNDER_MAINTENANCE


@dataclass(frozen=True)
class Service:
    name: str
    status: ServiceStatus = OPERATIONAL


@dataclass(frozen=True)
class Incident:
    title: str = "Elevated error rates"
    stage: Stage = Stage.INVESTIGATING
    impact: Impact = Impact.MAJOR
    status: ServiceStatus = PARTIAL
    affected: tuple[str, ...] = ("API",)


@dataclass(frozen=True)
class Maintenance:
    title: str = "Backup storage migration"


services = st.lists(
    st.builds(Service, st.sampled_from(["API", "Dashboard", "Backups"]), st.sampled_from(ServiceStatus))
)
incidents = st.lists(
    st.builds(
        Incident,
        stage=st.sampled_from([stage for stage in Stage if stage is not Stage.RESOLVED]),
        impact=st.sampled_from(Impact),
        status=st.sampled_from(ServiceStatus),
        affected=st.sampled_from([(), ("API",)]),
    ),
    max_size=3,
)


def test_all_is_well():
    assert overall([Service("API"), Service("Dashboard")]) == Overall(OPERATIONAL, "All systems operational", "")


def test_one_service_has_a_problem():
    said = overall([Service("API", PARTIAL), Service("Dashboard")], [Incident()])

    assert said == Overall(PARTIAL, "Some systems are having problems", "API: partial outage. We are working on it.")


def test_several_services_have_problems_the_loudest_is_named_first():
    said = overall(
        [Service("Dashboard", DEGRADED), Service("API", MAJOR), Service("Sign-in"), Service("Mail")], [Incident()]
    )

    assert said.status is MAJOR
    assert said.headline == "Some systems are having problems"
    assert said.detail == "API and Dashboard are affected. We are working on it."


def test_many_services_are_counted():
    said = overall([Service(name, DEGRADED) for name in "ABCDEF"] + [Service("G")])

    assert said.detail == "A, B, C and 3 more are affected."


def test_nobody_is_said_to_work_on_what_nobody_reported():
    assert overall([Service("API", PARTIAL), Service("Dashboard")]).detail == "API: partial outage."


def test_all_services_have_problems():
    assert overall([Service("A", DEGRADED), Service("B", PARTIAL)]).headline == "All systems are having problems"


def test_a_page_with_one_service_says_what_it_has():
    assert overall([Service("API", DEGRADED)]).headline == "Degraded performance"


@pytest.mark.parametrize(
    ("majors", "headline"),
    [
        (1, "Some systems are having problems"),
        (2, "Some systems are having problems"),
        (3, "Major outage"),
        (4, "Major outage"),
    ],
)
def test_it_is_a_major_outage_when_most_services_are_out(majors, headline):
    shown = [Service(str(number), MAJOR if number < majors else OPERATIONAL) for number in range(4)]

    assert overall(shown).headline == headline


def test_some_services_are_maintained():
    said = overall([Service("Backups", MAINTENANCE), Service("API")], maintenances=[Maintenance()])

    assert said == Overall(MAINTENANCE, "Under maintenance", "Planned work on Backups. Everything else works.")


def test_all_services_are_maintained():
    assert overall([Service("Backups", MAINTENANCE)]).detail == "Planned work is under way."


def test_a_problem_is_louder_than_maintenance():
    said = overall([Service("Backups", MAINTENANCE), Service("API", DEGRADED)])

    assert said == Overall(DEGRADED, "Some systems are having problems", "API: degraded performance.")


def test_maintenance_that_touches_no_service_is_mentioned():
    said = overall([Service("API")], maintenances=[Maintenance()])

    assert said == Overall(OPERATIONAL, "All systems operational", "Backup storage migration.")


def test_an_open_incident_is_no_all_clear_though_its_services_work():
    said = overall([Service("API")], [Incident()])

    assert said == Overall(DEGRADED, "We are looking into a problem", "Elevated error rates.")


def test_an_incident_without_services_speaks_for_itself():
    said = overall([Service("API")], [Incident(affected=(), status=MAJOR)])

    assert (said.status, said.headline) == (MAJOR, "We are looking into a problem")


def test_a_fix_that_is_watched_is_said_so():
    said = overall([Service("API")], [Incident(stage=Stage.MONITORING)])

    assert said.headline == "A fix is in place and we are watching it"


def test_one_watched_fix_does_not_hide_another_problem():
    said = overall([Service("API")], [Incident(stage=Stage.MONITORING), Incident(title="Slow")])

    assert said.headline == "We are looking into several problems"
    assert said.detail == "Elevated error rates. Slow."


def test_a_notice_without_impact_leaves_the_all_clear():
    said = overall([Service("API")], [Incident(impact=Impact.NONE, status=OPERATIONAL)])

    assert said.headline == "All systems operational"


def test_a_page_without_services_promises_nothing():
    assert overall([]).headline == "Nothing to report yet"


@given(services, incidents)
def test_the_all_clear_comes_only_when_everything_is_well(given_services, given_incidents):
    said = overall(given_services, given_incidents)

    well = all(service.status is OPERATIONAL for service in given_services)
    quiet = all(incident.impact is Impact.NONE for incident in given_incidents)
    assert (said.status is OPERATIONAL) == (well and quiet)
    assert (said.headline == "All systems operational") == bool(well and quiet and given_services)


@given(services, incidents)
def test_the_page_is_never_better_than_its_worst_service(given_services, given_incidents):
    said = overall(given_services, given_incidents)

    assert said.status.severity >= worst(service.status for service in given_services).severity


@given(services, incidents)
def test_every_sentence_ends(given_services, given_incidents):
    said = overall(given_services, given_incidents)

    assert said.headline
    assert said.detail == "" or said.detail.endswith(".")


@pytest.mark.parametrize(
    ("status", "word"),
    [(OPERATIONAL, "ok"), (MAINTENANCE, "maintenance"), (DEGRADED, "degraded"), (PARTIAL, "error"), (MAJOR, "error")],
)
def test_programs_get_one_word(status, word):
    assert indicator(status) == word
