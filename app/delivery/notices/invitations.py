"""An invitation to an organization, told to the one address that it is for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app import clock
from app.database.outbox import Event
from app.database.scope import Scope
from app.delivery.audiences import Addresses
from app.delivery.links import Links
from app.delivery.mails import Compose, own_mails
from app.delivery.models import Delivery, Notification
from app.delivery.notices.family import Draft, Family, always, no_page, teller
from app.delivery.notices.kept import Notice, Recipient
from app.extensions import settings
from app.organizations.rules import Role
from app.pages.address import PageAddress
from app.teams.models import Invitation
from app.teams.rules import InvitationState
from app.teams.tokens import invitation_token

_ROLES = {
    Role.ADMIN: "admin: with all rights",
    Role.EDITOR: "editor: to write about incidents and maintenance",
    Role.VIEWER: "viewer: to see everything and change nothing",
}


@dataclass(frozen=True, slots=True)
class InvitationNotice(Notice):
    """Somebody is asked to join."""

    invitation_id: UUID
    sent_at: datetime
    """Which of its mails this is; sent again, an earlier one is void."""
    expires_at: datetime
    role: Role
    invited_by: str


def invitation_mails(notice: InvitationNotice) -> Compose:
    """How to ask the owner of an address to join."""
    inviter = notice.invited_by or "An admin"
    shared = {"role": _ROLES[notice.role], "expires_at": notice.expires_at.astimezone(notice.zone)}
    return own_mails("invitation", notice, f"{inviter} invites you to the team", shared)


def _draft(scope: Scope, event: Event, page: PageAddress | None) -> Draft | None:
    invitation = scope.find(Invitation, UUID(event.payload["invitation_id"]))
    if invitation is None or not _is_open(invitation):
        return None
    notice = InvitationNotice(
        **teller(scope, page),
        invitation_id=invitation.id,
        sent_at=invitation.sent_at,
        expires_at=invitation.expires_at,
        role=invitation.role,
        invited_by=invitation.invited_by_name,
    )
    return Draft(notice)


def _find_address(scope: Scope, notification: Notification) -> Collection[str]:
    """The address, as long as the invitation stands as it did when this mail was asked for."""
    notice = InvitationNotice.from_json(notification.notice)
    invitation = scope.find(Invitation, notice.invitation_id)
    if invitation is None or not _is_open(invitation) or invitation.sent_at != notice.sent_at:
        return ()
    return (invitation.email,)


def _is_open(invitation: Invitation) -> bool:
    return (
        invitation.state is InvitationState.OPEN
        and invitation.requested_at is None
        and invitation.expires_at > clock.now()
    )


def _links(notification: Notification) -> Links:
    notice = InvitationNotice.from_json(notification.notice)
    token = invitation_token(notice.invitation_id, notice.sent_at)

    def links(delivery: Delivery) -> Recipient:
        return Recipient(address=delivery.address, action_url=f"{settings.base_url}/invitations/{token}")

    return links


INVITATIONS = Family(
    kinds=("invitation.sent",),
    audience=Addresses(_find_address),
    pages=no_page,
    draft=_draft,
    why_not=always,
    compose=lambda notification: invitation_mails(InvitationNotice.from_json(notification.notice)),
    recipient=_links,
)
