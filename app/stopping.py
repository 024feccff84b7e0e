"""How a process of ours is told to end: by SIGTERM or SIGINT, at any moment, also while it waits."""

import signal
from queue import Empty, SimpleQueue
from types import FrameType

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    """Whether to stop, for a loop that rests between its rounds.

    `threading.Event` must not be set by a signal handler: one that interrupts its `wait()` at the wrong moment asks for
    a lock that the interrupted code holds, and the process hangs. `SimpleQueue.put` may be called from a handler.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._calls: SimpleQueue[None] = SimpleQueue()

    @classmethod
    def on_signals(cls) -> "Stopping":
        """One that SIGTERM and SIGINT set from now on, instead of ending the process."""
        stopping = cls()

        def stop(number: int, frame: FrameType | None) -> None:
            stopping.set()

        for number in STOP_SIGNALS:
            signal.signal(number, stop)
        return stopping

    def set(self) -> None:
        self._is_set = True
        self._calls.put(None)

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, seconds: float) -> None:
        """Rest for so long, or until it is set."""
        if self._is_set:
            return
        try:
            self._calls.get(timeout=max(0.0, seconds))
        except Empty:
            return
