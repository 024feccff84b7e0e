"""Who may see a page, and the one sentence at its top, as pure functions over plain values.

Nothing in the sentence ages or depends on a time zone, so that it can be cached: times are added by the templates.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Protocol

from app.incidents.rules import Impact, Stage
from app.pages.views import Overall
from app.sentences import Sentence, listed
from app.services.rules import ServiceStatus, worst

_NAMED_AT_MOST = 3


class Visibility(StrEnum):
    """Who may see a page."""

    PUBLIC = "public"
    PRIVATE = "private"


class ShownService(Protocol):
    """What counts of a service; `ServiceView` is one."""

    @property
    def name(self) -> str: ...
    @property
    def status(self) -> ServiceStatus: ...


class OpenIncident(Protocol):
    """What counts of an incident that is not resolved; `IncidentView` is one."""

    @property
    def title(self) -> str: ...
    @property
    def stage(self) -> Stage: ...
    @property
    def impact(self) -> Impact: ...
    @property
    def status(self) -> ServiceStatus: ...
    @property
    def affected(self) -> Collection[object]: ...


class RunningMaintenance(Protocol):
    """What counts of a maintenance that is under way; `MaintenanceView` is one."""

    @property
    def title(self) -> str: ...


def overall(
    services: Iterable[ShownService],
    incidents: Iterable[OpenIncident] = (),
    maintenances: Iterable[RunningMaintenance] = (),
) -> Overall:
    """Sum a page up: all its services, the incidents that are open, the maintenance that is running now.

    The status is the worst that any service shows. An open incident with an impact never lets it be operational,
    also when its services are: an all-clear comes with its last message.
    """
    services, incidents, maintenances = list(services), list(incidents), list(maintenances)
    hurting = [incident for incident in incidents if incident.impact is not Impact.NONE]
    faulty = [service for service in services if _is_fault(service.status)]
    maintained = [service for service in services if service.status is ServiceStatus.UNDER_MAINTENANCE]
    status = worst([*(service.status for service in services), *(_weight_of(incident) for incident in hurting)])

    if faulty:
        return Overall(status, _headline_of_faults(services, faulty), _detail_of_faults(faulty, bool(incidents)))
    if hurting:
        return Overall(status, _headline_of_incidents(hurting), _sentences(incident.title for incident in hurting))
    if maintained:
        return Overall(status, Sentence("Under maintenance"), _detail_of_maintenance(services, maintained))
    if not services:
        return Overall(status, Sentence("Nothing to report yet"), Sentence("This page shows no services so far."))
    return Overall(status, Sentence("All systems operational"), _sentences(running.title for running in maintenances))


_AMID_SENTENCE = {
    ServiceStatus.DEGRADED_PERFORMANCE: Sentence("degraded performance"),
    ServiceStatus.PARTIAL_OUTAGE: Sentence("partial outage"),
    ServiceStatus.MAJOR_OUTAGE: Sentence("major outage"),
}
"""A fault where a sentence goes on with it: languages differ in what they write small there."""

_INDICATORS = {
    ServiceStatus.OPERATIONAL: "ok",
    ServiceStatus.UNDER_MAINTENANCE: "maintenance",
    ServiceStatus.DEGRADED_PERFORMANCE: "degraded",
    ServiceStatus.PARTIAL_OUTAGE: "error",
    ServiceStatus.MAJOR_OUTAGE: "error",
}


def indicator(status: ServiceStatus) -> str:
    """The page's status as one word for programs: ok, maintenance, degraded or error."""
    return _INDICATORS[status]


def _is_fault(status: ServiceStatus) -> bool:
    return status.severity > ServiceStatus.UNDER_MAINTENANCE.severity


def _weight_of(incident: OpenIncident) -> ServiceStatus:
    """What an open incident adds: with services these speak for themselves, without them its own status does."""
    least = ServiceStatus.DEGRADED_PERFORMANCE
    return least if incident.affected else worst([least, incident.status])


def _headline_of_faults(services: Sequence[ShownService], faulty: Sequence[ShownService]) -> str:
    if len(services) == 1:
        return faulty[0].status.label
    major = sum(service.status is ServiceStatus.MAJOR_OUTAGE for service in faulty)
    if major * 2 > len(services):
        return ServiceStatus.MAJOR_OUTAGE.label
    if len(faulty) == len(services):
        return Sentence("All systems are having problems")
    return Sentence("Some systems are having problems")


def _detail_of_faults(faulty: Sequence[ShownService], someone_reported: bool) -> str:
    if len(faulty) == 1:
        what = Sentence("%(service)s: %(status)s.", service=faulty[0].name, status=_AMID_SENTENCE[faulty[0].status])
    else:
        loudest_first = sorted(faulty, key=lambda service: -service.status.severity)
        what = Sentence("%(services)s are affected.", services=_names(loudest_first))
    return Sentence("%(what)s We are working on it.", what=what) if someone_reported else what


def _headline_of_incidents(hurting: Sequence[OpenIncident]) -> str:
    if all(incident.stage is Stage.MONITORING for incident in hurting):
        return Sentence("A fix is in place and we are watching it")
    if len(hurting) == 1:
        return Sentence("We are looking into a problem")
    return Sentence("We are looking into several problems")


def _detail_of_maintenance(services: Sequence[ShownService], maintained: Sequence[ShownService]) -> str:
    if len(maintained) == len(services):
        return Sentence("Planned work is under way.")
    return Sentence("Planned work on %(services)s. Everything else works.", services=_names(maintained))


def _names(services: Sequence[ShownService]) -> str:
    """ "API", "API and Dashboard", "API, Dashboard and Sign-in", "API, Dashboard, Sign-in and 4 more"."""
    names = [service.name for service in services[:_NAMED_AT_MOST]]
    if more := len(services[_NAMED_AT_MOST:]):
        names.append(Sentence.counted("%(num)s more", "%(num)s more", more))
    return listed(names)


def _sentences(texts: Iterable[str]) -> str:
    return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in texts)
