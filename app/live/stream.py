"""This process's ear: one Redis subscription, and one look at the database each second for what Redis did not tell."""

import json
from collections.abc import Callable, Collection, Mapping
from random import uniform
from time import monotonic
from uuid import UUID

import gevent
import structlog
from redis import Redis, RedisError

from app.live.revisions import Revisions

log = structlog.get_logger(__name__)

REVISIONS_CHANNEL = "upfront:revisions"
"""Carries `{"organization_id", "revision", "event_id"}` after each commit."""
SESSIONS_CHANNEL = "upfront:sessions"
"""Carries `{"session_id"}` or `{"user_id"}` when a session, a role or a membership ends."""

POLL_SECONDS = 1.0
FORGET_SECONDS = 600.0
LONGEST_PAUSE_SECONDS = 5.0
PING_SECONDS = 5.0
SILENCE_SECONDS = 12.0
"""A Redis that answers no ping for so long is gone, whatever TCP says."""

ReadRevisions = Callable[[Collection[UUID]], Mapping[UUID, int]]


class Stream:
    """Keeps `revisions` true."""

    def __init__(
        self,
        redis: Redis,
        revisions: Revisions,
        read_revisions: ReadRevisions,
        on_session: Callable[[str], None],
        on_hearing: Callable[[bool], None],
    ) -> None:
        """
        Args:
            redis: connects when asked to; it may be away.
            revisions: moved on by what is heard.
            read_revisions: the present numbers of these organizations, from the database.
            on_session: told the id of a session or user that something has changed for.
            on_hearing: told True when the channels can be heard (again), False when they cannot.
        """
        self._redis = redis
        self._revisions = revisions
        self._read_revisions = read_revisions
        self._on_session = on_session
        self._on_hearing = on_hearing

    def listen(self, is_stopping: Callable[[], bool]) -> None:
        """Follow the channels, over all interruptions: runs as long as the process does."""
        failures = 0
        while not is_stopping():
            started_at = monotonic()
            try:
                self._follow(is_stopping)
            except (RedisError, OSError) as error:
                self._on_hearing(False)
                # Polling bridges the gap, so one line when it begins is enough.
                if not failures:
                    log.warning("live.redis_away", error=str(error))
                failures = 0 if monotonic() - started_at > SILENCE_SECONDS else failures + 1
                gevent.sleep(min(LONGEST_PAUSE_SECONDS, 0.1 * 2**failures) * uniform(0.5, 1.0))

    def poll(self, is_stopping: Callable[[], bool]) -> None:
        """Compare with the database each second: runs as long as the process does."""
        failing = False
        forgotten_at = monotonic()
        while not is_stopping():
            gevent.sleep(POLL_SECONDS)
            try:
                self.compare()
                failing = False
            except Exception:  # without a database visitors keep what they see; whatever it is, we look again
                if not failing:
                    log.exception("live.revisions_unknown")
                failing = True
            if monotonic() - forgotten_at > FORGET_SECONDS:
                forgotten_at = monotonic()
                self._revisions.forget_unasked()

    def compare(self) -> None:
        """Read the numbers of all watched organizations once."""
        if watched := self._revisions.watched():
            for organization_id, number in self._read_revisions(watched).items():
                self._revisions.advance(organization_id, number)
        self._revisions.confirm()

    def _follow(self, is_stopping: Callable[[], bool]) -> None:
        """One subscription, until it breaks."""
        with self._redis.pubsub() as subscription:  # type: ignore[no-untyped-call]  # Redis has not typed it
            subscription.subscribe(REVISIONS_CHANNEL, SESSIONS_CHANNEL)
            heard_at = pinged_at = monotonic()
            while not is_stopping():
                heard = subscription.get_message(timeout=0.5)
                now = monotonic()
                if heard is not None:
                    heard_at = now
                    if heard["type"] == "message":
                        self._hear(heard["channel"], heard["data"])
                    elif heard["type"] == "subscribe":
                        self._on_hearing(True)
                elif now - heard_at > SILENCE_SECONDS:
                    raise TimeoutError("no answer to our pings")
                if now - pinged_at > PING_SECONDS:
                    pinged_at = now
                    subscription.ping()

    def _hear(self, channel: bytes | str, data: bytes | str) -> None:
        """Take one message; one that makes no sense is logged and left."""
        name = channel.decode() if isinstance(channel, bytes) else channel
        try:
            told = json.loads(data)
            if name == REVISIONS_CHANNEL:
                self._revisions.advance(UUID(told["organization_id"]), int(told["revision"]))
            else:
                for key in told.keys() & {"session_id", "user_id"}:
                    self._on_session(str(told[key]))
        except (AttributeError, ValueError, KeyError, TypeError):
            log.warning("live.message_not_understood", channel=name)
