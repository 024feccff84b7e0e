"""When the team is reminded of an open incident."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.incidents.promises.rules import (
    Promise,
    Reminding,
    check_promise,
    latest_reminder,
    next_reminder,
    promise_state,
    reminders,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
PROMISES = st.none() | st.timedeltas(timedelta(minutes=1), timedelta(days=14))


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def plan(promised: timedelta | None, length: int) -> list[tuple[str, timedelta, int]]:
    promised_at = NOON + promised if promised is not None else None
    return [(one.why.value, one.at - NOON, one.hours) for one in islice(reminders(NOON, promised_at), length)]


def test_without_a_promise_silence_is_raised_after_3_6_12_and_24_hours_and_then_daily():
    hours = [3, 6, 12, 24, 48, 72]

    assert plan(None, 6) == [("forgotten", timedelta(hours=hour), hour) for hour in hours]


def test_a_promise_is_due_shortly_before_and_broken_shortly_after():
    assert plan(minutes(30), 3) == [
        ("update_due", minutes(25), 0),
        ("update_overdue", minutes(35), 0),
        ("forgotten", timedelta(hours=3), 3),
    ]


def test_silence_until_a_promised_time_is_no_neglect():
    assert plan(timedelta(hours=8), 3) == [
        ("update_due", timedelta(hours=7, minutes=55), 0),
        ("update_overdue", timedelta(hours=8, minutes=5), 0),
        ("forgotten", timedelta(hours=12), 12),
    ]


def test_a_promise_for_the_next_minutes_is_due_at_once():
    assert plan(minutes(2), 1) == [("update_due", minutes(0), 0)]


@given(MOMENTS, PROMISES)
def test_reminders_come_in_order(updated_at: datetime, promised: timedelta | None):
    planned = islice(reminders(updated_at, updated_at + promised if promised else None), 10)

    assert all(first.at < second.at for first, second in pairwise(planned))


@given(MOMENTS, PROMISES, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_a_stopped_clock_tells_the_last_one_and_goes_on_with_the_next(
    updated_at: datetime, promised: timedelta | None, waited: timedelta
):
    promised_at, now = updated_at + promised if promised else None, updated_at + waited

    latest, following = latest_reminder(updated_at, promised_at, now), next_reminder(updated_at, promised_at, after=now)

    assert following.at > now
    assert latest is None or latest.at <= now < following.at
    assert latest is not None or following == next_reminder(updated_at, promised_at)


@pytest.mark.parametrize(
    ("ahead", "state"),
    [(6, Promise.KEPT), (5, Promise.DUE), (1, Promise.DUE), (0, Promise.OVERDUE), (-60, Promise.OVERDUE)],
)
def test_how_a_promise_stands(ahead: int, state: Promise):
    assert promise_state(NOON + minutes(ahead), NOON) is state


@pytest.mark.parametrize(
    ("ahead", "resolved", "fault"),
    [
        (minutes(30), False, None),
        (minutes(0), False, "Choose a time that is still to come."),
        (timedelta(days=15), False, "Promise at most 14 days ahead."),
        (minutes(30), True, "A resolved incident has no next update. Leave this empty."),
    ],
)
def test_what_may_be_promised(ahead: timedelta, resolved: bool, fault: str | None):
    assert check_promise(NOON + ahead, resolved=resolved, now=NOON) == fault


def test_nothing_need_be_promised():
    assert check_promise(None, resolved=True, now=NOON) is None


def test_reminding_names_the_events():
    assert {f"incident.{one}" for one in Reminding} == {
        "incident.update_due",
        "incident.update_overdue",
        "incident.forgotten",
    }
