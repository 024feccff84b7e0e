"""The worker's supervisor: keeps workers running, and stops them all in the end."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess

import pytest

import worker

FORK = multiprocessing.get_context("fork")


def wait_for_the_end() -> None:
    """A worker with nothing to do."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Event().wait()


class Workers(list[BaseProcess]):
    """Starts processes and remembers them; when so many have been started, something happens."""

    def __init__(self, happens: dict[int, Callable[[], None]]) -> None:
        self._happens = happens

    def start(self) -> BaseProcess:
        process = FORK.Process(target=wait_for_the_end)
        process.start()
        self.append(process)
        self._happens.get(len(self), lambda: None)()
        return process


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    """The test process has its own again afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


# Newer Pythons warn of forks beside threads; the worker has none, a test process may have its runner's.
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_worker_that_ends_is_replaced_and_all_are_stopped_in_the_end() -> None:
    workers = Workers({2: lambda: workers[0].kill(), 3: lambda: os.kill(os.getpid(), signal.SIGTERM)})

    worker.supervise(workers.start, processes=2)

    assert [process.exitcode for process in workers] == [-signal.SIGKILL, -signal.SIGTERM, -signal.SIGTERM]
