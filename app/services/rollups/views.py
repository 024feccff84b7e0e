"""Days of services as readers are given them, wherever they were found: rolled up, or in the status changes."""

from dataclasses import dataclass
from datetime import date

from app.services.history import DOWN_WEIGHTS, DayView, Lengths, Weights, minutes_of, uptime_of
from app.services.rules import ServiceStatus


@dataclass(frozen=True, slots=True)
class DaysOf:
    """One service over a calendar: the strip of its days, and how long each status lasted in all of them together."""

    days: tuple[DayView, ...]
    """The worst of each day, oldest first."""
    lengths: Lengths

    def uptime(self, weights: Weights = DOWN_WEIGHTS) -> float | None:
        """Share, 0 to 1, of the known time that it was up; None without data (`app.services.history.uptime_of`)."""
        return uptime_of(self.lengths, weights)


@dataclass(frozen=True, slots=True)
class DayLengths:
    """One day, of one service or of several together: its worst status, and how long each lasted."""

    day: date
    status: ServiceStatus | None
    lengths: Lengths

    @property
    def minutes(self) -> dict[ServiceStatus | None, int]:
        """Whole minutes of each status (`app.services.history.minutes_of`)."""
        return minutes_of(self.lengths)
