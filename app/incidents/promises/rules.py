"""When the team is reminded of an open incident, as pure functions over plain values.

An incident keeps one moment, `remind_at`: the next at which somebody is reminded. It is worked out anew with each
update; the clock asks for those that have come. Reasons: docs/decisions/0022-promised-updates.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DUE_BEFORE = timedelta(minutes=5)
"""So long before the promised time the handler is reminded, while there is still time to write."""

OVERDUE_AFTER = timedelta(minutes=5)
"""So long after it the promise counts as broken."""

FORGOTTEN_AFTER = tuple(timedelta(hours=hours) for hours in (3, 6, 12, 24))
"""Without any update for so long an open incident is raised; after the last, once a day."""

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=14)
"""How far ahead an update may be promised."""


class Reminding(StrEnum):
    """Why the team is reminded; the words are the event's."""

    DUE = "update_due"
    OVERDUE = "update_overdue"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder. `hours` is how long nothing was said, for those that are forgotten."""

    at: datetime
    why: Reminding
    hours: int = 0


class Promise(StrEnum):
    """How a promised update stands."""

    KEPT = "kept"
    """Its time is still to come."""
    DUE = "due"
    OVERDUE = "overdue"


def check_promise(next_update_at: datetime | None, *, resolved: bool, now: datetime) -> str | None:
    """What is wrong with a promised time, in words for beside the field."""
    if next_update_at is None:
        return None
    if resolved:
        return "A resolved incident has no next update. Leave this empty."
    if next_update_at < now + SHORTEST:
        return "Choose a time that is still to come."
    if next_update_at > now + LONGEST:
        return f"Promise at most {LONGEST.days} days ahead."
    return None


def promise_state(next_update_at: datetime, now: datetime) -> Promise:
    """How the promise of an open incident stands."""
    if now >= next_update_at:
        return Promise.OVERDUE
    return Promise.DUE if now >= next_update_at - DUE_BEFORE else Promise.KEPT


def reminders(updated_at: datetime, promised_at: datetime | None) -> Iterator[Reminder]:
    """All reminders of an open incident in order, without end.

    Args:
        updated_at: when its newest update was posted.
        promised_at: when that update promised the next one; until then and shortly after silence is no neglect.
    """
    earliest = updated_at
    if promised_at is not None:
        earliest = promised_at + OVERDUE_AFTER
        yield Reminder(max(updated_at, promised_at - DUE_BEFORE), Reminding.DUE)
        yield Reminder(earliest, Reminding.OVERDUE)
    for silence in _silences():
        if updated_at + silence > earliest:
            hours = int(silence / timedelta(hours=1))
            yield Reminder(updated_at + silence, Reminding.FORGOTTEN, hours)


def next_reminder(updated_at: datetime, promised_at: datetime | None, *, after: datetime | None = None) -> Reminder:
    """The first reminder, or the first later than `after`."""
    return next(one for one in reminders(updated_at, promised_at) if after is None or one.at > after)


def latest_reminder(updated_at: datetime, promised_at: datetime | None, now: datetime) -> Reminder | None:
    """The reminder that holds at `now`: of several that a stopped clock has missed only the last is worth a mail."""
    latest = None
    for one in reminders(updated_at, promised_at):
        if one.at > now:
            return latest
        latest = one
    return latest


def _silences() -> Iterator[timedelta]:
    yield from FORGOTTEN_AFTER
    silence = FORGOTTEN_AFTER[-1]
    while True:
        silence += timedelta(days=1)
        yield silence
