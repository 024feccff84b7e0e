"""What can be done about invitations: send, send again, take back, accept (decision 0011).

Accepting has two halves. The person's request is one short transaction that notes who asked; the membership is made by
a worker, or by the clock where no worker was told. Both lock the invitation, so each happens once.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from app import clock
from app.accounts.models import User
from app.accounts.tokens import token_hash
from app.database.actor import Actor, ActorRole
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope, system_scope
from app.errors import Invalid, InvalidTransition, NotFound
from app.organizations.membership import check_still_admin
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role
from app.teams.models import Invitation
from app.teams.queries import InvitationView, find_invitation
from app.teams.rules import (
    LIFETIME,
    MOST_PENDING,
    InvitationState,
    Standpoint,
    mask_address,
    may_send_again,
    standpoint,
)
from app.teams.tokens import invitation_token
from app.text.addresses import check_address

TOO_SOON = "This invitation went out less than a minute ago. Wait a little before you send it again."
ACCEPTING = "They have accepted just now: they are a member in a moment."


def invite(email: str, role: Role, *, by: Actor) -> Invitation:
    """Ask the owner of an address to join; the mail follows from the event. One that has expired is sent anew.

    Args:
        email: went through `text.addresses.normalize_address`.

    Raises:
        Invalid: it is no address, a member's, invited already, or too many invitations wait for an answer.
        Denied: whoever asks is no admin any more.
    """
    if fault := check_address(email):
        raise Invalid({"email": fault})
    with organization_scope(by) as scope:
        check_still_admin(scope)
        _lock_invitations(scope)
        now = clock.now()
        _check_no_member(scope, email)
        invitation = scope.session.scalar(
            select(Invitation)
            .where(
                Invitation.organization_id == scope.organization_id,
                Invitation.email == email,
                Invitation.state == InvitationState.OPEN,
            )
            .with_for_update()
        )
        if invitation is not None and (invitation.expires_at > now or _is_requested(invitation)):
            raise Invalid({"email": "This address is invited already. You can send it again or take it back below."})
        _check_room(scope, now)
        if invitation is None:
            invitation = Invitation(organization_id=scope.organization_id, id=new_id(), email=email, created_at=now)
        invitation.role = role
        _send(scope, invitation, now)
    return invitation


def resend(invitation_id: UUID, *, by: Actor) -> Invitation:
    """Send an invitation once more, for another week. The link in the earlier mail stops working.

    Raises:
        NotFound: no such invitation is open here.
        InvalidTransition: it was sent a moment ago, or has just been accepted.
        Invalid: it has expired, and too many others wait for an answer.
        Denied: whoever asks is no admin any more.
    """
    with organization_scope(by) as scope:
        check_still_admin(scope)
        _lock_invitations(scope)
        invitation, now = _lock_open(scope, invitation_id), clock.now()
        if _is_requested(invitation):
            raise InvalidTransition(ACCEPTING)
        if not may_send_again(invitation.sent_at, now):
            raise InvalidTransition(TOO_SOON)
        if invitation.expires_at <= now:
            _check_room(scope, now)
        _send(scope, invitation, now)
    return invitation


def revoke(invitation_id: UUID, *, by: Actor) -> Invitation:
    """Take an invitation back: its link opens nothing any more, also where the acceptance is under way.

    Raises:
        NotFound: no such invitation is open here.
        Denied: whoever asks is no admin any more.
    """
    with organization_scope(by) as scope:
        check_still_admin(scope)
        invitation = _lock_open(scope, invitation_id)
        _revoke(scope, invitation)
    return invitation


def revoke_all_of(scope: Scope, user_id: UUID) -> None:
    """Take back what somebody has sent who is no admin any more: nobody who may vouch for it does.

    Args:
        scope: the transaction in which they stop being one.
        user_id: who had the newest mails sent.
    """
    theirs = select(Invitation).where(
        Invitation.organization_id == scope.organization_id,
        Invitation.invited_by_user_id == user_id,
        Invitation.state == InvitationState.OPEN,
    )
    for invitation in scope.session.scalars(theirs.order_by(Invitation.id).with_for_update()):
        _revoke(scope, invitation)


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who wants to accept: somebody signed in, whose address their provider has verified."""

    user_id: UUID
    email: str
    name: str
    address: str
    """Where their request comes from."""


def request_acceptance(token: str, claimant: Claimant) -> Standpoint:
    """Note that the holder of a link wants to join; a worker does the rest. Asked for often, it is noted once.

    Returns:
        Where they stand with it now: REQUESTED when it is noted; anything else has changed nothing.

    Raises:
        NotFound: this token opens nothing.
    """
    seen = find_invitation(token)
    if seen is None:
        raise NotFound
    asking = Actor(seen.organization_id, ActorRole.VISITOR, claimant.user_id, claimant.name, claimant.address)
    with system_scope("who accepts an invitation does not belong to the organization yet", acting=asking) as scope:
        invitation = _lock_any(scope, seen)
        if invitation.token_hash != token_hash(token):  # sent again in this very moment
            raise NotFound
        now = clock.now()
        stands = standpoint(
            invitation.state,
            expires_at=invitation.expires_at,
            requested_by=invitation.requested_by_user_id,
            invited_email=invitation.email,
            user_id=claimant.user_id,
            email=claimant.email,
            is_member=_is_member(scope, seen.organization_id, claimant.user_id),
            now=now,
        )
        if stands is not Standpoint.WELCOME:
            return stands
        invitation.requested_at, invitation.requested_by_user_id = now, claimant.user_id
        invitation.requested_from = claimant.address
        scope.emit("invitation.accept_requested", {"invitation_id": str(invitation.id)}, visible=False)
    return Standpoint.REQUESTED


def accept(organization_id: UUID, invitation_id: UUID) -> bool:
    """Make the person who asked for it a member, and close the invitation: one transaction, so both or neither.

    Whoever is a member already keeps their role: an invitation never takes rights away. One whose sender is no admin
    any more, because they deleted their account, say, is taken back instead.

    Returns:
        Whether this call did it. Another one may have done it before, or the invitation was taken back.
    """
    acting = Actor.worker(organization_id)
    with system_scope("who accepts an invitation does not belong to the organization yet", acting=acting) as scope:
        invitation = scope.find(Invitation, invitation_id, lock=True)
        if invitation is None or invitation.state is not InvitationState.OPEN or not _is_requested(invitation):
            return False
        if scope.session.get_one(Organization, organization_id).closing_at is not None:
            return False
        if not _is_vouched_for(scope, invitation):
            _revoke(scope, invitation)
            return False
        person = scope.session.get_one(User, invitation.requested_by_user_id)
        now = clock.now()
        invitation.state, invitation.closed_at = InvitationState.ACCEPTED, now
        scope.session.execute(
            insert_or_skip(Membership)
            .values(organization_id=organization_id, user_id=person.id, role=invitation.role, created_at=now)
            .on_conflict_do_nothing()
        )
        member = Actor(
            organization_id, ActorRole(invitation.role.value), person.id, person.name, invitation.requested_from
        )
        scope.record("invitation.accepted", invitation, name=mask_address(invitation.email), by=member)
        told = {"invitation_id": str(invitation.id), "user_id": str(person.id)}
        scope.emit("invitation.accepted", told, visible=False)
    return True


def _revoke(scope: Scope, invitation: Invitation) -> None:
    invitation.state, invitation.closed_at = InvitationState.REVOKED, clock.now()
    scope.record("invitation.revoked", invitation, name=mask_address(invitation.email))
    scope.emit("invitation.revoked", {"invitation_id": str(invitation.id)}, visible=False)


def _is_vouched_for(scope: Scope, invitation: Invitation) -> bool:
    """Whether its sender still is an admin. Read only: who takes that away waits for this invitation's lock."""
    key = (invitation.organization_id, invitation.invited_by_user_id)
    sender = scope.session.get(Membership, key) if invitation.invited_by_user_id is not None else None
    return sender is not None and sender.role is Role.ADMIN


def _is_requested(invitation: Invitation) -> bool:
    """Whether somebody has accepted it and is still there."""
    return invitation.requested_by_user_id is not None


def _lock_invitations(scope: Scope) -> None:
    """Whoever invites at the same moment waits: two must not count the same room, or invite one address twice."""
    scope.take_turns("invitations")


def _lock_open(scope: Scope, invitation_id: UUID) -> Invitation:
    invitation = scope.lock(Invitation, invitation_id)
    if invitation.state is not InvitationState.OPEN:
        raise NotFound
    return invitation


def _lock_any(scope: Scope, seen: InvitationView) -> Invitation:
    invitation = scope.find(Invitation, seen.id, lock=True)
    if invitation is None:
        raise NotFound
    return invitation


def _check_no_member(scope: Scope, email: str) -> None:
    known = scope.session.scalar(
        select(User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == scope.organization_id, func.lower(User.email) == email)
        .limit(1)
    )
    if known is not None:
        raise Invalid({"email": f"{known} is a member already. Change their role in the list instead."})


def _check_room(scope: Scope, now: datetime) -> None:
    pending = scope.session.scalar(
        select(func.count()).where(
            Invitation.organization_id == scope.organization_id,
            Invitation.state == InvitationState.OPEN,
            Invitation.expires_at > now,
        )
    )
    if (pending or 0) >= MOST_PENDING:
        raise Invalid({"email": f"{MOST_PENDING} invitations wait for an answer. Take some of them back first."})


def _send(scope: Scope, invitation: Invitation, now: datetime) -> None:
    """Give it a new link and a new week, in the name of whoever asks, and have the mail written."""
    invitation.sent_at, invitation.expires_at = now, now + LIFETIME
    invitation.token_hash = token_hash(invitation_token(invitation.id, now))
    invitation.invited_by_user_id, invitation.invited_by_name = scope.actor.user_id, scope.actor.name
    # Whoever accepted an earlier one has deleted their account since.
    invitation.requested_at, invitation.requested_from = None, ""
    scope.session.add(invitation)
    scope.record("invitation.sent", invitation, name=mask_address(invitation.email))
    scope.emit("invitation.sent", {"invitation_id": str(invitation.id)}, visible=False)


def _is_member(scope: Scope, organization_id: UUID, user_id: UUID) -> bool:
    return scope.session.get(Membership, (organization_id, user_id)) is not None
