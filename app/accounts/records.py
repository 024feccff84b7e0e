"""What people do as themselves stands in the audit log of every organization that they belong to."""

from uuid import UUID

from sqlalchemy import select

from app.accounts.models import User
from app.database.actor import Actor, ActorRole
from app.database.audit import Changes
from app.database.scope import Scope
from app.organizations.models import Membership, Organization


def record_everywhere(
    scope: Scope,
    user_id: UUID,
    action: str,
    *,
    address: str = "",
    changes: Changes | None = None,
    by_clock: bool = False,
) -> None:
    """Write down what a person did, or what the clock did to them, in each of their organizations.

    Args:
        scope: a system scope.
        user_id: whom it is about.
        action: `thing.verb`.
        address: where their request came from.
        changes: what is other than before.
        by_clock: nobody did it, its time had come.
    """
    belongings = scope.session.execute(
        select(Membership.organization_id, Membership.role, User.name)
        .join(User, User.id == Membership.user_id)
        .join(Organization, Organization.id == Membership.organization_id)
        # One that is being deleted may be gone before this is committed, and would take it along anyway.
        .where(Membership.user_id == user_id, Organization.closing_at.is_(None))
        .order_by(Membership.organization_id)
    )
    for organization_id, role, name in belongings.all():
        themselves = Actor(organization_id, ActorRole(role.value), user_id, name, address)
        by = Actor.clock(organization_id) if by_clock else themselves
        scope.record(action, name=name, subject_id=user_id, changes=changes, by=by)
