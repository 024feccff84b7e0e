"""What happened in an incident in the order of its times, as pure functions over plain values.

Reasons: docs/decisions/0018-backdating-and-history.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.incidents.rules import ServiceAsk, Stage, merge_asks
from app.services.rules import ServiceStatus

LONGEST_AGO = timedelta(days=5 * 365)
"""A team that moves in brings its past along, also from before it was here; what is older is most likely a typo."""

_MINUTE = timedelta(minutes=1)
_STAGES = tuple(Stage)


@dataclass(frozen=True, slots=True)
class Statement:
    """All that an incident asks of services from `at` until its next statement."""

    at: datetime
    affected: Mapping[UUID, ServiceStatus]


@dataclass(frozen=True, slots=True)
class AskPeriod:
    """For how long an incident asked one thing: from `ask.asked_at` on; `ends_at` is None while it still does."""

    ask: ServiceAsk
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What an incident asks at last, and all that it ever asked."""

    asks: tuple[ServiceAsk, ...]
    periods: tuple[AskPeriod, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """When a message was posted, and the stage that it brought."""

    at: datetime
    stage: Stage


def follow_statements(statements: Iterable[Statement], ended_at: datetime | None) -> Asked:
    """Go through an incident's statements in their order, as if each had been made at its time.

    Once it has ended it asks nothing any more; what it asked last stays known.
    """
    asks: tuple[ServiceAsk, ...] = ()
    running: dict[UUID, ServiceAsk] = {}
    periods: list[AskPeriod] = []
    for statement in statements:
        changes = merge_asks(asks, statement.affected, now=statement.at)
        asks = changes.asks
        ended = (running.pop(ask.service_id) for ask in (*changes.changed, *changes.removed))
        periods += [AskPeriod(ask, statement.at) for ask in ended]
        running |= {ask.service_id: ask for ask in (*changes.added, *changes.changed)}
    periods += [AskPeriod(ask, ended_at) for ask in running.values()]
    return Asked(asks, tuple(period for period in periods if _lasts(period)))


def check_entered(at: datetime, now: datetime) -> str | None:
    """What is wrong with a time that something is said to have happened at, in words for beside the field."""
    if at > now:
        return "This is still to come. Choose a time up to now."
    if at < now - LONGEST_AGO:
        return f"This is more than {LONGEST_AGO.days // 365} years ago. Check the year."
    return None


def fit_minute(at: datetime, earliest: datetime) -> datetime:
    """Forms know minutes only: a time within the very minute of `earliest` is not before it."""
    return earliest if at < earliest < at + _MINUTE else at


def check_place(timeline: Sequence[Said], started_at: datetime, new: Said) -> str | None:
    """What is wrong with adding a message among those that are there, in words for beside its time.

    Stages only move forward with time, and nothing is said after the end. Of messages at one instant the last added
    comes last. `timeline` is in order.
    """
    if new.at < started_at:
        return "The incident had not begun by then. Choose a later time, or say first that it began earlier."
    before = [said for said in timeline if said.at <= new.at]
    after = timeline[len(before) :]
    if before and before[-1].stage is Stage.RESOLVED:
        return "The incident was resolved by then. Choose an earlier time."
    if before and _STAGES.index(new.stage) < _STAGES.index(before[-1].stage):
        return f"By then it was {before[-1].stage} already. Choose a later stage, or an earlier time."
    if after and new.stage is Stage.RESOLVED:
        return "There is a later message, and nothing is said after the end. Choose a later time."
    if after and _STAGES.index(new.stage) > _STAGES.index(after[0].stage):
        return f"It was only {after[0].stage} later than that. Choose an earlier stage, or a later time."
    return None


def check_story(messages: Sequence[Said], started_at: datetime) -> dict[int, str]:
    """What is wrong with a whole story, by the place of the message: each must come after those before it."""
    faults: dict[int, str] = {}
    for place, said in enumerate(messages):
        if place and said.at < messages[place - 1].at:
            faults[place] = f"This is before the {messages[place - 1].stage} message. Choose a later time."
        elif fault := check_place(messages[:place], started_at, said):
            faults[place] = fault
    return faults


def check_start(started_at: datetime, first_said_at: datetime, now: datetime) -> str | None:
    """What is wrong with another beginning of an incident, in words for beside the field."""
    if fault := check_entered(started_at, now):
        return fault
    if started_at > first_said_at:
        return "Its first message is older than that. Choose an earlier time."
    return None


def _lasts(period: AskPeriod) -> bool:
    return period.ends_at is None or period.ends_at > period.ask.asked_at
