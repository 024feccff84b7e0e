"""The life of an incident: decision 0002."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidTransition
from app.incidents.rules import (
    Impact,
    ServiceAsk,
    Stage,
    allowed_stages,
    check_message,
    check_title,
    check_transition,
    merge_asks,
    status_of,
    suggest_status,
)
from app.services.rules import ServiceStatus

EARLIER = datetime(2026, 11, 21, 9, 42, tzinfo=UTC)
NOW = EARLIER + timedelta(minutes=26)
API, DASHBOARD, BACKUPS = UUID(int=1), UUID(int=2), UUID(int=3)

DEGRADED = ServiceStatus.DEGRADED_PERFORMANCE
PARTIAL = ServiceStatus.PARTIAL_OUTAGE
MAJOR = ServiceStatus.MAJOR_OUTAGE
OPERATIONAL = ServiceStatus.OPERATIONAL

stages = st.sampled_from(Stage)
chosen_asks = st.dictionaries(st.integers(1, 6).map(lambda number: UUID(int=number)), st.sampled_from(ServiceStatus))


@pytest.mark.parametrize(
    ("current", "new"),
    [
        ("investigating", "identified"),
        ("identified", "monitoring"),
        ("monitoring", "resolved"),
        ("investigating", "monitoring"),
        ("investigating", "resolved"),
        ("identified", "resolved"),
    ],
)
def test_an_incident_moves_forward_and_may_skip_stages(current, new):
    check_transition(Stage(current), Stage(new))


@pytest.mark.parametrize("stage", [Stage.INVESTIGATING, Stage.IDENTIFIED, Stage.MONITORING])
def test_an_open_incident_takes_another_message_at_its_stage(stage):
    check_transition(stage, stage)


@pytest.mark.parametrize(
    ("current", "new"),
    [("identified", "investigating"), ("monitoring", "identified"), ("monitoring", "investigating")],
)
def test_an_incident_does_not_go_back(current, new):
    with pytest.raises(InvalidTransition, match=f"already {current}; it cannot go back to {new}"):
        check_transition(Stage(current), Stage(new))


@pytest.mark.parametrize("new", Stage)
def test_resolved_is_final(new):
    with pytest.raises(InvalidTransition, match="Report a new one"):
        check_transition(Stage.RESOLVED, new)


def test_a_resolved_incident_has_no_stages_left():
    assert allowed_stages(Stage.RESOLVED) == ()


def test_the_form_offers_the_present_stage_and_those_after_it():
    assert allowed_stages(Stage.IDENTIFIED) == (Stage.IDENTIFIED, Stage.MONITORING, Stage.RESOLVED)


@given(stages, stages)
def test_what_the_form_offers_is_what_passes(current, new):
    offered = new in allowed_stages(current)

    try:
        check_transition(current, new)
    except InvalidTransition:
        assert not offered
    else:
        assert offered


@given(st.lists(stages, max_size=8))
def test_no_series_of_updates_takes_an_incident_back(updates):
    reached = [Stage.INVESTIGATING]
    for update in updates:
        if update in allowed_stages(reached[-1]):
            reached.append(update)

    order = list(Stage)
    assert [order.index(stage) for stage in reached] == sorted(order.index(stage) for stage in reached)
    assert reached.count(Stage.RESOLVED) <= 1


@pytest.mark.parametrize(
    ("impact", "status"),
    [("none", OPERATIONAL), ("minor", DEGRADED), ("major", PARTIAL), ("critical", MAJOR)],
)
@pytest.mark.parametrize("stage", [Stage.INVESTIGATING, Stage.IDENTIFIED, Stage.MONITORING])
def test_an_open_incident_suggests_a_status_by_its_impact(impact, status, stage):
    assert suggest_status(Impact(impact), stage) is status


@pytest.mark.parametrize("impact", Impact)
def test_a_resolved_incident_suggests_operational(impact):
    assert suggest_status(impact, Stage.RESOLVED) is OPERATIONAL


def test_an_incident_is_as_bad_as_the_worst_that_it_asks_for():
    assert status_of([DEGRADED, PARTIAL], Impact.CRITICAL, Stage.IDENTIFIED) is PARTIAL


def test_an_incident_without_services_is_as_bad_as_its_impact():
    assert status_of([], Impact.CRITICAL, Stage.IDENTIFIED) is MAJOR


def test_an_ask_that_stays_the_same_keeps_its_time():
    api = ServiceAsk(API, PARTIAL, EARLIER)

    changes = merge_asks([api], {API: PARTIAL}, now=NOW)

    assert changes.asks == (api,)
    assert changes.touched == frozenset()


def test_an_ask_that_changes_is_a_new_statement():
    changes = merge_asks([ServiceAsk(API, PARTIAL, EARLIER)], {API: DEGRADED}, now=NOW)

    assert changes.asks == changes.changed == (ServiceAsk(API, DEGRADED, NOW),)


def test_services_come_to_an_incident_and_leave_it():
    api, dashboard = ServiceAsk(API, PARTIAL, EARLIER), ServiceAsk(DASHBOARD, DEGRADED, EARLIER)

    changes = merge_asks([dashboard, api], {API: PARTIAL, BACKUPS: MAJOR}, now=NOW)

    assert changes.asks == (api, ServiceAsk(BACKUPS, MAJOR, NOW))
    assert changes.added == (ServiceAsk(BACKUPS, MAJOR, NOW),)
    assert changes.removed == (dashboard,)
    assert changes.touched == {BACKUPS, DASHBOARD}


@given(chosen_asks, chosen_asks)
def test_merged_asks_are_exactly_what_the_editor_chose(before, chosen):
    existing = [ServiceAsk(service_id, status, EARLIER) for service_id, status in before.items()]

    changes = merge_asks(existing, chosen, now=NOW)

    assert {ask.service_id: ask.status for ask in changes.asks} == chosen
    for ask in changes.asks:
        assert ask.asked_at == (EARLIER if before.get(ask.service_id) is ask.status else NOW)


@given(chosen_asks, chosen_asks)
def test_merging_the_same_choice_again_changes_nothing(before, chosen):
    existing = [ServiceAsk(service_id, status, EARLIER) for service_id, status in before.items()]
    once = merge_asks(existing, chosen, now=NOW)

    again = merge_asks(once.asks, chosen, now=NOW + timedelta(hours=1))

    assert again.asks == once.asks
    assert not again.touched


@pytest.mark.parametrize(
    ("title", "fine"), [("", False), ("x", False), ("xy", True), ("x" * 200, True), ("x" * 201, False)]
)
def test_a_title_has_2_to_200_characters(title, fine):
    assert (check_title(title) is None) == fine


@pytest.mark.parametrize(
    ("message", "fine"), [("", False), (" \n", False), ("x", True), ("x" * 10_000, True), ("x" * 10_001, False)]
)
def test_an_update_has_a_message_of_up_to_10_000_characters(message, fine):
    assert (check_message(message) is None) == fine


def test_where_no_message_is_required_none_is_fine():
    assert check_message("", required=False) is None
