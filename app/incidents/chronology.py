"""What happened in an incident in the order of its times, as pure functions over plain values.

Reasons: docs/decisions/0018-backdating-and-history.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    kept_since: Mapping[UUID, datetime] = field(default_factory=dict)
    """Of what another incident had asked before: when that was."""


@dataclass(frozen=True, slots=True)
class AskPeriod:
    """For how long an incident asked one thing; `ends_at` is None while it still does."""

    ask: ServiceAsk
    begins_at: datetime
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
    began_at: dict[ServiceAsk, datetime] = {}
    periods: list[AskPeriod] = []
    for statement in statements:
        merged = merge_asks(asks, statement.affected, now=statement.at).asks
        kept = statement.kept_since
        asks = tuple(replace(ask, asked_at=kept.get(ask.service_id, ask.asked_at)) for ask in merged)
        periods += [AskPeriod(ask, began_at.pop(ask), statement.at) for ask in [*began_at] if ask not in asks]
        began_at |= {ask: statement.at for ask in asks if ask not in began_at}
    periods += [AskPeriod(ask, begins_at, ended_at) for ask, begins_at in began_at.items()]
    return Asked(asks, tuple(period for period in periods if _lasts(period)))


def unite_asks(
    mine: Iterable[ServiceAsk], theirs: Iterable[ServiceAsk], set_by_hand: Mapping[UUID, datetime]
) -> tuple[ServiceAsk, ...]:
    """What an incident asks once it has taken over another's asks: of each service the worse of both.

    Each keeps its time. One that a human has overruled since gives way to one that still counts, so that the services
    show afterwards what they showed before. `set_by_hand` says when a human last set a service, if one did.
    """

    def weight(ask: ServiceAsk) -> tuple[bool, int, datetime]:
        overruled_at = set_by_hand.get(ask.service_id)
        return (overruled_at is None or ask.asked_at > overruled_at, ask.status.severity, ask.asked_at)

    united: dict[UUID, ServiceAsk] = {}
    for ask in (*mine, *theirs):
        united[ask.service_id] = max(united.get(ask.service_id, ask), ask, key=weight)
    return tuple(sorted(united.values(), key=lambda ask: ask.service_id))


def check_entered(at: datetime, now: datetime) -> str | None:
    """What is wrong with a time that something is said to have happened at, in words for beside the field."""
    if at > now:
        return "This is still to come. Choose a time up to now."
    if at < now - LONGEST_AGO:
        return f"This is more than {LONGEST_AGO.days // 365} years ago. Check the year."
    return None


def fit_minute(at: datetime, earliest: datetime) -> datetime:
    """Forms know minutes only: the very minute of `earliest` is not before it."""
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
    return period.ends_at is None or period.ends_at > period.begins_at
