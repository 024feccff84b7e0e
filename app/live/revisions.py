"""The newest revision of each organization that this process knows of.

The HTTP cache and the live fragments both key what they keep by it. Nobody has to ask anybody: `app.live.stream` moves
the numbers on as Redis tells of them, and looks at the database each second in case Redis did not.
"""

from collections.abc import Callable
from threading import Lock
from time import monotonic
from uuid import UUID

import structlog

log = structlog.get_logger(__name__)

OnRevision = Callable[[UUID, int], None]


class Revisions:
    """Numbers that only rise. Safe to use from any thread or greenlet."""

    def __init__(self) -> None:
        self._numbers: dict[UUID, int] = {}
        self._asked: set[UUID] = set()
        self._asked_before: set[UUID] = set()
        self._callbacks: list[OnRevision] = []
        self._lock = Lock()
        self._confirmed_at: float | None = None

    def current(self, organization_id: UUID) -> int | None:
        """The newest revision we heard of, or None: then read it where it is kept and `advance` to it.

        Asking is also what keeps an organization watched.
        """
        self._asked.add(organization_id)
        return self._numbers.get(organization_id)

    def advance(self, organization_id: UUID, number: int) -> bool:
        """Move on to `number`; a number that is not newer is ignored.

        Subscribers are told before this returns, so they must not wait for anything themselves.

        Returns:
            Whether it was news.
        """
        with self._lock:
            if self._numbers.get(organization_id, 0) >= number:
                return False
            self._numbers[organization_id] = number
        for callback in tuple(self._callbacks):
            try:
                callback(organization_id, number)
            except Exception:  # one listener's fault must not keep the news from the others
                log.exception("live.revision_callback_failed", organization_id=str(organization_id))
        return True

    def subscribe(self, callback: OnRevision) -> None:
        """Have `callback(organization_id, number)` told of each rise, once however often it subscribes."""
        with self._lock:
            if callback not in self._callbacks:
                self._callbacks.append(callback)

    def watched(self) -> tuple[UUID, ...]:
        """The organizations whose number somebody asked for lately."""
        return tuple(self._asked | self._asked_before)

    def forget_unasked(self) -> None:
        """Drop what nobody asked for since the call before the last one; without it the table would only grow."""
        with self._lock:
            keep = self._asked | self._asked_before
            self._numbers = {each: number for each, number in self._numbers.items() if each in keep}
            self._asked_before, self._asked = self._asked, set()

    def confirm(self) -> None:
        """Note that all watched numbers have just been compared with the truth."""
        self._confirmed_at = monotonic()

    def seconds_unconfirmed(self) -> float | None:
        """For how long nobody could compare the numbers with the truth; None if nobody ever did."""
        return None if self._confirmed_at is None else monotonic() - self._confirmed_at


revisions = Revisions()
"""This process's own."""
