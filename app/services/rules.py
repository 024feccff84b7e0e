"""What a service shows, as pure functions over plain values.

`resolve_status` is the only place that decides it; page, JSON, socket and mail all tell what it says.
The rule and its reasons: docs/decisions/0001-what-a-service-shows.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.sentences import Sentence

WITHIN = " › "
"""Between the name of a group and that of a group in it."""


class ServiceStatus(StrEnum):
    """The five states of a service."""

    OPERATIONAL = "operational"
    DEGRADED_PERFORMANCE = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"
    UNDER_MAINTENANCE = "under_maintenance"

    @property
    def label(self) -> str:
        """The words a person reads: "Partial outage"."""
        return _LABELS[self]

    @property
    def severity(self) -> int:
        """How loud it is, 0 (operational) to 4 (major outage). Announced maintenance is quieter than any fault."""
        return _SEVERITY[self]


_LABELS = {
    ServiceStatus.OPERATIONAL: Sentence("Operational"),
    ServiceStatus.DEGRADED_PERFORMANCE: Sentence("Degraded performance"),
    ServiceStatus.PARTIAL_OUTAGE: Sentence("Partial outage"),
    ServiceStatus.MAJOR_OUTAGE: Sentence("Major outage"),
    ServiceStatus.UNDER_MAINTENANCE: Sentence("Under maintenance"),
}

_SEVERITY = {
    ServiceStatus.OPERATIONAL: 0,
    ServiceStatus.UNDER_MAINTENANCE: 1,
    ServiceStatus.DEGRADED_PERFORMANCE: 2,
    ServiceStatus.PARTIAL_OUTAGE: 3,
    ServiceStatus.MAJOR_OUTAGE: 4,
}


class Source(StrEnum):
    """What brought a status change about."""

    MANUAL = "manual"
    INCIDENT = "incident"
    MAINTENANCE = "maintenance"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True)
class Manual:
    """A human set the service to `status`; it stands until a human sets it again."""

    status: ServiceStatus
    at: datetime

    @property
    def source(self) -> Source:
        return Source.MANUAL


@dataclass(frozen=True, slots=True)
class Ask:
    """An open incident (neither resolved nor deleted) asks for `status`; `at` is when that very status was chosen."""

    status: ServiceStatus
    at: datetime
    incident_id: UUID

    @property
    def source(self) -> Source:
        return Source.INCIDENT


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance that is running now."""

    started_at: datetime
    maintenance_id: UUID
    expects_failures: bool = False
    """Whether what monitors find while it runs was to be expected."""

    @property
    def status(self) -> ServiceStatus:
        return ServiceStatus.UNDER_MAINTENANCE

    @property
    def at(self) -> datetime:
        return self.started_at

    @property
    def source(self) -> Source:
        return Source.MAINTENANCE


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a monitor found, and since when."""

    status: ServiceStatus
    at: datetime

    @property
    def source(self) -> Source:
        return Source.MONITOR


Claim = Manual | Ask | Window | Verdict
"""One voice about one service: a status, since when, and from where."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that bears on one service. The order within each tuple means nothing."""

    manual: Manual | None = None
    asks: tuple[Ask, ...] = ()
    windows: tuple[Window, ...] = ()
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What the service shows, and the claim that decides it; `because` is None when nobody has claimed anything."""

    status: ServiceStatus
    because: Claim | None = None

    @property
    def source(self) -> Source:
        """Where the status comes from; the default of a service that nobody spoke about counts as manual."""
        return self.because.source if self.because else Source.MANUAL


def resolve_status(inputs: Inputs) -> Shown:
    """Decide what a service shows: the worst asked for, unless a human has set it since.

    1. The human's status is the floor; nobody having set one, it is operational.
    2. Each ask, window and verdict that came after the human's setting counts; those up to that instant were
       overruled by it.
    3. The worst of these is shown. Of equals the human decides, then the one that has stood longest.

    A verdict that came while a window was running that expects failures says nothing (decision 0015).
    """
    expected_from = min((window.started_at for window in inputs.windows if window.expects_failures), default=None)
    news = (verdict for verdict in inputs.verdicts if expected_from is None or verdict.at < expected_from)
    others: list[Claim] = [*inputs.asks, *inputs.windows, *news]
    claims = others
    if inputs.manual:
        claims = [inputs.manual, *(claim for claim in others if claim.at > inputs.manual.at)]
    if not claims:
        return Shown(ServiceStatus.OPERATIONAL)
    decider = min(claims, key=_loudest_first)
    return Shown(decider.status, decider)


def group_path(name: str, parent_name: str | None) -> str:
    """What a group is called where it stands alone: behind the name of the group that it is in, "API › Europe"."""
    return f"{parent_name}{WITHIN}{name}" if parent_name else name


def worst(statuses: Iterable[ServiceStatus]) -> ServiceStatus:
    """The loudest of the given statuses; operational when there are none."""
    return max(statuses, key=lambda status: status.severity, default=ServiceStatus.OPERATIONAL)


def _loudest_first(claim: Claim) -> tuple[int, bool, datetime, str, str]:
    """Sort key that never depends on the order in which claims were given."""
    match claim:
        case Ask():
            name = str(claim.incident_id)
        case Window():
            name = str(claim.maintenance_id)
        case _:
            name = ""
    return (-claim.status.severity, not isinstance(claim, Manual), claim.at, claim.source, name)
