"""One server as a child process: started apart from our terminal, waited for, stopped for certain."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.development.errors import ServerError
from app.development.server_account import RunAs, ServerAccount

_POLL_SECONDS = 0.02
_LOG_TAIL_LINES = 15


@dataclass(frozen=True, slots=True)
class StopStep:
    """One signal of a shutdown and how long the server may take to obey it."""

    signal: signal.Signals
    patience_seconds: float


# Looked up before any fork: between fork and exec only plain calls are safe.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


class ServerProcess:
    """A running server and the file that it logs to."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        folder: Path,
        account: ServerAccount | None = None,
        stop_steps: Sequence[StopStep],
    ) -> None:
        """Start `command` in `folder`, as `account` when given.

        Raises:
            ServerError: the program could not be started at all.
        """
        self._name = name
        self._log = log
        self._stop_steps = stop_steps
        # A session of its own: Ctrl-C in the terminal must reach our processes first and the servers last.
        # Only we may read what it says: there may be data in it.
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
            try:
                self._process = subprocess.Popen(
                    list(command),
                    cwd=folder,
                    env=server_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=end_with_parent(signal.SIGINT),
                    **(account.run_as if account else RunAs()),
                )
            except OSError as error:
                raise ServerError(f"{name} could not be started: {error}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until(self, answers: Callable[[], bool], *, timeout_seconds: float) -> None:
        """Return once `answers()` is true.

        Raises:
            ServerError: the process ended or the time is over; with the end of the server's log.
        """
        deadline = time.monotonic() + timeout_seconds
        while not answers():
            if self._process.poll() is not None:
                raise ServerError(f"{self._name} ended with code {self._process.returncode}.{self._log_tail()}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self._name} did not answer within {timeout_seconds:.0f} s.{self._log_tail()}")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the process: politely, then less so. Nothing is left running."""
        for step in self._stop_steps:
            if self._process.poll() is not None:
                return
            self._process.send_signal(step.signal)
            try:
                self._process.wait(step.patience_seconds)
            except subprocess.TimeoutExpired:
                continue
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _log_tail(self) -> str:
        return f" The end of {self._log}:\n{log_tail(self._log)}"


def end_with_parent(number: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: has Linux send `number` to the child if we are killed. Elsewhere the child stays behind."""

    def ask_for_it() -> None:
        if _prctl:
            _prctl(_PR_SET_PDEATHSIG, number)

    return ask_for_it


def log_tail(log: Path) -> str:
    """The last lines of a server's log, indented."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError as error:
        lines = [f"(unreadable: {error})"]
    return "\n".join(f"    {line}" for line in lines[-_LOG_TAIL_LINES:] or ["(empty)"])


def server_environment() -> Mapping[str, str]:
    """What a server gets to know of our environment: no PG* variable, locale or preload of the developer's."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}


def wait_for_end(is_running: Callable[[], bool], *, timeout_seconds: float) -> bool:
    """Whether a process that is not our child ended in time."""
    deadline = time.monotonic() + timeout_seconds
    while is_running():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
