"""How fast a provider may be asked: one bucket for all workers, a little under the limit.

The generic cell rate algorithm needs a single number per provider key: when the next request may go out. A Lua script
in Redis moves it on by one interval and says how long to wait, by Redis' clock, so workers' clocks do not matter. At
97.5 % of the limit the jitter of the network does not add up to an answer 429 (at 100 % one in seven is one).
"""

import hashlib
import math
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from redis import Redis, RedisError

log = structlog.get_logger(__name__)

SHARE = 0.975
"""Of the provider's limit, what we use of it."""

LONGEST_WAIT = timedelta(seconds=5)
"""A worker sleeps no longer for its turn: it gives the batch back instead."""

LATE_SECONDS = 0.015
"""Who wakes up later than this has missed their turn: their request would come together with the next ones.
`SHARE` leaves 25 ms of a second free, and what follows (connecting, writing) may be late as well."""

MOST_TURNS = 3
"""On a machine that is late every time, going late is better than not at all."""

ALONE = 0.25
"""Of the limit, what one process takes while Redis is away and the others cannot be asked."""

# KEYS[1]: when the next request may go out. ARGV: interval, longest wait. All in microseconds.
# Returns how long to wait. When that is longer than the longest wait, no turn is taken.
_TAKE_TURN = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, longest = tonumber(ARGV[1]), tonumber(ARGV[2])
local turn = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local wait = turn - now
if wait <= longest then
  redis.call('SET', KEYS[1], string.format('%.0f', turn + interval), 'PX', math.ceil((wait + interval) / 1000) + 1000)
end
return wait
"""

# KEYS[1] as above. ARGV: for how long nobody may ask, in microseconds.
_REST = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local turn = math.max(now + tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or '0'))
redis.call('SET', KEYS[1], string.format('%.0f', turn), 'PX', math.ceil((turn - now) / 1000) + 1000)
"""


class Pace:
    """Turns for one provider account, shared through Redis by all who use the same key."""

    def __init__(
        self,
        redis: Redis,
        *,
        provider: str,
        api_key: str,
        requests_per_second: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._key = f"pace:{provider}:{hashlib.sha256(api_key.encode()).hexdigest()[:32]}"
        self._interval_seconds = 1 / (requests_per_second * SHARE)
        self._script_turn = redis.register_script(_TAKE_TURN)
        self._script_rest = redis.register_script(_REST)
        self._sleep = sleep
        self._alone = _LocalTurns(1 / (requests_per_second * ALONE))

    def wait_for_turn(self) -> timedelta | None:
        """Sleep until it is our turn to ask the provider once.

        Returns None when it is; when that takes longer than `LONGEST_WAIT`, takes no turn and returns how long.
        Without Redis this process paces itself, slowly.
        """
        for _ in range(MOST_TURNS):
            wait_seconds = self._take_turn()
            turn = time.monotonic() + wait_seconds
            if wait_seconds > LONGEST_WAIT.total_seconds():
                return timedelta(seconds=wait_seconds)
            if wait_seconds > 0:
                self._sleep(wait_seconds)
            if time.monotonic() - turn <= LATE_SECONDS:
                break
        return None

    def rest(self, duration: timedelta) -> None:
        """Have everybody leave the provider alone for `duration`, as it asked for."""
        try:
            self._script_rest(keys=[self._key], args=[math.ceil(duration.total_seconds() * 1e6)])
        except (RedisError, OSError):
            log.warning("pace.rest_not_shared", exc_info=True)
            self._alone.rest(duration.total_seconds())

    def _take_turn(self) -> float:
        """Seconds until the turn that is now ours; more than `LONGEST_WAIT` when none was taken."""
        arguments = [math.ceil(self._interval_seconds * 1e6), round(LONGEST_WAIT.total_seconds() * 1e6)]
        try:
            return int(self._script_turn(keys=[self._key], args=arguments)) / 1e6
        except (RedisError, OSError):
            log.warning("pace.alone", exc_info=True)
            return self._alone.take()


class _LocalTurns:
    """The same within one process, for as long as Redis is away."""

    def __init__(self, interval_seconds: float) -> None:
        self._interval_seconds = interval_seconds
        # The first turn waits too: the process before us in this job's place may just have asked.
        self._next = time.monotonic() + interval_seconds
        self._lock = threading.Lock()

    def take(self) -> float:
        """Seconds to wait; the turn is taken unless they are more than `LONGEST_WAIT`."""
        with self._lock:
            now = time.monotonic()
            wait = max(0.0, self._next - now)
            if wait <= LONGEST_WAIT.total_seconds():
                self._next = now + wait + self._interval_seconds
            return wait

    def rest(self, seconds: float) -> None:
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)
