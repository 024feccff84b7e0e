"""Whether whoever acts still is what they were when their request began."""

from collections.abc import Collection

from sqlalchemy import select

from app.database.scope import Scope
from app.errors import Denied
from app.organizations.models import Membership
from app.organizations.rules import Role

DENIED = "Your role was changed just now. Ask an admin of your organization."


def check_still_admin(scope: Scope, *, lock: bool = True) -> None:
    """Ask the database, in the transaction of the change: another one may have taken the role away meanwhile.

    Args:
        scope: an organization's.
        lock: have whoever takes it away at this moment wait until the transaction ends. Members are locked before
            anything else, here and in `app.teams.actions`. A scope that only reads cannot lock.

    Raises:
        Denied: the actor is no admin of the organization any more.
    """
    _check_still(scope, (Role.ADMIN,), lock=lock)


def check_still_editor(scope: Scope) -> None:
    """The same for what editors may do, and admins with them: for what the rows themselves would not refuse.

    Without a lock: an editor's scope cannot lock members.

    Raises:
        Denied: the actor is neither of them any more.
    """
    _check_still(scope, (Role.ADMIN, Role.EDITOR), lock=False)


def _check_still(scope: Scope, roles: Collection[Role], *, lock: bool) -> None:
    membership = select(Membership.role).where(
        Membership.organization_id == scope.organization_id, Membership.user_id == scope.actor.user_id
    )
    role = scope.session.scalar(membership.with_for_update(read=True) if lock else membership)
    if role not in roles:
        raise Denied(DENIED)
