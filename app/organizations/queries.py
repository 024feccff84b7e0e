"""The tenant as others need it: its name, its address, its days."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.database.actor import Actor, ActorRole
from app.database.scope import organization_scope
from app.errors import NotFound
from app.organizations.models import Organization


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


def get_organization(organization_id: UUID) -> OrganizationView:
    """The organization with this id.

    Raises:
        NotFound: there is none.
    """
    with organization_scope(Actor(organization_id, ActorRole.VIEWER), read_only=True) as scope:
        row = scope.session.execute(
            select(Organization.name, Organization.slug, Organization.time_zone).where(
                Organization.id == organization_id
            )
        ).one_or_none()
    if row is None:
        raise NotFound
    return OrganizationView(organization_id, *row)
