"""When an announcement is shown, and how many may be at once."""

from datetime import UTC, datetime, timedelta
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.announcements.rules import (
    MOST_AT_ONCE,
    TITLE_LENGTH,
    Level,
    Period,
    Phase,
    check_begin,
    check_end,
    check_message,
    check_title,
    is_too_many,
    phase_of,
)
from app.text.lengths import MESSAGE_LENGTH

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return NOW + hours * HOUR


def period(begin: float, end: float | None = None) -> Period:
    return Period(at(begin), None if end is None else at(end))


@pytest.mark.parametrize(
    ("begun", "shown", "expected"),
    [
        (False, period(1), Phase.UPCOMING),
        (False, period(0), Phase.UPCOMING),
        (True, period(-1), Phase.ACTIVE),
        (True, period(-1, 1), Phase.ACTIVE),
        (True, period(-1, 0), Phase.PAST),
        (False, period(-2, -1), Phase.PAST),
    ],
)
def test_a_phase_goes_by_what_the_page_has_shown_and_by_the_end(begun: bool, shown: Period, expected: Phase) -> None:
    assert phase_of(begun, shown, NOW) is expected


def test_the_loudest_level_is_the_critical_one() -> None:
    assert max(Level, key=lambda level: level.loudness) is Level.CRITICAL


@pytest.mark.parametrize(
    ("title", "is_refused"),
    [("", True), ("x", True), ("ok", False), ("x" * TITLE_LENGTH[1], False), ("x" * (TITLE_LENGTH[1] + 1), True)],
)
def test_a_title_is_neither_missing_nor_endless(title: str, is_refused: bool) -> None:
    assert (check_title(title) is not None) is is_refused


def test_a_message_may_be_empty_and_not_endless() -> None:
    assert check_message("") is None
    assert check_message("x" * MESSAGE_LENGTH) is None
    assert check_message("x" * (MESSAGE_LENGTH + 1)) is not None


@pytest.mark.parametrize(
    ("shown", "is_refused"),
    [(period(0), False), (period(0, 1), False), (period(2, 1), True), (period(0, 0), True), (period(-2, -1), True)],
)
def test_an_end_lies_after_the_begin_and_is_still_to_come(shown: Period, is_refused: bool) -> None:
    assert (check_end(shown, NOW) is not None) is is_refused


def test_nothing_is_announced_for_the_year_after_next() -> None:
    far = at(24 * 800)

    assert check_begin(far, NOW) is not None
    assert check_end(Period(NOW, far), NOW) is not None


def test_one_more_than_fit_is_too_many() -> None:
    others = [period(0)] * (MOST_AT_ONCE - 1)

    assert not is_too_many(period(0, 1), [*others, period(1, 2)])
    assert is_too_many(period(0), [*others, period(1, 2)])


def test_one_that_begins_when_another_ends_takes_its_place() -> None:
    assert not is_too_many(period(1), [period(0, 1)] * MOST_AT_ONCE)


def test_looking_for_room_among_many_takes_no_time() -> None:
    many = [period(begin, begin + 1) for begin in range(10_000)]

    began = process_time()
    is_too_many(period(0), many)

    assert process_time() - began < 1


hours = st.integers(0, 12)
periods = st.builds(lambda begin, length: period(begin, begin + length if length else None), hours, st.integers(0, 5))


@given(st.lists(periods, max_size=12), periods)
def test_it_is_too_many_exactly_when_some_moment_shows_more_than_fit(others: list[Period], wanted: Period) -> None:
    moments = [at(half / 2) for half in range(60)]

    crowded = any(
        wanted.covers(moment) and sum(other.covers(moment) for other in others) >= MOST_AT_ONCE for moment in moments
    )

    assert is_too_many(wanted, others) is crowded
