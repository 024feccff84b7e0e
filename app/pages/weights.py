"""How much each fault counts in a page's percentages, as its admins have set it; pure functions over plain values."""

from collections.abc import Mapping

from app.services.history import DOWN_WEIGHTS, Weights
from app.services.rules import ServiceStatus

FAULTS = (ServiceStatus.DEGRADED_PERFORMANCE, ServiceStatus.PARTIAL_OUTAGE, ServiceStatus.MAJOR_OUTAGE)
"""What can be weighed. Operational always counts 0, and maintenance is taken out of the account."""


def read_weights(stored: Mapping[str, float] | None) -> Weights:
    """The weights as a page's row has them; ours for whatever it does not name."""
    if not stored:
        return DOWN_WEIGHTS
    return {**DOWN_WEIGHTS, **{status: float(stored[status]) for status in FAULTS if status in stored}}


def check_weights(weights: Mapping[ServiceStatus, float]) -> dict[ServiceStatus, str]:
    """What is wrong with each weight."""
    faults = {}
    previous = 0.0
    for status in FAULTS:
        weight = weights[status]
        if not 0 <= weight <= 1:
            faults[status] = "Write a number from 0, which does not count as down, to 1, which counts in full."
        elif weight < previous:
            faults[status] = "A worse fault cannot count less than a milder one."
        previous = max(previous, weight)
    return faults
