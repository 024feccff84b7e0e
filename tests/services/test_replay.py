"""Telling a service's history anew: decision 0018."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.services.history import Change, spans
from app.services.replay import Past, Period, amend
from app.services.rules import Ask, Manual, ServiceStatus

BEGIN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NOW = BEGIN + timedelta(minutes=60)
GREEN, DEGRADED, PARTIAL, MAJOR = (
    ServiceStatus.OPERATIONAL,
    ServiceStatus.DEGRADED_PERFORMANCE,
    ServiceStatus.PARTIAL_OUTAGE,
    ServiceStatus.MAJOR_OUTAGE,
)


def at(minutes: int) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def ask(status: ServiceStatus, begins: int, ends: int | None, number: int = 1) -> Period:
    return Period(Ask(status, at(begins), UUID(int=number)), at(begins), None if ends is None else at(ends))


def test_an_outage_that_nobody_reported_is_put_in_with_its_end():
    amended = amend([Change(at(0), GREEN)], Past((), ()), Past((), (ask(MAJOR, 10, 20),)), start=at(10), end=NOW)

    assert [(row.at, row.old, row.new) for row in amended.rows] == [(at(10), GREEN, MAJOR), (at(20), MAJOR, GREEN)]
    assert (amended.status, amended.since) == (GREEN, at(20))


def test_what_was_recorded_meanwhile_is_overruled_at_its_own_instant():
    recorded = [Change(at(0), GREEN), Change(at(15), DEGRADED), Change(at(30), GREEN)]
    slow = ask(DEGRADED, 15, 30, number=2)

    amended = amend(recorded, Past((), (slow,)), Past((), (slow, ask(MAJOR, 10, 20))), start=at(10), end=NOW)

    assert [(row.at, row.new) for row in amended.rows] == [(at(10), MAJOR), (at(15), MAJOR), (at(20), DEGRADED)]


def test_a_human_who_set_the_service_since_is_still_believed():
    manual = (Manual(GREEN, at(15)),)
    recorded = [Change(at(0), GREEN), Change(at(15), GREEN)]

    amended = amend(recorded, Past(manual, ()), Past(manual, (ask(MAJOR, 10, 20),)), start=at(10), end=NOW)

    assert [(row.at, row.new) for row in amended.rows] == [(at(10), MAJOR)]


def test_what_nothing_new_is_known_of_stays_as_it_was_recorded():
    """Of older times not all is known that bore on a service: the record is right there."""
    recorded = [Change(at(0), GREEN), Change(at(30), PARTIAL), Change(at(40), GREEN)]

    amended = amend(recorded, Past((), ()), Past((), (ask(MAJOR, 10, 20),)), start=at(10), end=NOW)

    assert [(row.at, row.new) for row in amended.rows] == [(at(10), MAJOR), (at(20), GREEN)]
    assert (amended.status, amended.since) == (GREEN, at(40))


def test_an_end_that_was_earlier_than_recorded_takes_the_rest_back():
    recorded = [Change(at(0), GREEN), Change(at(10), MAJOR), Change(at(50), GREEN)]

    amended = amend(recorded, Past((), (ask(MAJOR, 10, 50),)), Past((), (ask(MAJOR, 10, 20),)), start=at(10), end=NOW)

    assert [(row.at, row.new) for row in amended.rows] == [(at(20), GREEN)]


periods = st.builds(
    lambda status, begins, length, number: ask(status, begins, begins + length, number),
    st.sampled_from(list(ServiceStatus)[:4]),
    st.integers(0, 50),
    st.integers(1, 15),
    st.integers(1, 9),
)
settings = st.builds(
    lambda status, minutes: Manual(status, at(minutes)), st.sampled_from([GREEN, PARTIAL]), st.integers(0, 59)
)


@given(st.lists(periods, max_size=5), st.lists(settings, max_size=3), periods)
def test_the_history_becomes_what_it_would_have_been(known, manual, learnt):
    manual = tuple(sorted(manual, key=lambda one: one.at))
    was, known_now = Past(manual, tuple(known)), Past(manual, (*known, learnt))
    recorded, on_time = history(was), history(known_now)

    amended = amend(recorded, was, known_now, start=learnt.begins_at, end=NOW)
    rows = [Change(row.at, row.new) for row in amended.rows]
    mended = sorted([*recorded, *rows], key=lambda change: change.at)  # stable: what is added later comes after

    assert seen(mended) == seen(on_time)
    assert amended.status is on_time[-1].status


def history(past: Past) -> list[Change]:
    """As it is recorded while things happen: one change after the other."""
    borders = sorted({BEGIN, *past.borders()})
    return [Change(border, past.shown_at(border)) for border in borders if border <= NOW]


def seen(changes: list[Change]):
    return spans(changes, BEGIN, start=BEGIN, end=NOW, now=NOW + timedelta(hours=1))
