"""The log as admins read it: newest first, by filters, a page at a time however long it is."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, tuple_, union_all

from app.accounts.models import User
from app.database.actor import Actor, ActorRole
from app.database.audit import AuditEntry
from app.database.scope import Scope, organization_scope
from app.incidents.models import Incident
from app.maintenance.models import Maintenance
from app.organizations.membership import check_still_admin
from app.organizations.models import Membership
from app.services.models import Service, ServiceGroup

PAGE = 50
TABLE_PAGE = 1_000
"""Entries read at once for a table to take along."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries are wanted; None and "" ask for nothing."""

    user_id: UUID | None = None
    role: ActorRole | None = None
    """Of whoever did it: for what the clock, workers and subscribers did."""
    thing: str = ""
    """The kind of thing, as the first half of an action."""
    action: str = ""
    subject_id: UUID | None = None
    subject: str = ""
    """Part of what the thing was called."""
    since: datetime | None = None
    until: datetime | None = None
    """Not included."""


@dataclass(frozen=True, slots=True)
class EntryView:
    """One thing that somebody did."""

    id: UUID
    at: datetime
    action: str
    subject_id: UUID | None
    subject_name: str
    changes: Mapping[str, Any]
    actor_role: ActorRole
    actor_user_id: UUID | None
    actor_name: str
    address: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the log. `next_page` is the id after which it goes on; None at the end."""

    entries: tuple[EntryView, ...]
    next_page: UUID | None


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody by whom one may filter."""

    user_id: UUID
    name: str


def list_entries(actor: Actor, filters: Filters, *, after: UUID | None = None, limit: int = PAGE) -> Listed:
    """The newest entries, or those that come after one in the list (which are older)."""
    with organization_scope(actor, read_only=True) as scope:
        return _list(scope, filters, after, limit)


def every_entry(actor: Actor, filters: Filters) -> Iterator[EntryView]:
    """All of them, newest first, read a thousand at a time; each needs an application context.

    Raises:
        Denied: whoever reads them is no admin any more.
    """
    after = None
    while True:
        with organization_scope(actor, read_only=True) as scope:
            check_still_admin(scope, lock=False)
            listed = _list(scope, filters, after, TABLE_PAGE)
        yield from listed.entries
        after = listed.next_page
        if after is None:
            return


def list_people(actor: Actor) -> tuple[PersonView, ...]:
    """The members. Whoever has left is found by the entries that bear their name."""
    with organization_scope(actor, read_only=True) as scope:
        rows = scope.session.execute(
            select(User.id, User.name)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.organization_id == actor.organization_id)
            .order_by(User.name, User.id)
        )
        return tuple(PersonView(*row) for row in rows)


def read_names(actor: Actor, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """What the things behind these ids are called at present; what is gone has no name any more."""
    if not ids:
        return {}
    named = (
        (Service.id, Service.name),
        (ServiceGroup.id, ServiceGroup.name),
        (Incident.id, Incident.title),
        (Maintenance.id, Maintenance.title),
        (User.id, User.name),
    )
    either = union_all(*(select(key.label("id"), name.label("name")).where(key.in_(ids)) for key, name in named))
    with organization_scope(actor, read_only=True) as scope:
        return {row.id: row.name for row in scope.session.execute(either)}


def _list(scope: Scope, filters: Filters, after: UUID | None, limit: int) -> Listed:
    found = _read(scope, filters, after, limit + 1)
    shown = tuple(map(_view, found[:limit]))
    return Listed(shown, shown[-1].id if len(found) > limit else None)


def _read(scope: Scope, filters: Filters, after: UUID | None, limit: int) -> Sequence[AuditEntry]:
    query = select(AuditEntry).where(_wanted(scope, filters))
    if after is not None:
        place = (
            select(AuditEntry.at)
            .where(AuditEntry.organization_id == scope.organization_id, AuditEntry.id == after)
            .scalar_subquery()
        )
        query = query.where(tuple_(AuditEntry.at, AuditEntry.id) < tuple_(place, after))
    return scope.session.scalars(query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)).all()


def _wanted(scope: Scope, filters: Filters) -> ColumnElement[bool]:
    wanted = [AuditEntry.organization_id == scope.organization_id]
    if filters.user_id is not None:
        wanted.append(AuditEntry.actor_user_id == filters.user_id)
    if filters.role is not None:
        wanted.append(AuditEntry.actor_role == filters.role)
    if filters.thing:
        wanted.append(AuditEntry.action.startswith(f"{filters.thing}.", autoescape=True))
    if filters.action:
        wanted.append(AuditEntry.action == filters.action)
    if filters.subject_id is not None:
        wanted.append(AuditEntry.subject_id == filters.subject_id)
    if filters.subject:
        wanted.append(AuditEntry.subject_name.icontains(filters.subject, autoescape=True))
    if filters.since is not None:
        wanted.append(AuditEntry.at >= filters.since)
    if filters.until is not None:
        wanted.append(AuditEntry.at < filters.until)
    return and_(*wanted)


def _view(entry: AuditEntry) -> EntryView:
    return EntryView(
        id=entry.id,
        at=entry.at,
        action=entry.action,
        subject_id=entry.subject_id,
        subject_name=entry.subject_name,
        changes=entry.changes,
        actor_role=entry.actor_role,
        actor_user_id=entry.actor_user_id,
        actor_name=entry.actor_name,
        address=entry.address,
    )
