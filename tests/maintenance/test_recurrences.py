"""When windows come again, across every change of the clocks."""
# ruff: noqa: DTZ001 -- what a clock on the wall shows has no zone

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.maintenance.recurrences import (
    HORIZON,
    MOST_COMING,
    Recurrence,
    check_rule,
    clean_rule,
    starts,
    upcoming,
)
from app.text.local_times import instants_of, wall_time

BERLIN = ZoneInfo("Europe/Berlin")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
EARLY = datetime(2000, 1, 1, tzinfo=UTC)

ZONES = ["Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
zones = st.sampled_from([ZoneInfo(key) for key in ZONES])
firsts = st.datetimes(datetime(2024, 1, 1), datetime(2029, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0))
weekdays = st.lists(st.sampled_from("MO TU WE TH FR SA SU".split()), min_size=1, max_size=3, unique=True)
rules = st.one_of(
    st.just("FREQ=DAILY"),
    st.integers(1, 10).map(lambda every: f"FREQ=DAILY;INTERVAL={every}"),
    st.builds(lambda every, days: f"FREQ=WEEKLY;INTERVAL={every};BYDAY={','.join(days)}", st.integers(1, 4), weekdays),
    st.builds(lambda nth, day: f"FREQ=MONTHLY;BYDAY={nth}{day[0]}", st.sampled_from([1, 2, 3, 4, -1]), weekdays),
    st.integers(-28, 28).filter(bool).map(lambda day: f"FREQ=MONTHLY;BYMONTHDAY={day}"),
    st.integers(1, 12).map(lambda month: f"FREQ=YEARLY;BYMONTH={month};BYMONTHDAY=15"),
)


def of(rule: str, first: datetime, zone: ZoneInfo = BERLIN) -> Recurrence:
    return Recurrence(rule, first, zone)


def begins(recurrence: Recurrence, count: int, *, after: datetime = EARLY) -> list[str]:
    return [str(wall_time(at, recurrence.zone)) for at in islice(starts(recurrence, after=after), count)]


class TestAcrossChangesOfTheClocks:
    def test_the_wall_time_stays_in_spring(self):
        sundays = of("FREQ=WEEKLY;BYDAY=SU", datetime(2026, 3, 22, 22, 0))

        found = list(islice(starts(sundays, after=EARLY), 2))

        assert begins(sundays, 2) == ["2026-03-22 22:00:00", "2026-03-29 22:00:00"]
        assert found[1] - found[0] == 7 * DAY - HOUR

    def test_the_wall_time_stays_in_autumn(self):
        sundays = of("FREQ=WEEKLY;BYDAY=SU", datetime(2026, 10, 18, 22, 0))

        found = list(islice(starts(sundays, after=EARLY), 2))

        assert begins(sundays, 2) == ["2026-10-18 22:00:00", "2026-10-25 22:00:00"]
        assert found[1] - found[0] == 7 * DAY + HOUR

    def test_one_that_the_clocks_jump_over_begins_after_the_jump(self):
        nightly = of("FREQ=DAILY", datetime(2026, 3, 28, 2, 30))

        assert begins(nightly, 3) == ["2026-03-28 02:30:00", "2026-03-29 03:30:00", "2026-03-30 02:30:00"]

    def test_of_one_that_comes_twice_the_first_is_taken(self):
        nightly = of("FREQ=DAILY", datetime(2026, 10, 24, 2, 30))

        assert list(islice(starts(nightly, after=EARLY), 3)) == [
            datetime(2026, 10, 24, 0, 30, tzinfo=UTC),
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
        ]

    def test_a_day_that_a_zone_left_out_is_made_up_for_on_the_next(self):
        nightly = of("FREQ=DAILY", datetime(2011, 12, 29, 12, 0), ZoneInfo("Pacific/Apia"))

        assert begins(nightly, 3) == ["2011-12-29 12:00:00", "2011-12-31 12:00:00", "2012-01-01 12:00:00"]

    @given(rules, firsts, zones)
    def test_every_start_shows_the_wall_time_it_began_with_if_there_is_one(
        self, rule: str, first: datetime, zone: ZoneInfo
    ):
        for at in islice(starts(of(rule, first, zone), after=EARLY), 40):
            shown = wall_time(at, zone)
            meant = datetime.combine(shown.date(), first.time())
            assert shown == meant or not instants_of(meant, zone) or not instants_of(meant - DAY, zone)
            assert at == instants_of(shown, zone)[0]

    @given(rules, firsts, zones)
    def test_they_rise_and_none_comes_twice(self, rule: str, first: datetime, zone: ZoneInfo):
        found = list(islice(starts(of(rule, first, zone), after=EARLY), 40))

        assert all(earlier < later for earlier, later in pairwise(found))

    @given(rules, firsts, zones, st.integers(0, 39))
    def test_going_on_later_finds_the_same(self, rule: str, first: datetime, zone: ZoneInfo, place: int):
        recurrence = of(rule, first, zone)
        found = list(islice(starts(recurrence, after=EARLY), 40))

        assert list(islice(starts(recurrence, after=found[place]), 39 - place)) == found[place + 1 :]


class TestRules:
    @pytest.mark.parametrize(
        ("rule", "first", "expected"),
        [
            ("FREQ=MONTHLY;BYDAY=1SU", datetime(2026, 11, 21, 22), ["2026-12-06 22:00:00", "2027-01-03 22:00:00"]),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", datetime(2027, 1, 31, 4), ["2027-01-31 04:00:00", "2027-02-28 04:00:00"]),
            ("FREQ=MONTHLY;BYMONTHDAY=31", datetime(2027, 1, 31, 4), ["2027-01-31 04:00:00", "2027-03-31 04:00:00"]),
            ("FREQ=YEARLY", datetime(2028, 2, 29, 4), ["2028-02-29 04:00:00", "2032-02-29 04:00:00"]),
            ("FREQ=DAILY;COUNT=1", datetime(2027, 1, 31, 4), ["2027-01-31 04:00:00"]),
            ("FREQ=DAILY;UNTIL=20270201", datetime(2027, 1, 31, 4), ["2027-01-31 04:00:00", "2027-02-01 04:00:00"]),
            ("FREQ=DAILY;UNTIL=20270201T025959Z", datetime(2027, 1, 31, 4), ["2027-01-31 04:00:00"]),
        ],
    )
    def test_it_is_followed(self, rule: str, first: datetime, expected: list[str]):
        recurrence = of(rule, first)

        assert check_rule(recurrence, HOUR) is None
        assert begins(recurrence, 2) == expected

    def test_it_may_be_written_as_calendars_write_it(self):
        assert clean_rule(" rrule:freq=weekly; byday=su;") == "FREQ=WEEKLY;BYDAY=SU"

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            ("", "how often"),
            ("FREQ=SOMETIMES", "daily, weekly, monthly or yearly"),
            ("FREQ=HOURLY", "once a day at most"),
            ("FREQ=SECONDLY;COUNT=3", "once a day at most"),
            ("FREQ=DAILY;BYHOUR=1,2", "BYHOUR cannot be used"),
            ("FREQ=DAILY;FREQ=WEEKLY", "each part of the rule once"),
            ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY cannot be 1MO"),
            ("FREQ=WEEKLY;INTERVAL=0", "INTERVAL cannot be 0"),
            ("FREQ=WEEKLY;INTERVAL=61", "at most 60"),
            ("FREQ=DAILY;COUNT=1001", "at most 1000 times"),
            ("FREQ=DAILY;COUNT=5;UNTIL=20270101", "not both"),
            ("FREQ=DAILY;UNTIL=20270231", "cannot be followed"),
            ("FREQ=DAILY;UNTIL=20251231", "never comes again"),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never comes again"),
            ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY cannot be 0"),
            ("FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=1", "give BYDAY as well"),
            ("FREQ=WEEKLY;BYDAY=" + "MO," * 200, "how often"),
            ("FREQ=DAILY\nDTSTART:19700101T000000", "FREQ"),
        ],
    )
    def test_what_is_absurd_is_refused_with_words(self, rule: str, words: str):
        fault = check_rule(of(clean_rule(rule), datetime(2026, 11, 21, 2)), HOUR)

        assert fault is not None
        assert words in fault or words == "FREQ"

    def test_each_must_be_over_before_the_next(self):
        daily = of("FREQ=DAILY", datetime(2026, 11, 21, 2))

        assert "before the next begins" in (check_rule(daily, 25 * HOUR) or "")
        assert check_rule(daily, 12 * HOUR) is None

    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=MONTHLY;BYDAY=5MO;BYSETPOS=2",
            "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=20",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30,31",
            "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31;BYDAY=MO",
            "FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=12",
        ],
    )
    def test_a_rule_without_any_start_does_not_keep_us_busy(self, rule: str):
        before = process_time()

        fault = check_rule(of(rule, datetime(2026, 2, 1, 2)), HOUR)

        assert fault is not None
        assert process_time() - before < 5


class TestPlanningAhead:
    NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def test_ten_at_most(self):
        near, again = upcoming(of("FREQ=DAILY", datetime(2026, 11, 1, 2)), self.NOW)

        assert len(near) == MOST_COMING
        assert again == near[0]

    def test_those_of_ninety_days(self):
        near, again = upcoming(of("FREQ=MONTHLY;BYMONTHDAY=1", datetime(2026, 11, 1, 2)), self.NOW)

        assert [at.date().month for at in near] == [12, 1, 2]
        assert again == near[0]

    def test_the_next_one_however_far(self):
        near, again = upcoming(of("FREQ=YEARLY", datetime(2026, 11, 1, 2)), self.NOW)

        assert [at.date().year for at in near] == [2027]
        assert again == near[0]

    def test_none_when_all_have_been(self):
        assert upcoming(of("FREQ=DAILY;COUNT=3", datetime(2026, 11, 1, 2)), self.NOW) == ((), None)

    def test_the_last_are_not_looked_for_again(self):
        near, again = upcoming(of("FREQ=WEEKLY;COUNT=5", datetime(2026, 11, 20, 2)), self.NOW)

        assert (len(near), again) == (4, None)

    @given(rules, firsts, zones, st.integers(0, 400))
    def test_whoever_looks_when_told_to_misses_none(self, rule: str, first: datetime, zone: ZoneInfo, days: int):
        recurrence = of(rule, first, zone)
        now = first.replace(tzinfo=UTC) + days * DAY
        planned: list[datetime] = []

        look = now
        for _ in range(8):
            near, again = upcoming(recurrence, look)
            assert near, "these rules have no end"
            assert near[0] not in planned[:-MOST_COMING]
            planned += [at for at in near if at not in planned]
            assert again is not None
            assert look < again
            assert all(at <= look + HORIZON for at in near[1:])
            look = again

        assert planned == list(islice(starts(recurrence, after=now), len(planned)))
