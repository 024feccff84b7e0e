"""What needs somebody now: read in the order of how much it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal, select

from app.database.scope import Scope
from app.delivery.models import Delivery
from app.delivery.rules import DeliveryState
from app.incidents.promises.rules import DUE_BEFORE, Reminding, next_reminder
from app.incidents.queries import IncidentRow, read_open
from app.maintenance.queries import MaintenanceRow, read_current
from app.organizations.rules import Role
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState
from app.teams.models import Invitation
from app.teams.rules import InvitationState

SOON = timedelta(hours=24)
"""A window that begins within this time is shown."""
FAILURES_LAST = timedelta(days=7)
"""So long a mail that reached nobody is news."""
MOST_COUNTED = 1_000
"""Beyond this it says "more than": counting must not take longer the more there is."""


_URGENCY = {Reminding.OVERDUE: 0, Reminding.FORGOTTEN: 1, Reminding.DUE: 2}


@dataclass(frozen=True, slots=True)
class Attention:
    """Everything that waits for somebody, the most urgent first; all empty when nothing does."""

    incidents: tuple[IncidentRow, ...]
    """Open ones: broken promises before long silence, before the rest; of those alike the latest first."""
    windows: tuple[MaintenanceRow, ...]
    """Those whose time is over, those that should have begun, those that run, and those that begin soon."""
    failed: int
    """Subscribers whom a mail of the last days did not reach, counted up to `MOST_COUNTED`."""
    quarantined: int
    """Subscribers to whom nothing is sent any more because mails came back."""
    invited: int
    """Invitations that wait for an answer; known to admins only."""
    expired: int
    """Invitations that were never answered; known to admins only."""

    @property
    def is_empty(self) -> bool:
        return not (self.incidents or self.windows or self.failed or self.quarantined or self.invited or self.expired)


def read_attention(scope: Scope, role: Role, now: datetime) -> Attention:
    """All of it, for members of this role: five statements, however much there is."""
    windows = read_current(scope, now, ahead=SOON)
    failed, quarantined, invited, expired = scope.session.execute(_counted(scope, role, now)).one()
    return Attention(
        incidents=by_urgency(read_open(scope), now),
        windows=tuple(sorted(windows, key=lambda window: _window_urgency(window, now))),
        failed=failed,
        quarantined=quarantined,
        invited=invited,
        expired=expired,
    )


def by_urgency(incidents: Sequence[IncidentRow], now: datetime) -> tuple[IncidentRow, ...]:
    """Open incidents, those that broke a promise first."""

    def urgency(incident: IncidentRow) -> int:
        reminder = incident.reminder(now)
        return len(_URGENCY) if reminder is None else _URGENCY[reminder.why]

    return tuple(sorted(incidents, key=urgency))


def next_turn(attention: Attention, now: datetime) -> datetime | None:
    """When this will look different though nobody has done anything: a promise comes due, a window should begin."""
    turns = [
        next_reminder(incident.last_update_at, incident.next_update_at, after=now).at
        for incident in attention.incidents
    ]
    turns += [incident.next_update_at - DUE_BEFORE for incident in attention.incidents if incident.next_update_at]
    turns += [at for window in attention.windows for at in (window.starts_at, window.ends_at)]
    return min((at for at in turns if at > now), default=None)


def _window_urgency(window: MaintenanceRow, now: datetime) -> tuple[int, datetime]:
    if window.overruns(now):
        return 0, window.ends_at
    if not window.running and window.starts_at <= now:
        return 1, window.starts_at
    return (2 if window.running else 3), window.starts_at


def _counted(scope: Scope, role: Role, now: datetime):  # type: ignore[no-untyped-def]  # a select of four numbers
    mine = scope.organization_id
    failed = (
        select(Delivery.id)
        .where(
            Delivery.organization_id == mine,
            Delivery.state == DeliveryState.FAILED,
            Delivery.subscriber_id.is_not(None),
            Delivery.created_at >= now - FAILURES_LAST,
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
    quarantined = select(func.count()).where(
        Subscriber.organization_id == mine, Subscriber.state == SubscriberState.QUARANTINED
    )
    waits = (
        select(func.count())
        .select_from(Invitation)
        .where(Invitation.organization_id == mine, Invitation.state == InvitationState.OPEN)
    )
    is_admin = literal(role.includes(Role.ADMIN))
    return select(
        select(func.count()).select_from(failed).scalar_subquery(),
        quarantined.scalar_subquery(),
        waits.where(Invitation.expires_at > now, is_admin).scalar_subquery(),
        waits.where(Invitation.expires_at <= now, is_admin).scalar_subquery(),
    )
