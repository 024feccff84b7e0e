"""How an organization begins."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app import clock
from app.addresses.queries import TAKEN, check_free_slug
from app.database.actor import Actor, ActorRole
from app.database.ids import new_id
from app.database.outbox import Revision
from app.database.scope import system_scope
from app.errors import Invalid
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role, check_name, is_time_zone
from app.pages.models import Page


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """What the first form asks for."""

    name: str
    slug: str
    time_zone: str


def check_new_organization(new: NewOrganization) -> dict[str, str]:
    """What is wrong with it, by field; empty when nothing is."""
    faults = {}
    if fault := check_name(new.name):
        faults["name"] = fault
    if fault := check_free_slug(new.slug):
        faults["slug"] = fault
    if not is_time_zone(new.time_zone):
        faults["time_zone"] = "Choose a time zone from the list."
    return faults


def create_organization(new: NewOrganization, *, user_id: UUID, user_name: str) -> Organization:
    """Make the organization, its first public page at the same address, and the founder its admin.

    Raises:
        Invalid: a field is refused, or someone else took the address in this very moment.
    """
    if faults := check_new_organization(new):
        raise Invalid(faults)
    now = clock.now()
    founder = Actor(new_id(), ActorRole.ADMIN, user_id, user_name)
    organization = Organization(
        id=founder.organization_id, name=new.name, slug=new.slug, time_zone=new.time_zone, created_at=now
    )
    try:
        with system_scope("an organization is made before anybody belongs to it", acting=founder) as scope:
            scope.session.add(organization)
            scope.session.flush()
            scope.session.add_all(
                [
                    Revision(organization_id=organization.id),
                    Membership(organization_id=organization.id, user_id=user_id, role=Role.ADMIN, created_at=now),
                    Page(
                        organization_id=organization.id,
                        slug=new.slug,
                        name=new.name,
                        time_zone=new.time_zone,
                        created_at=now,
                    ),
                ]
            )
            scope.record("organization.created", organization, name=organization.name)
            scope.emit("organization.created", {})
    except IntegrityError as error:
        raise Invalid({"slug": TAKEN}) from error
    return organization
