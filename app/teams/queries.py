"""Who belongs to an organization, who has been asked to, and what a link in a mail is worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select

from app import clock
from app.accounts.models import User
from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.scope import organization_scope, system_scope
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role
from app.teams.models import Invitation
from app.teams.rules import InvitationState, Standpoint, standpoint
from app.teams.tokens import invitation_token
from app.text.addresses import normalize_address


@dataclass(frozen=True, slots=True)
class MemberView:
    """Somebody who belongs to the organization."""

    user_id: UUID
    name: str
    email: str
    role: Role
    since: datetime
    avatar_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PendingView:
    """An invitation that waits for an answer, as admins see it."""

    id: UUID
    email: str
    role: Role
    sent_at: datetime
    expires_at: datetime
    invited_by_name: str
    has_expired: bool
    is_being_accepted: bool


@dataclass(frozen=True, slots=True)
class Team:
    """The members, by name, and the invitations, newest first."""

    members: tuple[MemberView, ...]
    pending: tuple[PendingView, ...]

    @property
    def roles(self) -> Mapping[UUID, Role]:
        return {one.user_id: one.role for one in self.members}

    def find_member(self, user_id: UUID) -> MemberView | None:
        return next((one for one in self.members if one.user_id == user_id), None)

    def find_pending(self, invitation_id: UUID) -> PendingView | None:
        return next((one for one in self.pending if one.id == invitation_id), None)


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation as the holder of its link may know it."""

    organization_id: UUID
    organization_name: str
    organization_slug: str
    id: UUID
    email: str
    role: Role
    state: InvitationState
    invited_by_name: str
    sent_at: datetime
    expires_at: datetime
    requested_at: datetime | None
    requested_by_user_id: UUID | None

    @property
    def token(self) -> str:
        """Of the newest mail."""
        return invitation_token(self.id, self.sent_at)

    def standpoint_of(self, user_id: UUID | None, email: str, *, is_member: bool) -> Standpoint:
        """What it is to somebody with this id and this verified address, now."""
        return standpoint(
            self.state,
            expires_at=self.expires_at,
            requested_by=self.requested_by_user_id,
            invited_email=self.email,
            user_id=user_id,
            email=email,
            is_member=is_member,
            now=clock.now(),
        )


def read_team(actor: Actor) -> Team:
    """Members and open invitations; for admins, nobody else is given the invitations."""
    now = clock.now()
    with organization_scope(actor, read_only=True) as scope:
        members = scope.session.execute(
            select(User.id, User.name, User.email, Membership.role, Membership.created_at, User.avatar_id)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.organization_id == actor.organization_id)
            .order_by(User.name, User.id)
        )
        pending = scope.session.scalars(
            select(Invitation)
            .where(Invitation.organization_id == actor.organization_id, Invitation.state == InvitationState.OPEN)
            .order_by(Invitation.sent_at.desc(), Invitation.id)
        )
        return Team(tuple(MemberView(*row) for row in members), tuple(_pending(row, now) for row in pending))


def find_invitation(token: str) -> InvitationView | None:
    """What the link with this token is for; None when it opens nothing: unknown, replaced, or its organization gone."""
    with system_scope("the holder of an invitation's link is nobody's member yet") as scope:
        row = scope.session.execute(_invitations().where(Invitation.token_hash == token_hash(token))).one_or_none()
    return None if row is None else _view(*row)


def invitations_for(email: str) -> tuple[InvitationView, ...]:
    """What an address that its owner has proved is invited to at present, newest first."""
    with system_scope("somebody without an organization may have been invited to some") as scope:
        rows = scope.session.execute(
            _invitations()
            .where(
                Invitation.email == normalize_address(email),
                Invitation.state == InvitationState.OPEN,
                Invitation.expires_at > clock.now(),
            )
            .order_by(Invitation.sent_at.desc())
        )
        return tuple(_view(*row) for row in rows)


def _invitations() -> Select[Invitation, str, str]:
    """Each with its organization's name and address. One that is being deleted has no invitations any more."""
    return (
        select(Invitation, Organization.name, Organization.slug)
        .join(Organization, Organization.id == Invitation.organization_id)
        .where(Organization.closing_at.is_(None))
    )


def _view(invitation: Invitation, organization_name: str, organization_slug: str) -> InvitationView:
    return InvitationView(
        organization_id=invitation.organization_id,
        organization_name=organization_name,
        organization_slug=organization_slug,
        id=invitation.id,
        email=invitation.email,
        role=invitation.role,
        state=invitation.state,
        invited_by_name=invitation.invited_by_name,
        sent_at=invitation.sent_at,
        expires_at=invitation.expires_at,
        requested_at=invitation.requested_at,
        requested_by_user_id=invitation.requested_by_user_id,
    )


def _pending(row: Invitation, now: datetime) -> PendingView:
    return PendingView(
        id=row.id,
        email=row.email,
        role=row.role,
        sent_at=row.sent_at,
        expires_at=row.expires_at,
        invited_by_name=row.invited_by_name,
        has_expired=row.expires_at <= now,
        is_being_accepted=row.requested_by_user_id is not None,
    )
