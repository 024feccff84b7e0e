"""What is proposed for a service, and why."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.incidents.rules import Impact, Stage, suggest_status
from app.services.rules import ServiceStatus
from app.suggestions.rules import WEAKENED, Need, OtherAsk, Situation, spread, suggest

OPERATIONAL, DEGRADED, PARTIAL = (
    ServiceStatus.OPERATIONAL,
    ServiceStatus.DEGRADED_PERFORMANCE,
    ServiceStatus.PARTIAL_OUTAGE,
)
MAJOR, MAINTENANCE = ServiceStatus.MAJOR_OUTAGE, ServiceStatus.UNDER_MAINTENANCE

STATUSES = st.sampled_from(ServiceStatus)
SITUATIONS = st.builds(
    Situation,
    others=st.lists(st.builds(OtherAsk, st.text(), STATUSES), max_size=3).map(tuple),
    needs=st.lists(st.builds(Need, st.text(), STATUSES), max_size=3).map(tuple),
    windows=st.lists(st.text(), max_size=2).map(tuple),
)


@pytest.mark.parametrize(
    ("impact", "status"), [("none", OPERATIONAL), ("minor", DEGRADED), ("major", PARTIAL), ("critical", MAJOR)]
)
def test_alone_the_impact_decides_and_nothing_need_be_said(impact: str, status: ServiceStatus):
    suggestion = suggest(Impact(impact), Stage.INVESTIGATING, Situation())

    assert (suggestion.status, suggestion.reason) == (status, "")


def test_a_resolved_incident_proposes_nothing_of_its_own():
    suggestion = suggest(Impact.CRITICAL, Stage.RESOLVED, Situation())

    assert (suggestion.status, suggestion.reason) == (OPERATIONAL, "This incident is over.")


def test_a_service_that_needs_one_that_is_down_has_one_step_less():
    suggestion = suggest(
        Impact.NONE, Stage.IDENTIFIED, Situation(needs=(Need("Payments", MAJOR), Need("Mail", PARTIAL)))
    )

    assert suggestion.status is PARTIAL
    assert suggestion.reason == "It needs Payments, which has: major outage."


def test_what_is_needed_and_only_slow_says_nothing():
    assert suggest(Impact.NONE, Stage.IDENTIFIED, Situation(needs=(Need("Payments", DEGRADED),))).status is OPERATIONAL


def test_a_worse_ask_of_another_incident_is_told_and_not_copied():
    others = (OtherAsk("Database down", MAJOR), OtherAsk("Slow", DEGRADED))

    suggestion = suggest(Impact.MINOR, Stage.INVESTIGATING, Situation(others=others))

    assert suggestion.status is DEGRADED
    assert suggestion.reason == "The page shows major outage as long as “Database down” is open."


def test_a_harmless_incident_in_a_window_is_maintenance():
    suggestion = suggest(Impact.NONE, Stage.INVESTIGATING, Situation(windows=("Network upgrade",)))

    assert (suggestion.status, suggestion.reason) == (MAINTENANCE, "“Network upgrade” is running.")


def test_a_fault_in_a_window_stays_a_fault_and_the_window_is_named():
    suggestion = suggest(Impact.MAJOR, Stage.INVESTIGATING, Situation(windows=("B", "A")))

    assert suggestion.status is PARTIAL
    assert suggestion.reason == "“A” (and 1 more) is running and may be all that users see."


@given(st.sampled_from(Impact), st.sampled_from(Stage), SITUATIONS)
def test_no_suggestion_is_milder_than_the_impacts(impact: Impact, stage: Stage, situation: Situation):
    assert suggest(impact, stage, situation).status.severity >= suggest_status(impact, stage).severity


@given(st.sampled_from(Impact), st.sampled_from(Stage), SITUATIONS)
def test_what_differs_from_the_impacts_is_explained(impact: Impact, stage: Stage, situation: Situation):
    suggestion = suggest(impact, stage, situation)

    assert suggestion.reason or suggestion.status is suggest_status(impact, stage)


NODES = [UUID(int=number) for number in range(1, 8)]
GRAPHS = st.fixed_dictionaries(
    {node: st.sets(st.sampled_from(NODES[:index])) if index else st.just(set()) for index, node in enumerate(NODES)}
)
CHOSEN = st.dictionaries(st.sampled_from(NODES), STATUSES, max_size=3)


def test_a_fault_loses_a_step_from_service_to_service():
    first, second, third, fourth = NODES[:4]
    needs = {second: {first}, third: {second}, fourth: {third}}

    assert spread({first: MAJOR}, needs) == {second: PARTIAL, third: DEGRADED}


def test_the_shorter_way_is_the_stronger_one():
    first, second, third = NODES[:3]

    assert spread({first: MAJOR}, {second: {first}, third: {first, second}})[third] is PARTIAL


@given(CHOSEN, GRAPHS)
def test_every_reached_service_is_reached_by_something_it_needs(
    chosen: dict[UUID, ServiceStatus], needs: dict[UUID, set[UUID]]
):
    reached = spread(chosen, needs)

    assert not reached.keys() & chosen.keys()
    felt = {**reached, **chosen}
    for node in NODES:
        if node in chosen:
            continue
        strongest = max(
            (WEAKENED[felt[one]] for one in needs[node] if WEAKENED.get(felt.get(one, OPERATIONAL))),
            key=lambda status: status.severity,
            default=None,
        )
        assert reached.get(node) is strongest
