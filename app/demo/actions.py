"""Making the demo organization."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app import clock
from app.database.actor import Actor
from app.database.scope import organization_scope, system_scope
from app.demo.catalogue import NAME, SLUG, TIME_ZONE
from app.demo.history import Past
from app.demo.people import Colleague, ensure_memberships, ensure_people
from app.demo.stories import MARA
from app.extensions import settings
from app.onboarding.actions import NewOrganization, create_organization
from app.organizations.models import Membership, Organization
from app.services.models import Service


def create_demo() -> bool:
    """Make the demo organization with its people, its past and its subscribers. Nobody is told of any of it.

    A second call changes nothing, and goes on where a first one was cut off.

    Returns:
        Whether there was something to do.
    """
    now = clock.now()
    people = ensure_people(settings.oidc_issuer, now)
    organization_id = _ensure_organization(people[MARA])
    if organization_id is None:
        return False
    ensure_memberships(organization_id, people, now)
    return _write_past(organization_id, people, now)


def _ensure_organization(founder: Colleague) -> UUID | None:
    """The demo organization; None when its address belongs to somebody else."""
    with system_scope("the demo looks whether its address is taken") as scope:
        found = scope.session.execute(
            select(Organization.id, Membership.user_id)
            .outerjoin(
                Membership,
                (Membership.organization_id == Organization.id) & (Membership.user_id == founder.user_id),
            )
            .where(Organization.slug == SLUG)
        ).one_or_none()
    if found is not None:
        organization_id, member = found
        return organization_id if member is not None else None
    new = NewOrganization(NAME, SLUG, TIME_ZONE.key)
    return create_organization(new, user_id=founder.user_id, user_name=founder.name).id


def _write_past(organization_id: UUID, people: Mapping[str, Colleague], now: datetime) -> bool:
    with organization_scope(Actor.worker(organization_id)) as scope:
        # Two who make the demo at once: the second waits here and finds it made.
        scope.session.execute(select(func.pg_advisory_xact_lock(organization_id.int & 0x7FFF_FFFF_FFFF_FFFF)))
        services = scope.session.scalar(select(func.count()).where(Service.organization_id == organization_id))
        if services:
            return False
        Past(scope, people, now).write()
        event = scope.emit("demo.filled", {})
        event.dispatched_at = now
    return True
