"""What a clock on the wall says, read as an instant."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.local_times import LocalTime, read_local_time, write_local_time

BERLIN = ZoneInfo("Europe/Berlin")
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"])


def read(text: str, zone: ZoneInfo = BERLIN) -> LocalTime:
    found = read_local_time(text, zone)
    assert isinstance(found, LocalTime)
    return found


@pytest.mark.parametrize("text", ["2026-11-21T14:30", "2026-11-21 14:30", " 2026-11-21T14:30:00.000 "])
def test_a_time_is_read_in_the_zone(text: str):
    assert read(text) == LocalTime(datetime(2026, 11, 21, 13, 30, tzinfo=UTC))


def test_a_time_that_the_clocks_jump_over_is_refused_with_two_that_exist():
    assert read_local_time("2026-03-29T02:30", BERLIN) == (
        "The clocks in Europe/Berlin go forward over 02:30 on 2026-03-29: there is no such time. Take 01:30 or 03:30."
    )


def test_what_is_proposed_for_a_day_that_was_left_out_names_the_days():
    fault = read_local_time("2011-12-30T12:00", ZoneInfo("Pacific/Apia"))

    assert isinstance(fault, str)
    assert "Take 2011-12-29 12:00 or 2011-12-31 12:00." in fault


def test_of_a_time_that_comes_twice_the_first_is_taken_and_said_so():
    found = read("2026-10-25T02:30")

    assert found.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert found.remark == (
        "The clocks in Europe/Berlin go back on 2026-10-25 and show 02:30 twice."
        " The first is taken (UTC+02:00, not UTC+01:00)."
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-11-21",
        "14:30",
        "2026-1-1 9:00",
        "2026-02-30T10:00",
        "2026-11-21T25:00",
        "1999-12-31T10:00",
        "9999-01-01T00:00",
        "2026-11-21T14:30Z",
        "2026-11-21T14:30; drop",
        "２０２６-11-21T14:30",
    ],
)
def test_what_is_no_time_is_told_what_to_write(text: str):
    assert isinstance(read_local_time(text, BERLIN), str)


@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 12, 30)), zones)  # noqa: DTZ001
def test_what_was_written_for_the_field_is_read_back(moment: datetime, key: str):
    zone, at = ZoneInfo(key), moment.replace(second=0, microsecond=0, tzinfo=UTC)

    found = read(write_local_time(at, zone), zone)

    assert found.at == at or found.remark
