"""The first steps of a new organization: each is done when a fact says so, and they go when all are."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.organizations.rules import Role


class Step(StrEnum):
    """What a new organization does first, in this order."""

    SERVICE = "service"
    PAGE = "page"
    LOOK = "look"
    COLLEAGUE = "colleague"
    INCIDENT = "incident"
    SUBSCRIBER = "subscriber"

    @property
    def role(self) -> Role:
        """Who may do it."""
        return Role.ADMIN if self in (Step.COLLEAGUE, Step.LOOK) else Role.EDITOR


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps with whether each is done."""

    done: Mapping[Step, bool]
    is_hidden: bool

    @property
    def count(self) -> int:
        """How many are done."""
        return sum(self.done.values())

    @property
    def is_shown(self) -> bool:
        """Until all are done, or somebody had enough of them."""
        return not self.is_hidden and not all(self.done.values())

    @property
    def next(self) -> Step | None:
        """The first that is still to do."""
        return next((step for step, is_done in self.done.items() if not is_done), None)

    @staticmethod
    def role_of(step: str) -> Role:
        """Who may do it."""
        return Step(step).role
