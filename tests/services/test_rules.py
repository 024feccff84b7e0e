"""What a service shows: decision 0001."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules import (
    Ask,
    Inputs,
    Manual,
    ServiceStatus,
    Shown,
    Source,
    Verdict,
    Window,
    resolve_status,
    worst,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

OPERATIONAL = ServiceStatus.OPERATIONAL
DEGRADED = ServiceStatus.DEGRADED_PERFORMANCE
PARTIAL = ServiceStatus.PARTIAL_OUTAGE
MAJOR = ServiceStatus.MAJOR_OUTAGE
MAINTENANCE = ServiceStatus.UNDER_MAINTENANCE


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def ask(status: ServiceStatus, minute: int, number: int = 1) -> Ask:
    return Ask(status, at(minute), UUID(int=number))


def window(minute: int, number: int = 1) -> Window:
    return Window(at(minute), UUID(int=number))


def status_of(
    *asks: Ask, manual: Manual | None = None, windows: tuple[Window, ...] = (), verdicts: tuple[Verdict, ...] = ()
) -> ServiceStatus:
    return resolve_status(Inputs(manual, asks, windows, verdicts)).status


statuses = st.sampled_from(ServiceStatus)
minutes = st.integers(-5, 5)
manuals = st.builds(lambda status, minute: Manual(status, at(minute)), statuses, minutes)
asks = st.builds(ask, statuses, minutes, st.integers(1, 5))
windows = st.builds(window, minutes, st.integers(1, 5))
verdicts = st.builds(lambda status, minute: Verdict(status, at(minute)), statuses, minutes)
inputs = st.builds(
    Inputs,
    st.none() | manuals,
    st.lists(asks, max_size=4).map(tuple),
    st.lists(windows, max_size=2).map(tuple),
    st.lists(verdicts, max_size=2).map(tuple),
)


def test_a_service_that_nobody_spoke_about_is_operational():
    shown = resolve_status(Inputs())

    assert shown == Shown(OPERATIONAL, None)
    assert shown.source is Source.MANUAL


@pytest.mark.parametrize("status", ServiceStatus)
def test_a_manual_status_is_shown_as_it_is(status):
    manual = Manual(status, NOON)

    assert resolve_status(Inputs(manual)) == Shown(status, manual)


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        (OPERATIONAL, DEGRADED),
        (OPERATIONAL, PARTIAL),
        (OPERATIONAL, MAJOR),
        (DEGRADED, PARTIAL),
        (DEGRADED, MAJOR),
        (PARTIAL, MAJOR),
    ],
)
def test_an_incident_worsens_a_service(before, asked):
    shown = resolve_status(Inputs(Manual(before, at(0)), (ask(asked, 1),)))

    assert shown == Shown(asked, ask(asked, 1))
    assert shown.source is Source.INCIDENT


@pytest.mark.parametrize(
    ("before", "asked"),
    [(before, asked) for before in ServiceStatus for asked in ServiceStatus if asked.severity < before.severity],
)
def test_an_incident_never_improves_a_service(before, asked):
    assert status_of(ask(asked, 1), manual=Manual(before, at(0))) is before


def test_a_fault_during_a_maintenance_is_louder_than_the_maintenance():
    assert status_of(ask(DEGRADED, 5), windows=(window(0),)) is DEGRADED
    assert status_of(ask(DEGRADED, 0), windows=(window(5),)) is DEGRADED


def test_a_running_maintenance_shows_over_an_operational_service():
    shown = resolve_status(Inputs(windows=(window(0, number=7),)))

    assert shown == Shown(MAINTENANCE, window(0, number=7))
    assert shown.source is Source.MAINTENANCE


def test_a_monitor_counts_like_anyone_else():
    shown = resolve_status(Inputs(Manual(OPERATIONAL, at(0)), verdicts=(Verdict(PARTIAL, at(1)),)))

    assert (shown.status, shown.source) == (PARTIAL, Source.MONITOR)


def test_what_a_monitor_finds_during_a_window_that_expects_it_is_not_shown():
    expecting = Window(at(1), UUID(int=1), expects_failures=True)
    found = (Verdict(MAJOR, at(1)), Verdict(PARTIAL, at(5)))

    assert resolve_status(Inputs(windows=(expecting,), verdicts=found)).status is MAINTENANCE
    assert resolve_status(Inputs(windows=(window(1),), verdicts=found)).status is MAJOR
    assert resolve_status(Inputs(verdicts=found)).status is MAJOR


def test_what_a_monitor_found_before_the_window_is_shown():
    expecting = Window(at(2), UUID(int=1), expects_failures=True)

    assert resolve_status(Inputs(windows=(expecting,), verdicts=(Verdict(PARTIAL, at(1)),))).status is PARTIAL


def test_a_human_who_overrules_the_window_does_not_make_failures_unexpected():
    expecting = Window(at(1), UUID(int=1), expects_failures=True)

    shown = resolve_status(Inputs(Manual(OPERATIONAL, at(2)), windows=(expecting,), verdicts=(Verdict(MAJOR, at(3)),)))

    assert shown.status is OPERATIONAL


def test_an_incident_is_shown_also_during_a_window_that_expects_failures():
    expecting = Window(at(1), UUID(int=1), expects_failures=True)

    assert resolve_status(Inputs(asks=(ask(PARTIAL, 2),), windows=(expecting,))).status is PARTIAL


def test_of_several_open_incidents_the_worst_decides_and_not_the_most_recent():
    older_and_worse, newer_and_milder = ask(MAJOR, 0, number=1), ask(DEGRADED, 9, number=2)

    shown = resolve_status(Inputs(asks=(older_and_worse, newer_and_milder)))

    assert shown == Shown(MAJOR, older_and_worse)


def test_resolving_the_worst_incident_leaves_the_worst_of_the_rest():
    major, degraded, partial = ask(MAJOR, 0, 1), ask(DEGRADED, 1, 2), ask(PARTIAL, 2, 3)

    assert status_of(major, degraded, partial) is MAJOR
    assert status_of(degraded, partial) is PARTIAL
    assert status_of(degraded) is DEGRADED
    assert status_of() is OPERATIONAL


def test_a_manual_status_from_before_the_incident_stays_when_the_incident_is_resolved():
    before = Manual(DEGRADED, at(0))

    assert status_of(ask(MAJOR, 1), manual=before) is MAJOR
    assert status_of(manual=before) is DEGRADED


def test_a_human_who_sets_the_service_during_an_incident_is_believed():
    assert status_of(ask(MAJOR, 0), manual=Manual(OPERATIONAL, at(1))) is OPERATIONAL


def test_what_an_incident_asks_after_the_human_counts_again():
    assert status_of(ask(PARTIAL, 2), manual=Manual(OPERATIONAL, at(1))) is PARTIAL


def test_at_the_very_same_instant_the_human_is_believed():
    assert status_of(ask(PARTIAL, 1), manual=Manual(OPERATIONAL, at(1))) is OPERATIONAL


def test_a_human_may_end_what_a_running_maintenance_shows():
    assert status_of(manual=Manual(OPERATIONAL, at(1)), windows=(window(0),)) is OPERATIONAL


def test_of_equal_claims_the_one_that_stood_longest_is_named():
    early, late = ask(MAJOR, 0, number=9), ask(MAJOR, 1, number=1)

    assert resolve_status(Inputs(asks=(late, early))).because == early


def test_of_equal_claims_the_human_is_named():
    manual = Manual(MAJOR, at(0))

    assert resolve_status(Inputs(manual, (ask(MAJOR, 1),))).because == manual


@given(inputs)
def test_the_order_of_what_bears_on_a_service_means_nothing(given_inputs):
    decided = resolve_status(given_inputs)

    for order in permutations(given_inputs.asks):
        turned = Inputs(given_inputs.manual, order, given_inputs.windows[::-1], given_inputs.verdicts[::-1])
        assert resolve_status(turned) == decided


@given(inputs, asks)
def test_another_incident_never_improves_and_resolving_one_never_worsens(given_inputs, another):
    without = resolve_status(given_inputs).status
    with_it = resolve_status(replace(given_inputs, asks=(*given_inputs.asks, another))).status

    assert with_it.severity >= without.severity


@given(inputs, st.one_of(windows, verdicts))
def test_another_maintenance_or_verdict_never_improves(given_inputs, another):
    without = resolve_status(given_inputs).status
    if isinstance(another, Window):
        more = replace(given_inputs, windows=(*given_inputs.windows, another))
    else:
        more = replace(given_inputs, verdicts=(*given_inputs.verdicts, another))

    assert resolve_status(more).status.severity >= without.severity


@given(inputs, statuses)
def test_a_human_who_speaks_last_decides_alone(given_inputs, status):
    last = Manual(status, at(60))

    assert resolve_status(replace(given_inputs, manual=last)) == Shown(status, last)


@given(inputs)
def test_without_a_later_human_the_worst_of_all_is_shown(given_inputs):
    unspoken = replace(given_inputs, manual=None)
    claims = (*unspoken.asks, *unspoken.windows, *unspoken.verdicts)

    assert resolve_status(unspoken).status is worst(claim.status for claim in claims)


@given(inputs)
def test_the_claim_that_is_named_says_what_is_shown_and_was_not_overruled(given_inputs):
    shown = resolve_status(given_inputs)

    if shown.because is None:
        assert shown.status is OPERATIONAL
    else:
        assert shown.because.status is shown.status
        if given_inputs.manual:
            assert shown.because.at >= given_inputs.manual.at


@given(inputs)
def test_green_is_never_shown_unless_the_last_human_or_everybody_says_so(given_inputs):
    if resolve_status(given_inputs).status is OPERATIONAL:
        manual = given_inputs.manual
        claims = (*given_inputs.asks, *given_inputs.windows, *given_inputs.verdicts)

        assert manual is None or manual.status is OPERATIONAL
        assert all(claim.status is OPERATIONAL or (manual is not None and claim.at <= manual.at) for claim in claims)


@given(st.lists(statuses))
def test_worst_is_one_of_those_given_and_none_is_louder(given_statuses):
    loudest = worst(given_statuses)

    assert loudest in [*given_statuses, OPERATIONAL]
    assert all(status.severity <= loudest.severity for status in given_statuses)


def test_the_statuses_from_quiet_to_loud():
    by_severity = sorted(ServiceStatus, key=lambda status: status.severity)

    assert by_severity == [OPERATIONAL, MAINTENANCE, DEGRADED, PARTIAL, MAJOR]
