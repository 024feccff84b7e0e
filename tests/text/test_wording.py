"""Times, lengths, shares and numbers in words."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import wording
from app.text.times import machine_time

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia"]).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1.0, "100 %"),
        (0.99999, "99.99 %"),
        (0.9994, "99.94 %"),
        (0.29, "29.00 %"),
        (0.00009, "0.00 %"),
        (0.0, "0.00 %"),
    ],
)
def test_a_share_keeps_two_places_and_is_rounded_down(share: float, words: str) -> None:
    assert wording.percent(share) == words


@given(st.floats(0, 1))
def test_a_share_is_never_said_to_be_better_than_it_is(share: float) -> None:
    said = Decimal(wording.percent(share).removesuffix(" %")) / 100

    assert said <= Decimal(share) + Decimal("1e-15")
    assert Decimal(share) - said < Decimal("0.0001") + Decimal("1e-15")
    assert (said == 1) == (share == 1)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=42, seconds=59), "42 minutes"),
        (timedelta(minutes=60), "1 h"),
        (timedelta(minutes=72), "1 h 12 min"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=2, hours=3, minutes=59), "2 days 3 h"),
        (timedelta(minutes=-5), "less than a minute"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(length: timedelta, words: str) -> None:
    assert wording.duration(length) == words


@given(st.integers(0, 10**6))
def test_no_duration_claims_more_than_it_is(minutes: int) -> None:
    units = {"min": 1, "h": 60, "day": 1440, "days": 1440}
    words = wording.short_duration(minutes).split()

    said = sum(int(amount) * units[unit] for amount, unit in zip(words[::2], words[1::2], strict=True))

    assert said <= minutes < said + (60 if minutes >= 1440 else 1)


def test_a_moment_is_shown_in_the_zone_of_the_page() -> None:
    assert wording.moment(AT, BERLIN) == "Tue 24 Nov, 02:00"
    assert wording.moment(AT, BERLIN, year=True) == "24 Nov 2026, 02:00"
    assert wording.clock_time(AT, ZoneInfo("Asia/Kolkata")) == "06:30"


@given(MOMENTS, ZONES)
def test_machines_read_the_same_moment_whatever_the_zone(at: datetime, zone: ZoneInfo) -> None:
    machine = machine_time(at.astimezone(zone))

    assert datetime.fromisoformat(machine) == at.replace(microsecond=0)


def test_a_day_names_its_year_only_when_it_is_another() -> None:
    assert wording.day_heading(date(2026, 11, 20), date(2026, 11, 21)) == "Friday, 20 November"
    assert wording.day_heading(date(2025, 12, 31), date(2026, 1, 1)) == "Wednesday, 31 December 2025"


@pytest.mark.parametrize(
    ("zone", "label"),
    [
        ("Europe/Berlin", "Europe/Berlin (UTC+1)"),
        ("America/St_Johns", "America/St Johns (UTC-3:30)"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_says_how_far_from_utc_it_is(zone: str, label: str) -> None:
    assert wording.zone_label(ZoneInfo(zone), AT) == label
