"""The life of an incident, as pure functions over plain values."""

from enum import StrEnum


class Stage(StrEnum):
    """Where an incident is; it only moves forward, and resolved is final."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Impact(StrEnum):
    """How much of the product an incident hurts."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def label(self) -> str:
        return self.value.capitalize()
