"""The life of a planned window, as pure functions over plain values.

Reasons: docs/decisions/0015-maintenance-life-and-clock.md.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.errors import InvalidTransition
from app.sentences import Sentence
from app.text.lengths import MESSAGE_LENGTH, check_length

TITLE_LENGTH = (2, 200)
MOST_SERVICES = 200
MOST_REMINDERS = 5
MOST_OPEN = 500
"""So many windows of one organization may be to come or running when another is planned."""
MOST_SERIES = 50
"""So many series may go on; each plans a few windows by itself, also beyond `MOST_OPEN`."""
MOST_UPDATES = 500
"""Messages of a window, whose page shows them all: then it only goes on to its end."""
LONGEST = timedelta(days=30)
LONGEST_LEAD = timedelta(days=30)
FARTHEST_AHEAD = timedelta(days=2 * 366)
LATEST_PLAN = timedelta(hours=1)
"""How long ago a window may have begun when it is planned: more would take downtime out of the account afterwards."""

DEFAULT_REMINDERS = (timedelta(hours=24), timedelta(hours=1))


class MaintenanceStage(StrEnum):
    """Where a window is; the clock and its members move it forward."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    MaintenanceStage.SCHEDULED: Sentence("Scheduled"),
    MaintenanceStage.IN_PROGRESS: Sentence("In progress"),
    MaintenanceStage.VERIFYING: Sentence("Verifying"),
    MaintenanceStage.COMPLETED: Sentence("Completed"),
    MaintenanceStage.CANCELLED: Sentence("Cancelled"),
}


RUNNING = (MaintenanceStage.IN_PROGRESS, MaintenanceStage.VERIFYING)
"""While a window is in one of these, its services are under maintenance."""

OPEN = (MaintenanceStage.SCHEDULED, *RUNNING)
"""Windows to come and running ones; the others are over for good."""

_NEXT = {
    MaintenanceStage.SCHEDULED: (MaintenanceStage.SCHEDULED, MaintenanceStage.IN_PROGRESS),
    MaintenanceStage.IN_PROGRESS: (
        MaintenanceStage.IN_PROGRESS,
        MaintenanceStage.VERIFYING,
        MaintenanceStage.COMPLETED,
    ),
    MaintenanceStage.VERIFYING: (MaintenanceStage.VERIFYING, MaintenanceStage.COMPLETED),
}


class Act(StrEnum):
    """What the clock does to a window when its time has come."""

    REMIND = "remind"
    START = "start"
    COMPLETE = "complete"
    OVERRUN = "overrun"
    """Tell the members that its time is over and that nobody has ended it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing for the clock to do, and when it is planned."""

    act: Act
    at: datetime
    lead: timedelta | None = None
    """How long before the start a reminder goes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All of a window that the clock goes by."""

    stage: MaintenanceStage
    starts_at: datetime
    ends_at: datetime
    auto_start: bool
    auto_complete: bool
    leads: Collection[timedelta]
    reminded_through: datetime
    """Reminders up to this instant are sent, or were past already when the window was planned."""
    overran: bool


def allowed_stages(current: MaintenanceStage) -> tuple[MaintenanceStage, ...]:
    """The stages that the next update may carry: the present one (another message) and those it can go to.

    Empty for a window that is over.
    """
    return _NEXT.get(current, ())


def check_transition(current: MaintenanceStage, new: MaintenanceStage) -> None:
    """Refuse an update that would take a window back, or past a stage that it must not leave out.

    Raises:
        InvalidTransition: with what to do instead.
    """
    if current not in OPEN:
        raise InvalidTransition(f"This maintenance is {current}, and that is final. Schedule another one.")
    if new in allowed_stages(current):
        return
    if current is MaintenanceStage.SCHEDULED:
        raise InvalidTransition("This maintenance has not started yet. Start it first, or cancel it.")
    raise InvalidTransition(
        f"This maintenance is already {current.label.lower()}; it cannot go back to {new.label.lower()}."
    )


def check_extension(current: MaintenanceStage) -> None:
    """Only what runs can go on longer.

    Raises:
        InvalidTransition: with what to do instead.
    """
    if current is MaintenanceStage.SCHEDULED:
        raise InvalidTransition("Only a running maintenance can be extended. Edit its times instead.")
    if current not in RUNNING:
        raise InvalidTransition(f"This maintenance is {current} already. Schedule another one.")


def check_cancel(current: MaintenanceStage) -> None:
    """Only what has not begun can be cancelled.

    Raises:
        InvalidTransition: with what to do instead.
    """
    if current in RUNNING:
        raise InvalidTransition("This maintenance is running, so it cannot be cancelled. Finish it early instead.")
    if current is not MaintenanceStage.SCHEDULED:
        raise InvalidTransition(f"This maintenance is {current} already.")


def next_step(plan: Plan) -> Step | None:
    """What the clock has to do next, whether its time has come or not; None when nothing is left to do."""
    return min(_steps(plan), key=lambda step: step.at, default=None)


def due_step(plan: Plan, now: datetime) -> Step | None:
    """What the clock has to do at once, if anything.

    Of several reminders that were missed only the latest goes, and none once the window should have begun: a person
    who is told late is told once.
    """
    due = [step for step in _steps(plan) if step.at <= now]
    if plan.starts_at <= now:
        due = [step for step in due if step.act is not Act.REMIND]
    return max(due, key=lambda step: step.at, default=None)


def _steps(plan: Plan) -> Iterator[Step]:
    if plan.stage is MaintenanceStage.SCHEDULED:
        for lead in plan.leads:
            if plan.reminded_through < plan.starts_at - lead:
                yield Step(Act.REMIND, plan.starts_at - lead, lead)
        if plan.auto_start:
            yield Step(Act.START, plan.starts_at)
        elif not plan.overran:
            yield Step(Act.OVERRUN, plan.ends_at)
    elif plan.stage in RUNNING:
        if plan.auto_complete:
            yield Step(Act.COMPLETE, plan.ends_at)
        elif not plan.overran:
            yield Step(Act.OVERRUN, plan.ends_at)


def check_title(title: str) -> str | None:
    """What is wrong with a title that went through `text.clean.clean_text`, in words for beside the field."""
    shortest, longest = TITLE_LENGTH
    if not title:
        return "Say in a few words what will be done."
    if len(title) < shortest:
        return f"Use at least {shortest} characters, so that a customer understands it."
    return check_length(title, longest, "Details belong in the message.")


def check_message(message: str, *, required: bool = False) -> str | None:
    """What is wrong with a message that went through `text.clean.clean_message`."""
    if required and not message.strip():
        return "Say what users notice and how far you are."
    return check_length(message, MESSAGE_LENGTH)


def check_start(starts_at: datetime, now: datetime) -> str | None:
    """What is wrong with the planned start."""
    if starts_at < now - LATEST_PLAN:
        return (
            "This is more than an hour ago. Uptime is not changed afterwards: if the work is still going on,"
            " let it start now."
        )
    if starts_at > now + FARTHEST_AHEAD:
        return "This is more than two years ahead. Schedule it when its time is nearer."
    return None


def check_first_start(starts_at: datetime, now: datetime, *, is_new: bool) -> str | None:
    """What is wrong with where a series begins. One that goes on already may have begun long ago."""
    if is_new and starts_at <= now:
        return "The first one must be still to come. Plan what has begun already as a single maintenance."
    return check_start(max(starts_at, now), now)


def check_end(starts_at: datetime, ends_at: datetime, now: datetime) -> str | None:
    """What is wrong with the planned end."""
    if starts_at < ends_at <= now:
        return "The end is past already. Give the time at which you expect to be done."
    return check_span(starts_at, ends_at)


def check_span(starts_at: datetime, ends_at: datetime) -> str | None:
    """What is wrong with a start and an end, whenever they are."""
    if ends_at <= starts_at:
        return "The end must come after the start."
    if ends_at - starts_at > LONGEST:
        return (
            f"A maintenance lasts at most {LONGEST.days} days;"
            f" this would be {(ends_at - starts_at) / timedelta(days=1):,.0f}. Plan longer work as several."
        )
    return None


def check_leads(leads: Collection[timedelta]) -> str | None:
    """What is wrong with the times before the start at which reminders go."""
    if len(set(leads)) > MOST_REMINDERS:
        return f"Send at most {MOST_REMINDERS} reminders."
    if any(lead <= timedelta() for lead in leads):
        return "A reminder goes before the start: give at least a minute."
    if any(lead > LONGEST_LEAD for lead in leads):
        return f"A reminder goes at most {LONGEST_LEAD.days} days before the start."
    if any(lead % timedelta(minutes=1) for lead in leads):
        return "Give whole minutes."
    return None


def check_services(count: int) -> str | None:
    """What is wrong with the number of affected services."""
    if count > MOST_SERVICES:
        return f"A maintenance affects at most {MOST_SERVICES} services; these are {count}."
    return None
