"""`flask clock`: the process that does what is due. Any number may run; one of them leads, the others stand by."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import click
import structlog
from flask.cli import with_appcontext
from redis import RedisError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.access.links import forget_links
from app.accounts.actions import forget_ended_sessions
from app.addresses.actions import forget_retired_slugs
from app.announcements.actions import keep_announcements
from app.audit.actions import forget_expired_entries
from app.closing.jobs import forget_closings, take_up_closings
from app.delivery import sweeps
from app.delivery.reports.actions import apply_waiting, forget_old
from app.delivery.settling import settle_finished
from app.domains.jobs import look_for_due
from app.extensions import db
from app.incidents.promises.actions import remind_due
from app.mailboxes.actions import forget_asked_mailboxes
from app.maintenance.due import keep_series, keep_windows
from app.pages.zones import forget_zones, keep_zones
from app.services.rollups.jobs import take_up_comparing, take_up_days
from app.stopping import Stopping
from app.subscribers.errands.jobs import forget_errands, take_up_errands
from app.subscribers.following import end_follows
from app.subscribers.imports.actions import forget_imports
from app.subscribers.imports.jobs import take_up_imports
from app.teams.jobs import forget_old_invitations, take_up_acceptances

log = structlog.get_logger(__name__)

LEADER_LOCK = 0x75706672_6F6E74
"""Key of the PostgreSQL advisory lock that the leader holds ("upfront" in ASCII)."""

STANDBY_SECONDS = 2.0
"""How often those who do not lead try to, and how long to wait for a database that is away."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Something to look after, again and again."""

    name: str
    every_seconds: float
    run: Callable[[], None]


# Nothing that was lost stays lost for longer than 30 s (decision 0008).
SWEEPS = (
    Sweep("batches", 2, sweeps.ring_for_batches),
    Sweep("events", 5, sweeps.ring_for_events),
    Sweep("settled", 2, settle_finished),
    Sweep("mail reports", 5, apply_waiting),
    Sweep("old mail reports", 3600, forget_old),
    Sweep("maintenance", 1, keep_windows),
    Sweep("maintenance series", 30, keep_series),
    Sweep("announcements", 2, keep_announcements),
    Sweep("reminders", 15, remind_due),
    Sweep("acceptances", 5, take_up_acceptances),
    Sweep("zones", 10, keep_zones),
    Sweep("days", 5, take_up_days),
    Sweep("comparing", 600, take_up_comparing),
    Sweep("unused zones", 3600, forget_zones),
    Sweep("imports", 5, take_up_imports),
    Sweep("forgotten imports", 3600, forget_imports),
    Sweep("errands", 5, take_up_errands),
    Sweep("forgotten errands", 3600, forget_errands),
    Sweep("follows", 600, end_follows),
    Sweep("unconfirmed", 3600, sweeps.forget_unconfirmed),
    Sweep("sessions", 3600, forget_ended_sessions),
    Sweep("closings", 5, take_up_closings),
    Sweep("closed", 3600, forget_closings),
    Sweep("domains", 15, look_for_due),
    Sweep("links", 3600, forget_links),
    Sweep("mailboxes", 3600, forget_asked_mailboxes),
    Sweep("slugs", 3600, forget_retired_slugs),
    Sweep("audit", 3600, forget_expired_entries),
    Sweep("invitations", 3600, forget_old_invitations),
)


@dataclass
class Rounds:
    """Runs each sweep when its time has come. One that fails is told of once, and tried again in its next round."""

    sweeps: Sequence[Sweep]
    _due: dict[str, float] = field(default_factory=dict)
    _failing: set[str] = field(default_factory=set)

    def run_due(self, now: float) -> float:
        """Run what is due at `now` (seconds of a steady clock); returns when the next one is."""
        for sweep in self.sweeps:
            if self._due.get(sweep.name, now) <= now:
                self._due[sweep.name] = now + sweep.every_seconds
                self._run(sweep)
        return min(self._due.values())

    def _run(self, sweep: Sweep) -> None:
        try:
            sweep.run()
        except Exception as error:  # whatever one sweep runs into, the others must go on
            away = isinstance(error, (SQLAlchemyError, RedisError, OSError))
            if sweep.name not in self._failing:
                log.error("clock.sweep_failed", sweep=sweep.name, error=str(error), exc_info=not away)
            self._failing.add(sweep.name)
        else:
            if sweep.name in self._failing:
                log.info("clock.sweep_recovered", sweep=sweep.name)
            self._failing.discard(sweep.name)


@contextmanager
def leading() -> Iterator[Connection | None]:
    """A connection that holds the leader's lock, or None when another clock leads. It is let go when the block ends.

    The lock belongs to the connection: when the leader dies or loses the database, PostgreSQL gives it to the next.

    Raises:
        SQLAlchemyError: the database is away.
    """
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_LOCK}):
            yield None
            return
        try:
            yield connection
        finally:
            # Closing for real, not back into the pool: the lock must not outlive the leader.
            connection.invalidate()


def keep_time(stopping: Stopping, rounds: Rounds) -> None:
    """Lead whenever no other clock does, until told to stop."""
    away = False
    while not stopping.is_set():
        try:
            with leading() as lock:
                away = False
                if lock is not None:
                    log.info("clock.leading")
                    _lead(stopping, rounds, lock)
        except SQLAlchemyError as error:
            if not away:
                log.error("clock.database_away", error=str(error))
            away = True
        stopping.wait(STANDBY_SECONDS)


def _lead(stopping: Stopping, rounds: Rounds, lock: Connection) -> None:
    while not stopping.is_set():
        # Raises when the connection is gone, and the lock with it.
        lock.execute(text("SELECT 1"))
        upcoming = rounds.run_due(time.monotonic())
        stopping.wait(upcoming - time.monotonic())


@click.command("clock")
@with_appcontext
def clock() -> None:
    """Do what is due: announce events, ring for mails that wait."""
    keep_time(Stopping.on_signals(), Rounds(SWEEPS))
