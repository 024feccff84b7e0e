"""How much each fault counts in a page's percentages, as its admins have set it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.pages.models import Page
from app.services.history import DOWN_WEIGHTS, Weights
from app.services.rules import ServiceStatus

FAULTS = (ServiceStatus.DEGRADED_PERFORMANCE, ServiceStatus.PARTIAL_OUTAGE, ServiceStatus.MAJOR_OUTAGE)
"""What can be weighed, the mildest first. Operational always counts 0, and maintenance is taken out of the account."""


def read_weights(stored: Mapping[str, float] | None) -> Weights:
    """The weights as a page's row has them; ours for whatever it does not name."""
    if not stored:
        return DOWN_WEIGHTS
    return {**DOWN_WEIGHTS, **{status: float(stored[status]) for status in FAULTS if status in stored}}


def read_weight(typed: str) -> float | None:
    """A number as people write it, with a point or a comma; None of what is none."""
    try:
        weight = float(typed.strip().replace(",", "."))
    except ValueError:
        return None
    return round(weight, 3) if 0 <= weight <= 1 else None


@dataclass(frozen=True, slots=True)
class Weighing:
    """The part of a page's settings that its percentages go by. What is None was no number from 0 to 1."""

    weights: Mapping[ServiceStatus, float | None]

    def faults(self) -> Mapping[str, str]:
        faults = {}
        milder = 0.0
        for status in FAULTS:
            weight = self.weights[status]
            if weight is None:
                faults[status.value] = "Write a number from 0 (does not count as down) to 1 (counts in full)."
            elif weight < milder:
                faults[status.value] = "A worse fault cannot count less than a milder one."
            else:
                milder = weight
        return faults

    def settle(self, page: Page, without: Collection[str] = ()) -> None:
        if without:
            return
        weights = {status.value: weight for status, weight in self.weights.items() if weight is not None}
        page.weights = None if weights == {status.value: DOWN_WEIGHTS[status] for status in FAULTS} else weights
