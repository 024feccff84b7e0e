"""The life of a planned window, as plain values."""

from enum import StrEnum


class MaintenanceStage(StrEnum):
    """Where a window is; the clock and its members move it forward."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


RUNNING = (MaintenanceStage.IN_PROGRESS, MaintenanceStage.VERIFYING)
"""While a window is in one of these, its services are under maintenance."""
