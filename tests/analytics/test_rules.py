"""Periods as somebody types them, and the figures of what happened in them."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.periods import LONGEST_DAYS, Period, read_period
from app.analytics.rules import (
    Figures,
    IncidentFacts,
    by_month,
    downtime,
    in_buckets,
    longest_outages,
    round_minutes,
    round_top,
)
from app.incidents.rules import Impact
from app.services.history import together
from app.services.rules import ServiceStatus

TODAY = date(2026, 11, 21)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
UP, MAINTAINED = ServiceStatus.OPERATIONAL, ServiceStatus.UNDER_MAINTENANCE
SLOW, DOWN = ServiceStatus.DEGRADED_PERFORMANCE, ServiceStatus.MAJOR_OUTAGE


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def incident(
    started_at: datetime = NOON,
    *,
    lasted: float | None = 1,
    told_after: float = 0,
    impact: Impact = Impact.MINOR,
    title: str = "Errors",
) -> IncidentFacts:
    """One that lasted so many hours, and of which users heard after so many."""
    return IncidentFacts(
        id=uuid4(),
        title=title,
        impact=impact,
        started_at=started_at,
        resolved_at=None if lasted is None else started_at + hours(lasted),
        first_said_at=started_at + hours(told_after),
        service_ids=frozenset(),
    )


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        (("2026-11-01", "2026-11-10"), date(2026, 11, 1), date(2026, 11, 10)),
        (("2026-11-21", "2026-11-21"), TODAY, TODAY),
        (("2026-11-01", ""), date(2026, 11, 1), TODAY),
        (("", "2026-11-10"), date(2026, 10, 12), date(2026, 11, 10)),
        (("", ""), date(2026, 10, 23), TODAY),
    ],
)
def test_a_period_is_from_one_day_to_another(typed: tuple[str, str], first: date, last: date):
    asked = read_period(*typed, TODAY)

    assert asked.faults == {}
    assert (asked.period.first, asked.period.last) == (first, last)


@pytest.mark.parametrize(
    ("typed", "field", "fault"),
    [
        (("yesterday", ""), "from", "Write a day as 2026-11-21."),
        (("2026-02-30", ""), "from", "Write a day as 2026-11-21."),
        (("", "2026-11-22"), "to", "This day is still to come. Choose today or an earlier one."),
        (("2026-11-10", "2026-11-09"), "to", "This is before the first day. Choose a later one."),
        (("1899-01-01", "1900-01-01"), "from", "Choose a day from 2000 on."),
        (("2020-01-01", "2026-01-01"), "from", "Choose at most a year."),
    ],
)
def test_what_is_no_period_is_said_beside_its_field_and_the_last_days_are_shown(
    typed: tuple[str, str], field: str, fault: str
):
    asked = read_period(*typed, TODAY)

    assert asked.faults[field] == fault
    assert asked.typed == {"from": typed[0], "to": typed[1]}
    assert asked.period == Period(date(2026, 10, 23), TODAY)


@settings(max_examples=50)
@given(st.text(max_size=12), st.text(max_size=12))
def test_nothing_that_is_typed_gives_a_period_that_cannot_be_counted(typed_from: str, typed_to: str):
    period = read_period(typed_from, typed_to, TODAY).period

    assert 1 <= period.days <= LONGEST_DAYS
    assert period.last <= TODAY


def test_the_period_before_is_as_long_and_ends_where_this_one_begins():
    assert Period(date(2026, 11, 1), date(2026, 11, 10)).before == Period(date(2026, 10, 22), date(2026, 10, 31))


def test_uptime_of_several_is_of_their_sums_and_no_mean_of_theirs():
    new, old = {UP: hours(1), DOWN: hours(1)}, {UP: hours(98)}

    together_ = Figures(together([new, old]), [])

    assert together_.uptime == 0.99
    assert together_.down == hours(1)


def test_maintenance_and_what_nobody_knows_are_no_downtime():
    lengths = {UP: hours(8), MAINTAINED: hours(2), None: hours(10), SLOW: hours(2)}

    assert downtime(lengths) == hours(2)
    assert Figures(lengths, []).maintenance == hours(2)
    assert Figures(lengths, []).uptime == 0.8


def test_means_are_over_those_that_have_the_figure():
    figures = Figures({}, [incident(told_after=0.5, lasted=2), incident(told_after=0, lasted=4), incident(lasted=None)])

    assert figures.acknowledged_after == timedelta(minutes=10)
    assert figures.resolved_after == hours(3)
    assert figures.count == 3


def test_without_incidents_there_is_no_mean_and_never_a_zero():
    figures = Figures({}, [])

    assert figures.acknowledged_after is None
    assert figures.resolved_after is None
    assert figures.uptime is None
    assert figures.by_impact == dict.fromkeys(Impact, 0)


def test_a_message_from_before_the_start_counts_as_at_once():
    assert Figures({}, [incident(told_after=-1)]).acknowledged_after == timedelta()


def test_the_longest_outages_are_led_by_what_still_goes_on():
    going_on = incident(NOON - hours(50), lasted=None, title="going on")
    harmless = incident(lasted=500, impact=Impact.NONE, title="harmless")
    many = [incident(lasted=length, title=str(length)) for length in range(1, 15)]

    found = longest_outages([*many, harmless, going_on], NOON)

    assert [one.title for one in found] == ["going on", *(str(length) for length in range(14, 5, -1))]


def test_a_short_period_is_cut_into_days_of_the_zone_each_of_which_is_there():
    period = Period(date(2026, 11, 20), date(2026, 11, 22))
    lengths = [{}, {UP: hours(23), DOWN: hours(1)}, {}]
    late = incident(datetime(2026, 11, 20, 23, 30, tzinfo=UTC))

    friday, saturday, sunday = in_buckets(zip(period.columns, lengths, strict=True), [late], BERLIN)

    assert (friday.uptime, friday.count) == (None, 0)
    assert (saturday.down, saturday.count) == (hours(1), 1)
    assert sunday.first == sunday.last == date(2026, 11, 22)


def test_a_long_period_is_cut_into_months():
    columns = Period(date(2025, 11, 15), date(2026, 11, 14)).columns

    assert len(columns) == 13
    assert columns[0] == Period(date(2025, 11, 15), date(2025, 11, 30))
    assert columns[-1] == Period(date(2026, 11, 1), date(2026, 11, 14))


def test_every_month_of_a_period_is_there_also_without_an_incident():
    period = Period(date(2026, 9, 30), date(2026, 11, 1))

    months = by_month(period, [incident(datetime(2026, 9, 30, 22, 30, tzinfo=UTC))], BERLIN)

    assert [month for month, _ in months] == [date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)]
    assert [counted[Impact.MINOR] for _, counted in months] == [0, 1, 0], "half past midnight in Berlin"


@pytest.mark.parametrize(
    ("amount", "top"), [(0, 1), (1, 1), (1.5, 2), (3, 5), (6, 10), (11, 20), (49, 50), (51, 100), (700, 1000)]
)
def test_a_scale_ends_at_a_round_number_that_holds_everything(amount: float, top: float):
    assert round_top(amount) == top


@pytest.mark.parametrize(
    ("minutes", "top"), [(0, 1), (4, 5), (47, 60), (61, 120), (1000, 1440), (1441, 2880), (9000, 14400)]
)
def test_a_scale_of_lengths_ends_at_an_even_part_of_a_day(minutes: float, top: int):
    assert round_minutes(minutes) == top
