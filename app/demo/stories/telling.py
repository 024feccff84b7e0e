"""How an incident of the demo is told: message by message, each with what services show from then on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from app.incidents.rules import Impact, Stage
from app.services.rules import ServiceStatus

JONAS, MARA = "jonas@northwind.example", "mara@northwind.example"

DEGRADED = ServiceStatus.DEGRADED_PERFORMANCE
PARTIAL = ServiceStatus.PARTIAL_OUTAGE
MAJOR = ServiceStatus.MAJOR_OUTAGE


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `shows` is what services show from then on, where that changes; resolving ends all of it."""

    minutes: int
    """After the beginning of the incident."""
    stage: Stage
    message: str
    shows: Mapping[str, ServiceStatus] | None = None
    by: str = JONAS


@dataclass(frozen=True, slots=True)
class Story:
    """An incident from its first message to its last."""

    title: str
    impact: Impact
    said: tuple[Said, ...]
    days_ago: int = 0
    at: time = time()
    """When it began, in the page's time zone."""

    @property
    def told_after_minutes(self) -> int:
        """How long it took to notice and to say so: mostly a few minutes, never the same."""
        return 2 + len(self.title) % 7


def investigating(message: str, shows: Mapping[str, ServiceStatus], by: str = JONAS) -> Said:
    return Said(0, Stage.INVESTIGATING, message, shows, by)


def identified(minutes: int, message: str, shows: Mapping[str, ServiceStatus] | None = None, by: str = JONAS) -> Said:
    return Said(minutes, Stage.IDENTIFIED, message, shows, by)


def monitoring(minutes: int, message: str, shows: Mapping[str, ServiceStatus] | None = None, by: str = JONAS) -> Said:
    return Said(minutes, Stage.MONITORING, message, shows, by)


def resolved(minutes: int, message: str, by: str = JONAS) -> Said:
    return Said(minutes, Stage.RESOLVED, message, None, by)


def short(
    title: str,
    impact: Impact,
    shows: Mapping[str, ServiceStatus],
    begin: str,
    end: str,
    *,
    minutes: int,
    days_ago: int,
    at: time,
    by: str = JONAS,
) -> Story:
    """One that was over before there was more to say than that it began and that it ended."""
    return Story(title, impact, (investigating(begin, shows, by), resolved(minutes, end, by)), days_ago, at)
