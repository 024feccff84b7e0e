"""What needs somebody now: read in the order of how much it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.database.scope import Scope
from app.incidents.promises.rules import DUE_BEFORE, Reminding, next_reminder
from app.incidents.queries import IncidentRow, read_open
from app.maintenance.queries import MaintenanceRow, read_current
from app.organizations.rules import Role
from app.overview.troubles import Troubles, read_troubles

SOON = timedelta(hours=24)
"""A window that begins within this time is shown."""

_URGENCY = {Reminding.OVERDUE: 0, Reminding.FORGOTTEN: 1, Reminding.DUE: 2}


@dataclass(frozen=True, slots=True)
class Attention:
    """Everything that waits for somebody, the most urgent first; all empty when nothing does."""

    incidents: tuple[IncidentRow, ...]
    """Open ones: broken promises before long silence, before the rest; of those alike the latest first."""
    windows: tuple[MaintenanceRow, ...]
    """Those whose time is over, those that should have begun, those that run, and those that begin soon."""
    troubles: Troubles
    """What does not work around the pages."""

    @property
    def is_empty(self) -> bool:
        return not (self.incidents or self.windows) and self.troubles.is_empty


def read_attention(scope: Scope, role: Role, now: datetime) -> Attention:
    """All of it, for members of this role: six statements, however much there is."""
    windows = read_current(scope, now, ahead=SOON)
    return Attention(
        incidents=by_urgency(read_open(scope), now),
        windows=tuple(sorted(windows, key=lambda window: _window_urgency(window, now))),
        troubles=read_troubles(scope, role, now),
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
