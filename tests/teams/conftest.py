"""What tests of teams look at: roles, events and the audit log, as they are in the database."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from app.database.audit import AuditEntry
from app.database.outbox import Event
from app.database.scope import system_scope
from app.organizations.models import Membership
from tests.builders import Team

Roles = Callable[[Team], dict[UUID, str]]
Entries = Callable[[Team], list[AuditEntry]]
Kinds = Callable[[Team], list[str]]


@pytest.fixture
def roles() -> Roles:
    """The members' roles, by person."""

    def read(team: Team) -> dict[UUID, str]:
        with system_scope("a test reads memberships") as scope:
            rows = scope.session.scalars(select(Membership).where(Membership.organization_id == team.id))
            return {row.user_id: row.role.value for row in rows}

    return read


@pytest.fixture
def entries() -> Entries:
    """What the audit log says of the team and its invitations, oldest first."""

    def read(team: Team) -> list[AuditEntry]:
        with system_scope("a test reads the audit log") as scope:
            of_teams = AuditEntry.action.like("member.%") | AuditEntry.action.like("invitation.%")
            mine = select(AuditEntry).where(AuditEntry.organization_id == team.id, of_teams)
            return list(scope.session.scalars(mine.order_by(AuditEntry.at, AuditEntry.id)))

    return read


@pytest.fixture
def kinds() -> Kinds:
    """What the outbox says of the team and its invitations, oldest first."""

    def read(team: Team) -> list[str]:
        with system_scope("a test reads the outbox") as scope:
            of_teams = Event.kind.like("member.%") | Event.kind.like("invitation.%")
            mine = select(Event.kind).where(Event.organization_id == team.id, of_teams)
            return list(scope.session.scalars(mine.order_by(Event.created_at, Event.id)))

    return read
