"""What can be done about members: give another role, remove, leave. An organization always keeps an admin."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update

from app import clock
from app.accounts.models import User
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope, system_scope
from app.errors import Invalid, NotFound
from app.organizations.membership import check_still_admin
from app.organizations.models import Membership
from app.organizations.rules import Role
from app.teams.invitations import revoke_all_of
from app.teams.rules import LAST_ADMIN, keeps_an_admin


class LastAdmin(Invalid):
    """It would leave the organization without an admin."""

    def __init__(self) -> None:
        super().__init__({"role": LAST_ADMIN})


@dataclass(frozen=True, slots=True)
class Colleague:
    """Whom an action was about, for the sentence that says so."""

    user_id: UUID
    name: str
    role: Role


def change_role(user_id: UUID, role: Role, *, by: Actor) -> Colleague:
    """Give a member another role. It counts from their next request on, and their open sockets end.

    The open invitations of an admin who is none any more are taken back, as they are when one goes.

    Raises:
        NotFound: nobody of this id belongs to the organization.
        Denied: whoever asks is no admin any more.
        LastAdmin: nobody would be an admin.
    """
    with organization_scope(by) as scope:
        found = _lock_members(scope, by.organization_id, user_id, by.user_id)
        before = _get(found, user_id)
        check_still_admin(scope)
        name = _get_name(scope, user_id)
        if before is not role:
            if not keeps_an_admin(found, user_id, role):
                raise LastAdmin
            scope.session.execute(update(Membership).where(*_whose(scope, user_id)).values(role=role))
            scope.record("member.role_changed", name=name, subject_id=user_id, changes={"role": (before, role)})
            scope.emit("member.role_changed", {"user_id": str(user_id)}, visible=False)
            if before is Role.ADMIN:
                revoke_all_of(scope, user_id)
    return Colleague(user_id, name, role)


def remove_member(user_id: UUID, *, by: Actor) -> Colleague:
    """Take somebody out of the organization. What they wrote stays, with their name.

    Raises:
        NotFound: nobody of this id belongs to the organization.
        Denied: whoever asks is no admin any more.
        LastAdmin: nobody would be an admin.
    """
    with organization_scope(by) as scope:
        found = _lock_members(scope, by.organization_id, user_id, by.user_id)
        _get(found, user_id)
        check_still_admin(scope)
        return _end(scope, found, user_id, "member.left" if user_id == by.user_id else "member.removed")


def leave(*, by: Actor) -> Colleague:
    """End one's own membership; no role is needed for it.

    Raises:
        NotFound: they do not belong to the organization (any more).
        LastAdmin: nobody would be an admin.
    """
    if by.user_id is None:
        raise NotFound
    with system_scope("whoever may change nothing may still leave", acting=by) as scope:
        found = _lock_members(scope, by.organization_id, by.user_id)
        _get(found, by.user_id)
        return _end(scope, found, by.user_id, "member.left")


def note_use(organization_id: UUID, user_id: UUID) -> None:
    """Remember that somebody uses this organization now: signing in leads to the one that was used last."""
    with system_scope("which organization somebody used last spans all of theirs") as scope:
        scope.session.execute(
            update(Membership)
            .where(Membership.organization_id == organization_id, Membership.user_id == user_id)
            .values(last_used_at=clock.now())
        )


def _lock_members(scope: Scope, organization_id: UUID, *user_ids: UUID | None) -> Mapping[UUID, Role]:
    """The admins and these members, with their roles; nobody else changes them until the transaction ends.

    Everybody who may take an admin away locks them in the order of their ids, `accounts` too, when somebody deletes
    their account: of two who do it at the same moment the second waits and then sees what the first did.
    """
    rows = scope.session.execute(
        select(Membership.user_id, Membership.role)
        .where(
            Membership.organization_id == organization_id,
            or_(Membership.role == Role.ADMIN, Membership.user_id.in_([one for one in user_ids if one is not None])),
        )
        .order_by(Membership.user_id)
        .with_for_update()
    )
    return {row.user_id: row.role for row in rows}


def _get(found: Mapping[UUID, Role], user_id: UUID) -> Role:
    if user_id not in found:
        raise NotFound
    return found[user_id]


def _end(scope: Scope, found: Mapping[UUID, Role], user_id: UUID, action: str) -> Colleague:
    if not keeps_an_admin(found, user_id, None):
        raise LastAdmin
    gone = Colleague(user_id, _get_name(scope, user_id), found[user_id])
    scope.session.execute(delete(Membership).where(*_whose(scope, user_id)))
    scope.record(action, name=gone.name, subject_id=user_id, changes={"role": (gone.role, None)})
    scope.emit(action, {"user_id": str(user_id)}, visible=False)
    revoke_all_of(scope, user_id)
    return gone


def _whose(scope: Scope, user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return Membership.organization_id == scope.organization_id, Membership.user_id == user_id


def _get_name(scope: Scope, user_id: UUID) -> str:
    return scope.session.scalars(select(User.name).where(User.id == user_id)).one()
