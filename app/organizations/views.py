"""The tenant as others need it: its name, its address, its days."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from app.database.actor import Actor, ActorRole


@dataclass(frozen=True, slots=True)
class OrganizationView:
    """One organization, for whatever is made for all of its members alike."""

    id: UUID
    name: str
    slug: str
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def reader(self) -> Actor:
        """Reads what every member may read, and can change nothing."""
        return Actor(self.id, ActorRole.VIEWER)
