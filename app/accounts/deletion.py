"""How somebody goes for good: who they were is deleted, what they wrote stays, signed by a former member."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import Column, Table, func, select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.records import record_everywhere
from app.database.base import Base
from app.database.scope import system_scope
from app.errors import Invalid, NotFound
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role

FORMER_MEMBER = "Former member"

KEEPS_NAMES = frozenset({"audit_entries"})
"""The log cannot be changed: their name stays there until its retention is over, and they are told so."""


def delete_account(user_id: UUID, confirmation: str, *, address: str = "") -> None:
    """Delete a person: name, address, picture, sessions, memberships. It cannot be called back.

    Args:
        user_id: whose account it is.
        confirmation: their e-mail address, typed by themselves.
        address: where their request came from.

    Raises:
        Invalid: something else was typed, or an organization would be left without an admin.
        NotFound: there is no such person any more.
    """
    with system_scope("a person goes from all organizations at once") as scope:
        session = scope.session
        user = session.get(User, user_id, with_for_update=True)
        if user is None:
            raise NotFound
        if confirmation.strip().lower() != user.email:
            raise Invalid({"confirmation": f"Type {user.email}, as it is written above."})
        if needed := _needed_by(session, user_id):
            raise Invalid({"confirmation": _why_not(needed)})
        record_everywhere(scope, user_id, "account.deleted", address=address)
        for table, author, signature in signatures():
            session.execute(update(table).where(author == user_id).values({signature: FORMER_MEMBER}))
        session.delete(user)


def last_admin_of(user_id: UUID) -> tuple[str, ...]:
    """The organizations that would be left without an admin, by name."""
    with system_scope("a person belongs to several organizations") as scope:
        return tuple(_without(scope.session, user_id, lock=False))


def signatures() -> Iterator[tuple[Table, Column[UUID], Column[str]]]:
    """Every place where somebody signed: the table, the column with their id, the column with their name."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            whose = column.name.removesuffix("_user_id")
            if whose != column.name and f"{whose}_name" in table.columns and table.name not in KEEPS_NAMES:
                yield table, column, table.columns[f"{whose}_name"]


def _needed_by(session: Session, user_id: UUID) -> Sequence[str]:
    """The same as `last_admin_of`; nobody else stops being an admin there before the transaction ends."""
    return _without(session, user_id, lock=True)


def _without(session: Session, user_id: UUID, *, lock: bool) -> Sequence[str]:
    theirs = (
        select(Membership.organization_id)
        .join(Organization, Organization.id == Membership.organization_id)
        .where(Membership.user_id == user_id, Membership.role == Role.ADMIN, Organization.closing_at.is_(None))
    )
    admins = (
        select(Membership.organization_id, Membership.user_id)
        .where(Membership.organization_id.in_(theirs), Membership.role == Role.ADMIN)
        .order_by(Membership.organization_id, Membership.user_id)
    )
    found = session.execute(admins.with_for_update() if lock else admins).all()
    shared = {organization_id for organization_id, admin_id in found if admin_id != user_id}
    alone = {organization_id for organization_id, _ in found} - shared
    names = select(Organization.name).where(Organization.id.in_(alone)).order_by(func.lower(Organization.name))
    return session.scalars(names).all()


def _why_not(organizations: Sequence[str]) -> str:
    names = " and ".join(
        [", ".join(organizations[:-1]), organizations[-1]] if len(organizations) > 1 else organizations
    )
    return f"You are the last admin of {names}. Make somebody else an admin there, or delete the organization, first."
