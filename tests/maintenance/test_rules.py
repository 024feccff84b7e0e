"""The life of a window: what may follow what, what is due when, and what is refused with which words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidTransition
from app.maintenance.rules import (
    MOST_REMINDERS,
    Act,
    MaintenanceStage,
    Plan,
    Step,
    allowed_stages,
    check_cancel,
    check_end,
    check_leads,
    check_message,
    check_services,
    check_start,
    check_title,
    check_transition,
    due_step,
    next_step,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SCHEDULED, IN_PROGRESS, VERIFYING, COMPLETED, CANCELLED = MaintenanceStage

plan = Plan(
    stage=SCHEDULED,
    starts_at=NOW + 2 * DAY,
    ends_at=NOW + 2 * DAY + 2 * HOUR,
    auto_start=True,
    auto_complete=True,
    leads=[DAY, HOUR],
    reminded_through=NOW,
    overran=False,
)


class TestStages:
    def test_it_goes_forward_only(self):
        assert [allowed_stages(stage) for stage in MaintenanceStage] == [
            (SCHEDULED, IN_PROGRESS),
            (IN_PROGRESS, VERIFYING, COMPLETED),
            (VERIFYING, COMPLETED),
            (),
            (),
        ]

    @pytest.mark.parametrize(
        ("current", "new", "words"),
        [
            (VERIFYING, IN_PROGRESS, "cannot go back to in progress"),
            (SCHEDULED, COMPLETED, "has not started yet"),
            (SCHEDULED, VERIFYING, "has not started yet"),
            (COMPLETED, COMPLETED, "completed, and that is final"),
            (CANCELLED, SCHEDULED, "cancelled, and that is final"),
        ],
    )
    def test_what_is_refused_says_why(self, current: MaintenanceStage, new: MaintenanceStage, words: str):
        with pytest.raises(InvalidTransition, match=words):
            check_transition(current, new)

    def test_only_what_has_not_begun_can_be_cancelled(self):
        check_cancel(SCHEDULED)

        with pytest.raises(InvalidTransition, match="Finish it early"):
            check_cancel(IN_PROGRESS)
        with pytest.raises(InvalidTransition, match="completed already"):
            check_cancel(COMPLETED)


class TestSteps:
    def test_the_first_reminder_comes_first(self):
        assert next_step(plan) == Step(Act.REMIND, plan.starts_at - DAY, DAY)

    def test_then_the_next_then_the_start_then_the_end(self):
        soon = replace(plan, reminded_through=plan.starts_at - DAY)
        begun = replace(plan, stage=IN_PROGRESS)

        assert next_step(soon) == Step(Act.REMIND, plan.starts_at - HOUR, HOUR)
        assert next_step(replace(soon, reminded_through=plan.starts_at - HOUR)) == Step(Act.START, plan.starts_at)
        assert next_step(begun) == Step(Act.COMPLETE, plan.ends_at)

    @pytest.mark.parametrize("stage", [COMPLETED, CANCELLED])
    def test_nothing_is_left_to_do_for_what_is_over(self, stage: MaintenanceStage):
        assert next_step(replace(plan, stage=stage)) is None

    def test_nothing_is_due_before_its_time(self):
        assert due_step(plan, plan.starts_at - DAY - MINUTE) is None

    def test_of_reminders_that_were_missed_only_the_latest_goes(self):
        assert due_step(plan, plan.starts_at - MINUTE) == Step(Act.REMIND, plan.starts_at - HOUR, HOUR)

    def test_no_reminder_goes_once_it_should_have_begun(self):
        by_hand = replace(plan, auto_start=False)

        assert due_step(plan, plan.starts_at) == Step(Act.START, plan.starts_at)
        assert due_step(by_hand, plan.starts_at) is None

    @pytest.mark.parametrize(
        "forgotten",
        [replace(plan, auto_start=False), replace(plan, stage=VERIFYING, auto_complete=False)],
    )
    def test_who_ends_nothing_by_hand_is_told_once(self, forgotten: Plan):
        later = forgotten.ends_at + DAY

        assert due_step(forgotten, later) == Step(Act.OVERRUN, plan.ends_at)
        assert due_step(replace(forgotten, overran=True), later) is None

    @given(st.integers(-200, 200), st.booleans(), st.booleans(), st.lists(st.integers(1, 100), max_size=5))
    def test_what_is_due_is_never_ahead_and_never_a_reminder_of_the_past(
        self, hours: int, auto_start: bool, auto_complete: bool, leads: list[int]
    ):
        one = replace(plan, auto_start=auto_start, auto_complete=auto_complete, leads=[lead * HOUR for lead in leads])
        now = one.starts_at + hours * HOUR

        step = due_step(one, now)

        assert step is None or step.at <= now
        assert step is None or step.act is not Act.REMIND or now < one.starts_at


class TestInput:
    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            (check_title(""), "what will be done"),
            (check_title("x"), "at least 2 characters"),
            (check_title("x" * 201), "this has 201"),
            (check_message("x" * 10_001), "10,001"),
            (check_message(" ", required=True), "how far you are"),
            (check_start(NOW - 61 * MINUTE, NOW), "more than an hour ago"),
            (check_start(NOW + 1000 * DAY, NOW), "two years ahead"),
            (check_end(NOW + HOUR, NOW + HOUR, NOW), "after the start"),
            (check_end(NOW - HOUR, NOW, NOW), "past already"),
            (check_end(NOW, NOW + 400 * DAY, NOW), "at most 30 days; this would be 400"),
            (check_services(201), "at most 200 services; these are 201"),
            (check_leads([timedelta()]), "at least a minute"),
            (check_leads([31 * DAY]), "at most 30 days"),
            (check_leads([timedelta(seconds=90)]), "whole minutes"),
            (check_leads([hours * HOUR for hours in range(1, MOST_REMINDERS + 2)]), "at most 5"),
        ],
    )
    def test_it_is_refused_with_words(self, fault: str | None, words: str):
        assert fault is not None
        assert words in fault

    @pytest.mark.parametrize(
        "fault",
        [
            check_title("x" * 200),
            check_message("x" * 10_000),
            check_message(""),
            check_start(NOW - HOUR, NOW),
            check_end(NOW - HOUR, NOW + MINUTE, NOW),
            check_end(NOW, NOW + 30 * DAY, NOW),
            check_services(200),
            check_leads([DAY, DAY, HOUR, MINUTE]),
            check_leads([]),
        ],
    )
    def test_what_just_fits_is_taken(self, fault: str | None):
        assert fault is None
