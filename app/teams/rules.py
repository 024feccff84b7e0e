"""Who may stop being what, how long an invitation holds, and what of its address is shown. Pure functions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.organizations.rules import Role
from app.text.addresses import normalize_address

LIFETIME = timedelta(days=7)
MOST_PENDING = 50
RESEND_PAUSE = timedelta(minutes=1)
"""Between two mails of one invitation: a double click sends one."""
SLOW_AFTER = timedelta(seconds=10)
KEPT_FOR = timedelta(days=30)
"""After its end an invitation can still say what became of it; then its address is forgotten."""

USE_GRANULARITY = timedelta(minutes=5)
"""How exact "last used" of an organization is: a write for each page would cost more than it is worth."""

LAST_ADMIN = "Make somebody else an admin first: an organization without one could not be managed any more."


def is_news(used_at: datetime | None, used_elsewhere_at: datetime | None, now: datetime) -> bool:
    """Whether using an organization is to be noted: after a while, and when another one was used since."""
    if used_at is None or now - used_at >= USE_GRANULARITY:
        return True
    return used_elsewhere_at is not None and used_elsewhere_at > used_at


class InvitationState(StrEnum):
    """Kept states. Whether an open one has expired depends on the time: `has_expired`."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"


def keeps_an_admin(roles: Mapping[UUID, Role], user_id: UUID, becomes: Role | None) -> bool:
    """Whether somebody is an admin still once this one of the members has another role, or (None) is gone."""
    others = any(role is Role.ADMIN for one, role in roles.items() if one != user_id)
    return others or becomes is Role.ADMIN


class Standpoint(StrEnum):
    """Where somebody who holds an invitation's link stands with it."""

    WELCOME = "welcome"
    """They may accept."""
    SIGNED_OUT = "signed_out"
    """Nobody knows yet who they are."""
    MISTAKEN = "mistaken"
    """The invitation is for another address than theirs."""
    REQUESTED = "requested"
    """They have accepted; a worker is about to make them a member."""
    JOINED = "joined"
    """They accepted it, and it is done."""
    MEMBER = "member"
    """They belong to the organization anyway."""
    EXPIRED = "expired"
    REVOKED = "revoked"
    USED = "used"
    """Somebody has accepted it."""


def standpoint(
    state: InvitationState,
    *,
    expires_at: datetime,
    requested_by: UUID | None,
    invited_email: str,
    user_id: UUID | None,
    email: str,
    is_member: bool,
    now: datetime,
) -> Standpoint:
    """What an invitation is to somebody with this id and this verified address; `user_id` None: not signed in.

    What it has become comes first: to whom it was addressed is nothing that a dead link tells.
    """
    is_theirs = user_id is not None and requested_by == user_id
    if state is InvitationState.ACCEPTED:
        return Standpoint.JOINED if is_theirs and is_member else Standpoint.USED
    if is_member:
        return Standpoint.MEMBER
    if state is InvitationState.REVOKED:
        return Standpoint.REVOKED
    if requested_by is not None:  # in time, whatever the clock says now
        return Standpoint.REQUESTED if is_theirs else Standpoint.USED
    if now >= expires_at:
        return Standpoint.EXPIRED
    if user_id is None:
        return Standpoint.SIGNED_OUT
    return Standpoint.WELCOME if is_same_address(email, invited_email) else Standpoint.MISTAKEN


def is_same_address(one: str, other: str) -> bool:
    """Whether two spellings are one mailbox to us: upper and lower case do not matter."""
    return normalize_address(one) == normalize_address(other)


def is_slow(requested_at: datetime, now: datetime) -> bool:
    """Whether an acceptance takes longer than somebody who waits for it expects."""
    return now - requested_at >= SLOW_AFTER


def may_send_again(sent_at: datetime, now: datetime) -> bool:
    """Whether an invitation that was sent at `sent_at` may go out once more."""
    return now - sent_at >= RESEND_PAUSE


def mask_address(address: str) -> str:
    """An address as only its owner recognises it: "a•••a@northwind.example"."""
    local_part, _, domain = address.rpartition("@")
    shown = f"{local_part[:1]}•••{local_part[-1:]}" if len(local_part) > 3 else f"{local_part[:1]}•••"
    return f"{shown}@{domain}"
