"""The life of an incident, as pure functions over plain values.

Reasons: docs/decisions/0002-incident-lifecycle.md.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.errors import InvalidTransition
from app.sentences import Sentence
from app.services.rules import ServiceStatus, worst
from app.text.lengths import MESSAGE_LENGTH, check_length

TITLE_LENGTH = (2, 200)
MOST_AFFECTED = 200
MOST_OPEN = 100
"""Open incidents of an organization: nobody reads more, and a page that shows them all must not grow without end."""

MOST_UPDATES = 500
"""Messages of an incident, whose page shows them all: then it only ends, and another one may follow it."""


class Stage(StrEnum):
    """Where an incident is; it only moves forward, and resolved is final."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"

    @property
    def label(self) -> str:
        return _STAGES[self]


_STAGES = {
    Stage.INVESTIGATING: Sentence("Investigating"),
    Stage.IDENTIFIED: Sentence("Identified"),
    Stage.MONITORING: Sentence("Monitoring"),
    Stage.RESOLVED: Sentence("Resolved"),
}


class LastChange(StrEnum):
    """What somebody last did to an incident, as whoever was overtaken is told."""

    POSTED = "posted"
    DETAILS = "details"
    MESSAGE = "message"
    START = "start"
    TIME = "time"
    MERGED = "merged"

    @property
    def words(self) -> str:
        """What comes after the name of who did it."""
        return _SAID_OF_CHANGES[self]


_SAID_OF_CHANGES = {
    LastChange.POSTED: "posted an update",
    LastChange.DETAILS: "edited title or impact",
    LastChange.MESSAGE: "edited a message",
    LastChange.START: "changed when it began",
    LastChange.TIME: "changed the time of a message",
    LastChange.MERGED: "merged another incident into it",
}


class Impact(StrEnum):
    """How much of the product an incident hurts."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def label(self) -> str:
        return self.value.capitalize()

    @property
    def words(self) -> str:
        """ "Major impact", where nothing else says what is major."""
        return _IMPACTS[self]

    @property
    def status(self) -> ServiceStatus:
        """The service status that is as bad: what the form suggests, and the sign that lists show."""
        return _SUGGESTED[self]


_IMPACTS = {
    Impact.NONE: Sentence("No impact"),
    Impact.MINOR: Sentence("Minor impact"),
    Impact.MAJOR: Sentence("Major impact"),
    Impact.CRITICAL: Sentence("Critical impact"),
}

_SUGGESTED = {
    Impact.NONE: ServiceStatus.OPERATIONAL,
    Impact.MINOR: ServiceStatus.DEGRADED_PERFORMANCE,
    Impact.MAJOR: ServiceStatus.PARTIAL_OUTAGE,
    Impact.CRITICAL: ServiceStatus.MAJOR_OUTAGE,
}


def allowed_stages(current: Stage) -> tuple[Stage, ...]:
    """The stages that the next update may carry: the present one (another message) and those after it.

    Empty for a resolved incident: it takes no further updates.
    """
    if current is Stage.RESOLVED:
        return ()
    stages = tuple(Stage)
    return stages[stages.index(current) :]


def check_transition(current: Stage, new: Stage) -> None:
    """Refuse an update that would take an incident back.

    Raises:
        InvalidTransition: the incident is resolved already, or is past `new`.
    """
    if current is Stage.RESOLVED:
        raise InvalidTransition("This incident is resolved, and that is final. Report a new one that follows it.")
    if new not in allowed_stages(current):
        raise InvalidTransition(
            f"This incident is already {current}; it cannot go back to {new}. "
            f"Post the news as another {current} update instead."
        )


def suggest_status(impact: Impact, stage: Stage) -> ServiceStatus:
    """What the form proposes for each affected service; the editor's own choice always wins over it."""
    return ServiceStatus.OPERATIONAL if stage is Stage.RESOLVED else impact.status


def status_of(asked: Collection[ServiceStatus], impact: Impact, stage: Stage) -> ServiceStatus:
    """How bad an incident is: the worst that it asks for; without services, what its impact suggests."""
    return worst(asked) if asked else suggest_status(impact, stage)


@dataclass(frozen=True, slots=True)
class ServiceAsk:
    """What one incident asks for one service; `asked_at` is when that status was chosen, not when it was repeated."""

    service_id: UUID
    status: ServiceStatus
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class AskChanges:
    """The asks after a form was sent, and how they differ from those before. Each tuple is ordered by service id."""

    asks: tuple[ServiceAsk, ...]
    added: tuple[ServiceAsk, ...]
    changed: tuple[ServiceAsk, ...]
    removed: tuple[ServiceAsk, ...]

    @property
    def touched(self) -> frozenset[UUID]:
        """The services whose status has to be worked out again."""
        return frozenset(ask.service_id for ask in (*self.added, *self.changed, *self.removed))


def merge_asks(existing: Iterable[ServiceAsk], chosen: Mapping[UUID, ServiceStatus], *, now: datetime) -> AskChanges:
    """Bring an incident's asks in line with what the editor chose; `chosen` names every service still affected.

    An ask that stays the same keeps its `asked_at`: repeating it in a later update must not overrule a human who has
    set the service since. A changed one is a new statement and gets `now`.
    """
    before = {ask.service_id: ask for ask in existing}
    kept: list[ServiceAsk] = []
    added: list[ServiceAsk] = []
    changed: list[ServiceAsk] = []
    for service_id, status in sorted(chosen.items()):
        old = before.get(service_id)
        if old is None:
            added.append(ServiceAsk(service_id, status, now))
        elif old.status is not status:
            changed.append(replace(old, status=status, asked_at=now))
        else:
            kept.append(old)
    removed = sorted((ask for ask in before.values() if ask.service_id not in chosen), key=_by_service)
    asks = sorted([*kept, *added, *changed], key=_by_service)
    return AskChanges(tuple(asks), tuple(added), tuple(changed), tuple(removed))


def check_title(title: str) -> str | None:
    """What is wrong with a title that went through `text.clean.clean_text`, in words for beside the field."""
    shortest, longest = TITLE_LENGTH
    if not title:
        return "Say in a few words what is wrong."
    if len(title) < shortest:
        return f"Use at least {shortest} characters, so that a customer understands it."
    return check_length(title, longest, "Details belong in the message.")


def check_message(message: str, *, required: bool = True) -> str | None:
    """What is wrong with a message that went through `text.clean.clean_message`. Updates require one."""
    if required and not message.strip():
        return "Say what users see and what you are doing."
    return check_length(message, MESSAGE_LENGTH)


def find_text_faults(title: str, message: str) -> dict[str, str]:
    """What is wrong with the two texts of a report, by field."""
    found = {"title": check_title(title), "message": check_message(message)}
    return {field: fault for field, fault in found.items() if fault}


def check_affected(number: int) -> str | None:
    """What is wrong with so many affected services."""
    return f"An incident affects at most {MOST_AFFECTED} services." if number > MOST_AFFECTED else None


def _by_service(ask: ServiceAsk) -> UUID:
    return ask.service_id
