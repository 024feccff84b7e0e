"""Which status to propose for a service, and why, as pure functions over plain values.

The rule and its reasons: docs/decisions/0021-status-suggestions.md.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.incidents.rules import Impact, Stage, suggest_status
from app.services.rules import ServiceStatus, worst


@dataclass(frozen=True, slots=True)
class OtherAsk:
    """What another open incident asks for the service."""

    title: str
    status: ServiceStatus


@dataclass(frozen=True, slots=True)
class Need:
    """A service that this one needs, and how it is, or is about to be by the same form."""

    name: str
    status: ServiceStatus


@dataclass(frozen=True, slots=True)
class Situation:
    """All that bears on one service besides the incident itself. The order within each tuple means nothing."""

    others: tuple[OtherAsk, ...] = ()
    needs: tuple[Need, ...] = ()
    windows: tuple[str, ...] = ()
    """Titles of the maintenance that is running on it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A status to propose, and in one sentence or two why; `reason` is empty where nothing but the impact speaks."""

    status: ServiceStatus
    reason: str = ""


WEAKENED = {
    ServiceStatus.MAJOR_OUTAGE: ServiceStatus.PARTIAL_OUTAGE,
    ServiceStatus.PARTIAL_OUTAGE: ServiceStatus.DEGRADED_PERFORMANCE,
}
"""What a fault leaves of the services that need the faulty one: one step less, and nothing of the mildest."""


def suggest(impact: Impact, stage: Stage, situation: Situation) -> Suggestion:
    """Propose what the incident should ask for one service.

    1. The impact gives a status; a resolved incident gives none.
    2. A service that it needs and that is down gives one step less than its own.
    3. The worst of these is proposed; of equals the impact is named.
    4. Where that is "operational" and maintenance is running, the service is under maintenance.
    What other open incidents ask is said, not copied: they ask for it themselves for as long as they are open.
    """
    status, reason = _strongest(impact, stage, situation)
    if status is ServiceStatus.OPERATIONAL and situation.windows:
        status, reason = ServiceStatus.UNDER_MAINTENANCE, f"{_quoted(situation.windows)} is running."
    return Suggestion(status, " ".join(filter(None, [reason, *_remarks(status, situation)])))


def spread(chosen: Mapping[UUID, ServiceStatus], needs: Mapping[UUID, Collection[UUID]]) -> dict[UUID, ServiceStatus]:
    """The services that were not chosen but need those that were, with what reaches them.

    A fault goes from service to service and loses a step each time, until nothing is left of it.

    Args:
        chosen: services and the status chosen for each.
        needs: each service that needs others, and which; without circles.
    """
    needed_by: dict[UUID, list[UUID]] = {}
    for service_id, needed in needs.items():
        for one in needed:
            needed_by.setdefault(one, []).append(service_id)
    reached: dict[UUID, ServiceStatus] = {}
    waiting = list(chosen.items())
    while waiting:
        service_id, status = waiting.pop()
        weakened = WEAKENED.get(status)
        if weakened is None:
            continue
        for dependent in needed_by.get(service_id, ()):
            if dependent in chosen:
                continue
            known = reached.get(dependent)
            if known is None or weakened.severity > known.severity:
                reached[dependent] = weakened
                waiting.append((dependent, weakened))
    return reached


def _strongest(impact: Impact, stage: Stage, situation: Situation) -> tuple[ServiceStatus, str]:
    own = suggest_status(impact, stage)
    because = "This incident is over." if stage is Stage.RESOLVED else ""
    felt = [(WEAKENED[need.status], need) for need in situation.needs if need.status in WEAKENED]
    if not felt:
        return own, because
    status, need = max(felt, key=lambda one: (one[0].severity, one[1].name))
    if status.severity <= own.severity:
        return own, because
    return status, f"It needs {need.name}, which has: {need.status.label.lower()}."


def _remarks(status: ServiceStatus, situation: Situation) -> Iterable[str]:
    others = worst(ask.status for ask in situation.others)
    if others.severity > status.severity:
        titles = tuple(ask.title for ask in situation.others if ask.status is others)
        yield f"The page shows {others.label.lower()} as long as {_quoted(titles)} is open."
    if situation.windows and status is not ServiceStatus.UNDER_MAINTENANCE:
        yield f"{_quoted(situation.windows)} is running and may be all that users see."


def _quoted(titles: Collection[str]) -> str:
    first, *more = sorted(titles)
    return f"“{first}”" + (f" (and {len(more)} more)" if more else "")
