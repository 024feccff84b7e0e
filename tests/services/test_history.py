"""Days, spans, minutes and uptime from append-only status changes."""

import doctest
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.services.history import (
    Calendar,
    Change,
    DayView,
    SpanView,
    day_borders,
    day_minutes,
    durations,
    spans,
    start_of_day,
    uptime,
    worst_of_days,
)
from app.services.rules import ServiceStatus

OPERATIONAL = ServiceStatus.OPERATIONAL
DEGRADED = ServiceStatus.DEGRADED_PERFORMANCE
PARTIAL = ServiceStatus.PARTIAL_OUTAGE
MAJOR = ServiceStatus.MAJOR_OUTAGE
MAINTENANCE = ServiceStatus.UNDER_MAINTENANCE

BERLIN = ZoneInfo("Europe/Berlin")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
NEXT_MIDNIGHT = MIDNIGHT + timedelta(days=1)
MUCH_LATER = datetime(2027, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

# A zone, and a day on which something odd happens in it.
ODD_DAYS = [
    ("Europe/Berlin", date(2026, 3, 29), 23 * HOUR),
    ("Europe/Berlin", date(2026, 10, 25), 25 * HOUR),
    ("America/New_York", date(2026, 3, 8), 23 * HOUR),
    ("America/New_York", date(2026, 11, 1), 25 * HOUR),
    ("Australia/Lord_Howe", date(2026, 4, 5), 24.5 * HOUR),
    ("Australia/Lord_Howe", date(2026, 10, 4), 23.5 * HOUR),
    ("Pacific/Apia", date(2011, 12, 29), 24 * HOUR),
    ("Pacific/Apia", date(2011, 12, 30), 0 * HOUR),
    ("Pacific/Apia", date(2011, 12, 31), 24 * HOUR),
    ("America/Sao_Paulo", date(2018, 11, 4), 23 * HOUR),  # clocks go from 00:00 to 01:00
    ("America/Sao_Paulo", date(2018, 2, 17), 25 * HOUR),  # and from 00:00 back to 23:00
    ("America/Havana", date(2026, 11, 1), 25 * HOUR),  # 00:00 to 01:00 comes twice
    ("America/Toronto", date(1919, 3, 30), 23.5 * HOUR),  # from 23:30 to 00:30
    ("America/Toronto", date(1919, 3, 31), 23.5 * HOUR),
]


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return MIDNIGHT + timedelta(hours=hour, minutes=minute, seconds=second)


def the_day(*changes: Change, created_at: datetime = LONG_AGO, now: datetime = MUCH_LATER) -> tuple[SpanView, ...]:
    """The spans of 20 November 2026 in UTC."""
    return spans(changes, created_at, start=MIDNIGHT, end=NEXT_MIDNIGHT, now=now)


def strip(changes: list[Change], created_at: datetime, calendar: Calendar, *, now: datetime) -> tuple[DayView, ...]:
    return worst_of_days(spans(changes, created_at, start=calendar.start, end=calendar.end, now=now), calendar)


def shape(window: tuple[SpanView, ...]) -> list[tuple[ServiceStatus | None, timedelta]]:
    return [(span.status, span.length) for span in window]


statuses = st.sampled_from(ServiceStatus)
zones = st.sampled_from(sorted({name for name, _, _ in ODD_DAYS})).map(ZoneInfo)


@st.composite
def histories(draw):
    """A calendar around an odd day, a service's changes and its creation before, in and after it, and a now."""
    name, odd_day, _ = draw(st.sampled_from(ODD_DAYS))
    calendar = day_borders(ZoneInfo(name), odd_day + timedelta(days=draw(st.integers(0, 3))), draw(st.integers(1, 6)))
    around = st.integers(-3 * 86_400, 8 * 86_400).map(lambda seconds: calendar.start + timedelta(seconds=seconds))
    instants = around | st.sampled_from(calendar.borders)
    changes = draw(st.lists(st.builds(Change, instants, statuses), max_size=12))
    return sorted(changes, key=lambda change: change.at), draw(instants), calendar, draw(instants)


def spans_of(history) -> tuple[SpanView, ...]:
    changes, created_at, calendar, now = history
    return spans(changes, created_at, start=calendar.start, end=calendar.end, now=now)


class TestDays:
    @pytest.mark.parametrize(("zone", "day", "length"), ODD_DAYS)
    def test_days_have_the_length_that_clocks_give_them(self, zone, day, length):
        calendar = day_borders(ZoneInfo(zone), day, days=1)

        assert calendar.end - calendar.start == length

    def test_a_day_begins_with_the_jump_when_the_clocks_jump_over_midnight(self):
        assert start_of_day(ZoneInfo("America/Toronto"), date(1919, 3, 31)) == datetime(1919, 3, 31, 4, 30, tzinfo=UTC)

    @pytest.mark.parametrize(("zone", "day", "length"), ODD_DAYS)
    def test_borders_are_where_the_local_date_changes(self, zone, day, length):
        zone = ZoneInfo(zone)
        begin = start_of_day(zone, day)

        assert (begin - timedelta(seconds=1)).astimezone(zone).date() < day
        assert begin.astimezone(zone).date() == (day if length else day + timedelta(days=1))

    @given(zones, st.dates(date(1990, 1, 1), date(2037, 12, 1)), st.integers(1, 120))
    def test_days_follow_each_other_without_a_gap_and_end_with_today(self, zone, today, days):
        calendar = day_borders(zone, today, days)

        assert len(calendar.days) == days
        assert calendar.days[-1] == today
        assert len(calendar.borders) == days + 1
        assert list(calendar.borders) == sorted(calendar.borders)


class TestSpans:
    def test_a_change_holds_until_the_next(self):
        window = the_day(Change(at(6), MAJOR), Change(at(9, 30), OPERATIONAL))

        assert shape(window) == [(OPERATIONAL, 6 * HOUR), (MAJOR, 3.5 * HOUR), (OPERATIONAL, 14.5 * HOUR)]

    def test_the_change_before_the_window_holds_at_its_start(self):
        window = the_day(Change(at(-30), PARTIAL), Change(at(-2), DEGRADED))

        assert shape(window) == [(DEGRADED, 24 * HOUR)]

    def test_a_change_at_midnight_belongs_to_the_day_that_begins(self):
        changes = [Change(MIDNIGHT, MAJOR), Change(NEXT_MIDNIGHT, OPERATIONAL)]

        assert shape(the_day(*changes)) == [(MAJOR, 24 * HOUR)]

    def test_nothing_is_known_before_the_service_was_there(self):
        window = the_day(Change(at(10), DEGRADED), created_at=at(8))

        assert shape(window) == [(None, 8 * HOUR), (OPERATIONAL, 2 * HOUR), (DEGRADED, 14 * HOUR)]

    def test_the_first_change_may_say_what_the_service_began_with(self):
        window = the_day(Change(at(8), MAINTENANCE), created_at=at(8))

        assert shape(window) == [(None, 8 * HOUR), (MAINTENANCE, 16 * HOUR)]

    def test_a_running_day_ends_now(self):
        assert shape(the_day(now=at(10))) == [(OPERATIONAL, 10 * HOUR)]

    def test_the_future_is_not_known(self):
        assert the_day(now=MIDNIGHT - MINUTE) == ()

    def test_a_window_without_length_has_no_spans(self):
        assert spans([], LONG_AGO, start=MIDNIGHT, end=MIDNIGHT, now=MUCH_LATER) == ()

    def test_changes_to_come_are_ignored(self):
        assert the_day(Change(at(11), MAJOR), now=at(10)) == the_day(now=at(10))

    def test_a_change_of_this_very_moment_is_the_last_span(self):
        window = the_day(Change(at(10), MAJOR), now=at(10))

        assert shape(window) == [(OPERATIONAL, 10 * HOUR), (MAJOR, 0 * HOUR)]

    def test_a_day_that_has_only_just_begun_has_the_status_of_now(self):
        assert shape(the_day(Change(at(-1), PARTIAL), now=MIDNIGHT)) == [(PARTIAL, 0 * HOUR)]

    def test_of_changes_at_one_instant_the_last_stands(self):
        window = the_day(Change(at(6), MAJOR), Change(at(6), DEGRADED), Change(at(6), PARTIAL))

        assert shape(window) == [(OPERATIONAL, 6 * HOUR), (PARTIAL, 18 * HOUR)]

    def test_a_change_that_is_taken_back_at_once_leaves_no_trace(self):
        assert shape(the_day(Change(at(6), MAJOR), Change(at(6), OPERATIONAL))) == [(OPERATIONAL, 24 * HOUR)]

    def test_a_repeated_status_is_one_span(self):
        assert shape(the_day(Change(at(6), MAJOR), Change(at(7), MAJOR))) == [
            (OPERATIONAL, 6 * HOUR),
            (MAJOR, 18 * HOUR),
        ]

    @given(histories())
    def test_spans_touch_and_cover_the_window_up_to_now(self, history):
        _, _, calendar, now = history
        window = spans_of(history)

        if calendar.start > now or calendar.start == calendar.end:
            assert window == ()
        else:
            assert window[0].starts_at == calendar.start
            assert window[-1].ends_at == min(calendar.end, now)
            for span, following in pairwise(window):
                assert span.ends_at == following.starts_at
                assert span.status is not following.status

    @given(histories())
    def test_only_the_status_of_now_may_have_no_length(self, history):
        _, _, _, now = history

        for span in spans_of(history):
            assert span.length > timedelta() or span.starts_at == now

    @given(histories(), st.data())
    def test_every_span_says_what_the_last_change_up_to_then_said(self, history, data):
        changes, created_at, _, _ = history
        window = spans_of(history)
        assume(window)
        span = data.draw(st.sampled_from(window))

        said = [change.status for change in changes if change.at <= span.starts_at]
        if span.starts_at < created_at:
            assert span.status is None
        else:
            assert span.status is (said[-1] if said else OPERATIONAL)

    @given(histories(), st.floats(0, 1))
    def test_the_window_split_anywhere_adds_up(self, history, share):
        changes, created_at, calendar, now = history
        middle = calendar.start + (calendar.end - calendar.start) * share

        before = spans(changes, created_at, start=calendar.start, end=middle, now=now)
        after = spans(changes, created_at, start=middle, end=calendar.end, now=now)

        whole, parts = durations(spans_of(history)), durations([*before, *after])
        assert parts == whole

    @given(histories())
    def test_changes_older_than_the_one_in_force_at_the_start_make_no_difference(self, history):
        changes, created_at, calendar, now = history
        earlier = [change for change in changes if change.at <= calendar.start]
        recent = [*earlier[-1:], *changes[len(earlier) :]]

        assert spans(recent, created_at, start=calendar.start, end=calendar.end, now=now) == spans_of(history)


class TestStrip:
    def test_each_day_has_its_worst_status(self):
        calendar = day_borders(ZoneInfo("UTC"), date(2026, 11, 22), days=4)
        changes = [
            Change(at(6), PARTIAL),
            Change(at(7), MAINTENANCE),
            Change(at(8), DEGRADED),
            Change(at(30), OPERATIONAL),
        ]

        days = strip(changes, at(-5), calendar, now=at(50))

        assert days == (
            DayView(date(2026, 11, 19), OPERATIONAL),
            DayView(date(2026, 11, 20), PARTIAL),
            DayView(date(2026, 11, 21), DEGRADED),
            DayView(date(2026, 11, 22), OPERATIONAL),
        )

    def test_a_day_without_data_is_not_green(self):
        calendar = day_borders(ZoneInfo("UTC"), date(2026, 11, 21), days=3)

        days = strip([], at(12), calendar, now=at(30))

        assert [day.status for day in days] == [None, OPERATIONAL, OPERATIONAL]

    @pytest.mark.parametrize(
        ("milder", "worse"),
        [(OPERATIONAL, MAINTENANCE), (MAINTENANCE, DEGRADED), (DEGRADED, PARTIAL), (PARTIAL, MAJOR)],
    )
    def test_the_order_of_days_from_mild_to_bad(self, milder, worse):
        calendar = day_borders(ZoneInfo("UTC"), date(2026, 11, 20), days=1)
        changes = [Change(at(1), worse), Change(at(2), milder)]

        assert strip([Change(at(0), milder), *changes], LONG_AGO, calendar, now=at(20))[0].status is worse

    def test_a_blip_without_length_does_not_count(self):
        calendar = day_borders(ZoneInfo("UTC"), date(2026, 11, 20), days=1)
        blip = [Change(at(6), MAJOR), Change(at(6), OPERATIONAL)]

        assert strip(blip, LONG_AGO, calendar, now=at(20))[0].status is OPERATIONAL

    def test_a_fault_of_a_second_counts(self):
        calendar = day_borders(ZoneInfo("UTC"), date(2026, 11, 20), days=1)
        short = [Change(at(6), MAJOR), Change(at(6, second=1), OPERATIONAL)]

        assert strip(short, LONG_AGO, calendar, now=at(20))[0].status is MAJOR

    def test_today_shows_what_changed_this_very_moment(self):
        calendar = day_borders(ZoneInfo("UTC"), date(2026, 11, 20), days=2)

        assert strip([Change(at(6), MAJOR)], LONG_AGO, calendar, now=at(6))[-1].status is MAJOR
        assert strip([Change(at(0), MAJOR)], LONG_AGO, calendar, now=at(0))[-1].status is MAJOR

    def test_an_outage_that_ends_at_midnight_leaves_the_next_day_clean(self):
        calendar = day_borders(ZoneInfo("UTC"), date(2026, 11, 21), days=2)
        changes = [Change(at(23), MAJOR), Change(NEXT_MIDNIGHT, OPERATIONAL)]

        assert [day.status for day in strip(changes, LONG_AGO, calendar, now=at(40))] == [MAJOR, OPERATIONAL]

    def test_an_outage_over_midnight_is_charged_to_both_days(self):
        calendar = day_borders(BERLIN, date(2026, 11, 21), days=2)
        changes = [Change(at(22, 30), MAJOR), Change(at(23, 30), OPERATIONAL)]  # 23:30 to 00:30 in Berlin

        assert [day.status for day in strip(changes, LONG_AGO, calendar, now=at(40))] == [MAJOR, MAJOR]

    def test_a_day_that_the_zone_skipped_has_no_status(self):
        calendar = day_borders(ZoneInfo("Pacific/Apia"), date(2011, 12, 31), days=3)

        days = strip([Change(calendar.start, MAJOR)], calendar.start, calendar, now=calendar.end)

        assert [day.status for day in days] == [MAJOR, None, MAJOR]

    @given(histories())
    def test_each_day_is_the_worst_of_its_own_spans(self, history):
        changes, created_at, calendar, now = history

        for number, day in enumerate(strip(changes, created_at, calendar, now=now)):
            alone = Calendar((day.day,), calendar.borders[number : number + 2])
            own = spans(changes, created_at, start=alone.start, end=alone.end, now=now)
            loudest = max((s.status for s in own if s.status), key=lambda status: status.severity, default=None)
            assert day.status is loudest
            assert worst_of_days(own, alone) == (day,)


class TestMinutes:
    def test_minutes_per_status(self):
        window = the_day(Change(at(6), MAJOR), Change(at(6, 47), DEGRADED), Change(at(8), OPERATIONAL))

        assert day_minutes(window) == {OPERATIONAL: 1320, MAJOR: 47, DEGRADED: 73}

    def test_a_status_too_short_for_a_minute_is_there_with_none(self):
        window = the_day(Change(at(6), MAJOR), Change(at(6, second=20), OPERATIONAL))

        assert day_minutes(window) == {OPERATIONAL: 1440, MAJOR: 0}

    def test_the_minute_that_runs_is_rounded(self):
        assert day_minutes(the_day(now=at(10, second=29))) == {OPERATIONAL: 600}
        assert day_minutes(the_day(now=at(10, second=30))) == {OPERATIONAL: 601}

    def test_of_equal_remainders_the_louder_status_gets_the_minute(self):
        window = the_day(Change(at(6), MAJOR), Change(at(6, 1, 30), OPERATIONAL))

        assert day_minutes(window) == {OPERATIONAL: 1438, MAJOR: 2}

    @pytest.mark.parametrize(("zone", "day", "length"), ODD_DAYS)
    def test_a_day_has_as_many_minutes_as_the_clocks_give_it(self, zone, day, length):
        calendar = day_borders(ZoneInfo(zone), day, days=1)
        window = spans([], calendar.start, start=calendar.start, end=calendar.end, now=MUCH_LATER)

        assert sum(day_minutes(window).values()) == length / MINUTE

    @given(histories())
    def test_minutes_add_up_and_each_is_less_than_one_off(self, history):
        window = spans_of(history)
        lengths = durations(window)

        minutes = day_minutes(window)

        assert abs(sum(minutes.values()) * MINUTE - sum(lengths.values(), timedelta())) <= MINUTE / 2
        assert minutes.keys() == lengths.keys()
        for status, number in minutes.items():
            assert abs(number * MINUTE - lengths[status]) < MINUTE

    @given(histories())
    def test_durations_add_up_to_the_window(self, history):
        _, _, calendar, now = history
        end = max(calendar.start, min(calendar.end, now))

        assert sum(durations(spans_of(history)).values(), timedelta()) == end - calendar.start


class TestUptime:
    def test_uptime_is_the_share_of_time_in_green(self):
        window = the_day(Change(at(6), MAJOR), Change(at(12), OPERATIONAL))

        assert uptime(window) == 0.75

    @pytest.mark.parametrize("fault", [DEGRADED, PARTIAL, MAJOR])
    def test_every_fault_counts_as_down(self, fault):
        assert uptime(the_day(Change(at(12), fault))) == 0.5

    def test_maintenance_is_taken_out(self):
        window = the_day(Change(at(0), MAINTENANCE), Change(at(12), DEGRADED), Change(at(18), OPERATIONAL))

        assert uptime(window) == 0.5

    def test_time_without_data_is_taken_out(self):
        assert uptime(the_day(Change(at(18), MAJOR), created_at=at(12))) == 0.5

    def test_nothing_but_maintenance_is_no_data(self):
        assert uptime(the_day(Change(at(0), MAINTENANCE))) is None

    def test_without_data_there_is_no_uptime(self):
        assert uptime(()) is None
        assert uptime(the_day(created_at=NEXT_MIDNIGHT)) is None

    def test_weights_may_let_a_fault_count_less(self):
        weights = {OPERATIONAL: 0.0, DEGRADED: 0.0, PARTIAL: 0.3, MAJOR: 1.0}

        assert uptime(the_day(Change(at(12), PARTIAL)), weights) == pytest.approx(0.85)
        assert uptime(the_day(Change(at(12), DEGRADED)), weights) == 1.0

    @given(histories())
    def test_uptime_is_between_nothing_and_all(self, history):
        window = spans_of(history)
        share = uptime(window)

        if share is None:
            assert durations(window).keys() <= {None, MAINTENANCE}
        else:
            assert 0.0 <= share <= 1.0
            assert (share == 1.0) == durations(window).keys().isdisjoint({DEGRADED, PARTIAL, MAJOR})


def test_the_worked_examples_in_the_documentation_are_true():
    formulas = Path(__file__).parents[2] / "docs" / "formulas.md"

    failures, examples = doctest.testfile(str(formulas), module_relative=False, optionflags=doctest.ELLIPSIS)

    assert examples > 0
    assert failures == 0
