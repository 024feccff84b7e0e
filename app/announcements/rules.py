"""How loud an announcement is, when it is shown and how many may be; pure functions over plain values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate

from app.sentences import Sentence
from app.text.lengths import MESSAGE_LENGTH, check_length

TITLE_LENGTH = (2, 120)
MOST_AT_ONCE = 5
"""So many are on a page at the same time: more, and nobody reads any."""
MOST_KEPT = 100
"""So many may be on the page or still to come."""
FARTHEST_AHEAD = timedelta(days=2 * 366)

FULL = f"There are {MOST_KEPT} announcements that are not over. End or remove another one first."
TOO_MANY = f"At some moment more than {MOST_AT_ONCE} announcements would be shown. End or remove another one first."


class Level(StrEnum):
    """How loud it is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def loudness(self) -> int:
        """For putting the loudest first."""
        return list(Level).index(self)


_LABELS = {
    Level.INFO: Sentence("For information"),
    Level.WARNING: Sentence("Please note"),
    Level.CRITICAL: Sentence("Important"),
}


class Audience(StrEnum):
    """Who learns of it besides those who open the page."""

    PAGE = "page"
    PAGE_AND_MAIL = "page_and_mail"

    @property
    def label(self) -> str:
        return "On the page" if self is Audience.PAGE else "On the page, and by mail to subscribers"


class Phase(StrEnum):
    """Where an announcement is."""

    UPCOMING = "upcoming"
    ACTIVE = "active"
    PAST = "past"

    @property
    def label(self) -> str:
        return self.value.capitalize()


@dataclass(frozen=True, slots=True)
class Period:
    """When an announcement is shown: up to, and not at, `ends_at`; None for until somebody ends it."""

    begins_at: datetime
    ends_at: datetime | None

    def covers(self, at: datetime) -> bool:
        return self.begins_at <= at and (self.ends_at is None or at < self.ends_at)


def phase_of(begun: bool, period: Period, now: datetime) -> Phase:
    """Where an announcement is at `now`; `begun` says whether the page has shown it yet."""
    if period.ends_at is not None and period.ends_at <= now:
        return Phase.PAST
    return Phase.ACTIVE if begun else Phase.UPCOMING


def check_title(title: str) -> str | None:
    """What is wrong with a title, in words for beside the field."""
    shortest, longest = TITLE_LENGTH
    if len(title) < shortest:
        return "Say in a few words what it is about."
    return check_length(title, longest, "Details belong in the message.")


def check_message(message: str) -> str | None:
    """What is wrong with a message, if anything. It may be empty: then the title says all."""
    return check_length(message, MESSAGE_LENGTH)


def check_begin(begins_at: datetime, now: datetime) -> str | None:
    """What is wrong with a beginning. One that is past means: at once."""
    return "Choose a time within the next two years." if begins_at > now + FARTHEST_AHEAD else None


def check_end(period: Period, now: datetime) -> str | None:
    """What is wrong with an end, if there is one."""
    if period.ends_at is None:
        return None
    if period.ends_at <= now:
        return "This is past. Choose a time that is still to come, or leave it empty."
    if period.ends_at <= period.begins_at:
        return "It ends before it begins. Choose a later end, or leave it empty."
    return "Choose a time within the next two years." if period.ends_at > now + FARTHEST_AHEAD else None


def is_too_many(wanted: Period, others: Iterable[Period]) -> bool:
    """Whether with `wanted` more than `MOST_AT_ONCE` would be shown at some moment."""
    steps = []
    for other in others:
        begins_at = max(other.begins_at, wanted.begins_at)
        if wanted.covers(begins_at) and other.covers(begins_at):
            steps.append((begins_at, 1))
            if other.ends_at is not None:
                steps.append((other.ends_at, -1))
    # In order of time; at the same moment one that ends first makes room for one that begins.
    return any(shown >= MOST_AT_ONCE for shown in accumulate(change for _, change in sorted(steps)))
