"""What can be done with all subscribers that were found; pure values."""

from collections.abc import Mapping
from enum import StrEnum

from app.subscribers.rules import SubscriberState


class Act(StrEnum):
    """What is done with each of them, and whom it can be done with."""

    ASK = "ask"
    """Send those who have not said yes another mail that asks."""
    TRY = "try"
    """Write again to those whose mail came back."""
    REMOVE = "remove"
    """Erase them with all that is known of them."""

    @property
    def states(self) -> tuple[SubscriberState, ...]:
        """In one of which somebody must be."""
        return _STATES[self]


_STATES: Mapping[Act, tuple[SubscriberState, ...]] = {
    Act.ASK: (SubscriberState.PENDING,),
    Act.TRY: (SubscriberState.QUARANTINED,),
    Act.REMOVE: tuple(SubscriberState),
}


def concerned(act: Act, counts: Mapping[SubscriberState, int]) -> int:
    """How many of those found, by their states, something can be done with."""
    return sum(counts.get(state, 0) for state in act.states)
