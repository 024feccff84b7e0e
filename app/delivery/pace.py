"""How fast a provider may be asked: one bucket for all workers, a little under the limit.

The generic cell rate algorithm needs a single number per provider key: when the next request may go out. A Lua script
in Redis moves it on by one interval and says how long to wait, by Redis' clock, so workers' clocks do not matter. At
97.5 % of the limit the jitter of the network does not add up to an answer 429 (at 100 % one in seven is one).

A busy machine wakes us late, and a late request comes together with the next ones. So whoever's turn has come looks
once more: did fewer than the limit really go in the second before? Then they go, late or not, and no turn is lost.

What counts for the provider is when a request comes. One that was held up on its way comes later than it went, and the
one that goes a second after it would be too early. So each is counted, once it is answered, from when it can have come
at the latest: the answer's time less what the provider takes at its quickest.
"""

import hashlib
import math
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog
from redis import Redis, RedisError

log = structlog.get_logger(__name__)

SHARE = 0.975
"""Of the provider's limit, what we use of it."""

LONGEST_WAIT = timedelta(seconds=5)
"""A worker sleeps no longer for its turn: it gives the batch back instead."""

MOST_LOOKS = 100
"""After a hold-up several processes look for the same room, and each finds it taken a few times: whoever went all the
same would be one too many. But on a machine that is late every time, going late is better than not at all."""

SPARE = 1.01
"""Of a window, for what the network does to single requests."""

BEST_BELIEVED = timedelta(minutes=1)
"""For so long a quick answer of the provider's counts as its quickest: later it may be slower, or further away."""

LONGEST_WINDOW = 1_000
"""Requests that are remembered at most; of a faster provider that is less than a second."""

ALONE = 0.25
"""Of the limit, what one process takes while Redis is away and the others cannot be asked."""

# KEYS[1]: when the next request may go out. ARGV: interval, longest wait, how late it may be. All in microseconds.
# Returns how long to wait. When that is longer than the longest wait, no turn is taken.
_TAKE_TURN = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, longest = tonumber(ARGV[1]), tonumber(ARGV[2])
local known = redis.call('GET', KEYS[1])
local turn = known and math.max(now - tonumber(ARGV[3]), tonumber(known)) or now
local wait = math.max(turn - now, 0)
if wait <= longest then
  redis.call('SET', KEYS[1], string.format('%.0f', turn + interval), 'PX', math.ceil((wait + interval) / 1000) + 1000)
end
return wait
"""

# KEYS[1]: the latest requests by when they went. ARGV: how many may go in a window, its length in microseconds, a name.
# Returns how long to wait; when not at all, the request counts as gone.
_GO = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local most, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
if redis.call('ZCARD', KEYS[1]) >= most then
  return tonumber(redis.call('ZRANGE', KEYS[1], -most, -most, 'WITHSCORES')[2]) + window - now
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000) + 1000)
return 0
"""

# KEYS[1]: as of requests that went. KEYS[2]: how quickly the provider answers at best. ARGV: the request's name, how
# long its answer took, for how long the best is believed, in microseconds. A request that went late came late;
# as long as nothing is known of the provider, it came when it was answered.
_NOTE_ANSWER = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local took, best = tonumber(ARGV[2]), tonumber(redis.call('GET', KEYS[2]) or '-1')
if best < 0 or took < best then
  redis.call('SET', KEYS[2], string.format('%.0f', took), 'PX', math.ceil(ARGV[3] / 1000))
end
redis.call('ZADD', KEYS[1], 'XX', 'GT', string.format('%.0f', now - math.max(math.min(best, took), 0)), ARGV[1])
"""

# KEYS[1]: as of turns. ARGV: for how long nobody may ask, in microseconds.
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
        self._most = min(max(int(requests_per_second), 1), LONGEST_WINDOW)
        self._window_seconds = self._most / requests_per_second * SPARE
        self._script_turn = redis.register_script(_TAKE_TURN)
        self._script_go = redis.register_script(_GO)
        self._script_note_answer = redis.register_script(_NOTE_ANSWER)
        self._script_rest = redis.register_script(_REST)
        self._went: tuple[str, float] | None = None
        self._sleep = sleep
        self._alone = _LocalTurns(1 / (requests_per_second * ALONE))

    def wait_for_turn(self) -> timedelta | None:
        """Sleep until it is our turn to ask the provider once.

        Returns None when it is; when that takes longer than `LONGEST_WAIT`, takes no turn and returns how long.
        Without Redis this process paces itself, slowly.
        """
        wait_seconds = self._take_turn()
        if wait_seconds > LONGEST_WAIT.total_seconds():
            return timedelta(seconds=wait_seconds)
        for _ in range(MOST_LOOKS):
            if wait_seconds > 0:
                self._sleep(wait_seconds)
            wait_seconds = self._go()
            if wait_seconds <= 0:
                break
        return None

    def note_answer(self) -> None:
        """The request of our latest turn was answered, or given up: it came there no later than that."""
        if self._went is None:
            return
        (name, began), self._went = self._went, None
        took = math.ceil((time.monotonic() - began) * 1e6)
        keys = [f"{self._key}:gone", f"{self._key}:quickest"]
        with suppress(RedisError, OSError):  # this process paces itself
            self._script_note_answer(keys=keys, args=[name, took, round(BEST_BELIEVED.total_seconds() * 1e6)])

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
        arguments.append(round(self._window_seconds * 1e6 / 2))
        try:
            return int(self._script_turn(keys=[self._key], args=arguments)) / 1e6
        except (RedisError, OSError):
            log.warning("pace.alone", exc_info=True)
            return self._alone.take()

    def _go(self) -> float:
        """Seconds until the window has room for one more; 0 when it has, and the request counts as gone."""
        name = secrets.token_hex(8)
        arguments: list[int | str] = [self._most, math.ceil(self._window_seconds * 1e6), name]
        self._went = None
        try:
            wait_seconds = int(self._script_go(keys=[f"{self._key}:gone"], args=arguments)) / 1e6
        except (RedisError, OSError):
            return 0.0  # this process paces itself
        if wait_seconds <= 0:
            self._went = name, time.monotonic()
        return wait_seconds


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
