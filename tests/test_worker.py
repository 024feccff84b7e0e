"""The worker's supervisor: keeps workers running, and stops them all in the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 60

# Two children that say their numbers and wait. Each line is one write: `print` may make two, with another's between.
SUPERVISED = r"""
import os, threading, worker

def task():
    os.write(1, b"%d\n" % os.getpid())
    threading.Event().wait()

worker.supervise(task, processes=2)
os.write(1, b"stopped\n")
"""


@contextmanager
def start() -> Iterator[subprocess.Popen[str]]:
    """A supervisor that ends with the test, also with one that fails: `Popen` alone would wait for it for ever."""
    command = [sys.executable, "-c", SUPERVISED]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as supervisor:
        try:
            yield supervisor
        finally:
            supervisor.terminate()
            try:
                supervisor.wait(PATIENCE_SECONDS)
            finally:
                supervisor.kill()


def read_process_id(supervisor: subprocess.Popen[str]) -> int:
    assert supervisor.stdout is not None
    return int(supervisor.stdout.readline())


def test_a_worker_that_ends_is_replaced() -> None:
    with start() as supervisor:
        first = read_process_id(supervisor)
        read_process_id(supervisor)

        os.kill(first, signal.SIGKILL)
        replacement = read_process_id(supervisor)
        supervisor.terminate()

    assert replacement != first


def test_all_workers_end_when_the_supervisor_is_told_to() -> None:
    with start() as supervisor:
        workers = [read_process_id(supervisor) for _ in range(2)]

        supervisor.terminate()
        rest, _ = supervisor.communicate()

    assert rest == "stopped\n"
    for process_id in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(process_id, 0)


def test_a_worker_told_to_stop_before_it_is_ready_stops() -> None:
    with start() as supervisor:
        read_process_id(supervisor)

        # The second child is being made at this very moment.
        supervisor.terminate()
        rest, _ = supervisor.communicate()

    assert rest.endswith("stopped\n")
