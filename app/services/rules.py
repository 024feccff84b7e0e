"""What a service shows, as pure functions over plain values."""

from enum import StrEnum


class ServiceStatus(StrEnum):
    """The five states of a service (DESIGN: "service status")."""

    OPERATIONAL = "operational"
    DEGRADED_PERFORMANCE = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"
    UNDER_MAINTENANCE = "under_maintenance"

    @property
    def label(self) -> str:
        """The words a person reads: "Partial outage"."""
        return self.value.replace("_", " ").capitalize()


class Source(StrEnum):
    """What brought a status change about."""

    MANUAL = "manual"
    INCIDENT = "incident"
    MAINTENANCE = "maintenance"
    MONITOR = "monitor"
