"""Who acts: what a transaction tells the database about the one it works for."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorRole(StrEnum):
    """Roles that the row-level policies know. Members have the first three; the others are parts of the product."""

    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"
    VISITOR = "visitor"
    """Anyone who reads the public page."""
    SUBSCRIBER = "subscriber"
    """Someone who subscribes, or holds the link from one of our mails."""
    WORKER = "worker"
    """Background work for one organization: deliveries, clock."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One organization, seen by someone. `name` is what histories show for them."""

    organization_id: UUID
    role: ActorRole
    user_id: UUID | None = None
    name: str = ""
    address: str = ""
    """Where their request came from, for the audit log; empty for background work."""

    @classmethod
    def visitor(cls, organization_id: UUID) -> "Actor":
        return cls(organization_id, ActorRole.VISITOR, name="Visitor")

    @classmethod
    def subscriber(cls, organization_id: UUID) -> "Actor":
        return cls(organization_id, ActorRole.SUBSCRIBER, name="Subscriber")

    @classmethod
    def worker(cls, organization_id: UUID) -> "Actor":
        return cls(organization_id, ActorRole.WORKER, name="Upfront")

    @classmethod
    def clock(cls, organization_id: UUID) -> "Actor":
        """What happens because it is time to."""
        return cls(organization_id, ActorRole.WORKER, name="Clock")
