"""What happened in an incident, in the order of its times: decision 0018."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.incidents.chronology import (
    AskPeriod,
    Said,
    Statement,
    check_entered,
    check_place,
    check_start,
    check_story,
    fit_minute,
    follow_statements,
    unite_asks,
)
from app.incidents.rules import ServiceAsk, Stage
from app.services.rules import ServiceStatus

BEGIN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
API, WEB = UUID(int=1), UUID(int=2)
PARTIAL, MAJOR, DEGRADED = (
    ServiceStatus.PARTIAL_OUTAGE,
    ServiceStatus.MAJOR_OUTAGE,
    ServiceStatus.DEGRADED_PERFORMANCE,
)


def at(minutes: int) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


TIMELINE = (Said(at(0), Stage.INVESTIGATING), Said(at(20), Stage.IDENTIFIED), Said(at(60), Stage.RESOLVED))


def test_an_ask_holds_until_a_statement_says_otherwise():
    asked = follow_statements(
        [Statement(at(0), {API: PARTIAL, WEB: MAJOR}), Statement(at(20), {API: MAJOR, WEB: MAJOR})], at(60)
    )

    assert asked.asks == (ServiceAsk(API, MAJOR, at(20)), ServiceAsk(WEB, MAJOR, at(0)))
    assert set(asked.periods) == {
        AskPeriod(ServiceAsk(API, PARTIAL, at(0)), at(0), at(20)),
        AskPeriod(ServiceAsk(API, MAJOR, at(20)), at(20), at(60)),
        AskPeriod(ServiceAsk(WEB, MAJOR, at(0)), at(0), at(60)),
    }


def test_a_service_that_is_left_out_is_asked_nothing_from_then_on():
    asked = follow_statements([Statement(at(0), {API: PARTIAL}), Statement(at(20), {})], None)

    assert asked.asks == ()
    assert asked.periods == (AskPeriod(ServiceAsk(API, PARTIAL, at(0)), at(0), at(20)),)


def test_what_was_taken_over_keeps_its_time_and_counts_from_then_on():
    asked = follow_statements([Statement(at(20), {API: PARTIAL}, {API: at(5)})], None)

    assert asked.periods == (AskPeriod(ServiceAsk(API, PARTIAL, at(5)), at(20), None),)


def test_what_is_said_at_the_very_end_is_known_but_never_bore_on_a_service():
    asked = follow_statements([Statement(at(60), {API: PARTIAL})], at(60))

    assert asked.asks == (ServiceAsk(API, PARTIAL, at(60)),)
    assert asked.periods == ()


@pytest.mark.parametrize(
    ("minutes", "stage"), [(10, "investigating"), (10, "identified"), (0, "investigating"), (59, "monitoring")]
)
def test_a_forgotten_message_fits_between_its_neighbours(minutes: int, stage: str):
    if stage == "monitoring":
        assert check_place(TIMELINE, BEGIN, Said(at(minutes), Stage(stage))) is None
    else:
        assert check_place(TIMELINE[:2], BEGIN, Said(at(minutes), Stage(stage))) is None


@pytest.mark.parametrize(
    ("minutes", "stage", "fault"),
    [
        (-1, "investigating", "had not begun by then"),
        (60, "resolved", "was resolved by then"),
        (90, "monitoring", "was resolved by then"),
        (30, "investigating", "By then it was identified already"),
        (10, "monitoring", "only identified later"),
        (10, "resolved", "nothing is said after the end"),
    ],
)
def test_what_would_take_the_incident_back_is_refused(minutes: int, stage: str, fault: str):
    found = check_place(TIMELINE, BEGIN, Said(at(minutes), Stage(stage)))

    assert found is not None
    assert fault in found


def test_a_story_is_refused_where_it_goes_wrong():
    story = [Said(at(0), Stage.INVESTIGATING), Said(at(20), Stage.MONITORING), Said(at(10), Stage.RESOLVED)]

    faults = check_story(story, at(0))

    assert list(faults) == [2]
    assert "before the monitoring message" in faults[2]


@pytest.mark.parametrize(("ago", "fault"), [(-1, "still to come"), (6 * 365 * 24 * 60, "more than 5 years ago")])
def test_no_time_is_taken_from_the_future_or_another_age(ago: int, fault: str):
    assert fault in (check_entered(at(-ago), BEGIN) or "")


def test_an_incident_does_not_begin_after_its_first_message():
    assert "first message is older" in (check_start(at(1), at(0), at(5)) or "")
    assert check_start(at(0), at(0), at(5)) is None


def test_the_minute_in_which_an_incident_began_is_not_before_it():
    began = at(0) + timedelta(seconds=40)

    assert fit_minute(at(0), began) == began
    assert fit_minute(at(-1), began) == at(-1)


@pytest.mark.parametrize(
    ("mine", "theirs", "set_at", "kept"),
    [
        ((PARTIAL, 0), (DEGRADED, 10), None, (PARTIAL, 0)),
        ((DEGRADED, 0), (PARTIAL, 10), None, (PARTIAL, 10)),
        ((PARTIAL, 0), (PARTIAL, 10), None, (PARTIAL, 10)),
        ((PARTIAL, 0), (DEGRADED, 10), 5, (DEGRADED, 10)),
        ((PARTIAL, 0), (DEGRADED, 10), 15, (PARTIAL, 0)),
    ],
)
def test_of_two_asks_the_worse_that_still_counts_is_kept_with_its_time(mine, theirs, set_at, kept):
    united = unite_asks(
        [ServiceAsk(API, mine[0], at(mine[1]))],
        [ServiceAsk(API, theirs[0], at(theirs[1]))],
        {} if set_at is None else {API: at(set_at)},
    )

    assert united == (ServiceAsk(API, kept[0], at(kept[1])),)
