"""`make run`: everything that the product needs, on a machine that has nothing but Python.

In order: the servers, the roles and migrations, the demo, then the Procfile's processes. Ctrl-C undoes it from the
end. `python -m app.development.runner COMMAND...` runs one command amid the same servers instead.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from types import FrameType

from app import create_app
from app.config import Settings
from app.development.database import ensure_database
from app.development.embedded import EmbeddedServers
from app.development.environment import (
    Choices,
    check_port,
    identity_port,
    owner_environment,
    process_environment,
    read_choices,
    write_private,
)
from app.development.errors import AlreadyRunning, ServerError, SetupError
from app.development.people import HOST as IDENTITY_HOST
from app.development.people import PEOPLE
from app.development.processes import KILL_ALL
from app.development.server_process import end_with_parent

PROJECT = Path(__file__).parents[2]

_READY_SECONDS = 60
_STOP_SECONDS = 10
_POLL_SECONDS = 0.05
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Stopped(Exception):
    """Somebody asked us to end."""


class _StopRequest:
    """Remembers Ctrl-C and its like. Looked at between steps: an exception out of nowhere would leave things behind."""

    def __init__(self) -> None:
        self._asked = False
        for number in _STOP_SIGNALS:
            signal.signal(number, self._remember)

    def check(self) -> None:
        """Raises _Stopped once we were asked to end."""
        if self._asked:
            raise _Stopped

    def _remember(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True


def main(command: Sequence[str]) -> int:
    """Run until stopped, or until `command` ends.

    Returns:
        The exit code: 0 after Ctrl-C.
    """
    stop = _StopRequest()
    try:
        choices = read_choices(os.environ, PROJECT)
        return _run_command(choices, command, stop) if command else _run_processes(choices, stop)
    except _Stopped:
        return 0
    except (SetupError, ServerError) as error:
        print(error, file=sys.stderr)
        return 1


def _run_processes(choices: Choices, stop: _StopRequest) -> int:
    check_port(choices.host, choices.port, hint=f"Choose another: PORT={choices.port + 1} make run")
    with _prepared(choices, stop) as environment:
        names = ["web", "worker", "clock"]
        if choices.signs_in_locally:
            hint = "Local accounts are tied to it: end what uses it. (IDENTITY_PORT sets another, with new accounts.)"
            check_port(IDENTITY_HOST, int(environment["IDENTITY_PORT"]), hint=hint)
            names.append("identity")
        with _started(names, environment) as processes:
            if _becomes_ready(choices, processes, stop):
                print(_welcome(choices), flush=True)
            _wait_for_end(processes, stop)
    print("One of the processes ended by itself; what it said stands above.", file=sys.stderr)
    return 1


def _run_command(choices: Choices, command: Sequence[str], stop: _StopRequest) -> int:
    """Use the servers of a `make run` that is going on, or start them for as long as the command takes."""
    try:
        with _prepared(choices, stop) as environment:
            return subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode
    except AlreadyRunning:
        if not _record(choices).exists():
            raise
        environment = dict(os.environ) | json.loads(_record(choices).read_text(encoding="utf-8"))
        return subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode


@contextmanager
def _prepared(choices: Choices, stop: _StopRequest) -> Iterator[Mapping[str, str]]:
    """Servers that run, and a database that is up to date; gives the environment for processes."""
    with EmbeddedServers(choices.data, with_postgres=choices.needs_postgres, with_redis=choices.needs_redis) as servers:
        stop.check()
        owner = owner_environment(
            choices,
            database_url=servers.database_url if choices.needs_postgres else choices.given["DATABASE_URL"],
            redis_url=servers.redis_url if choices.needs_redis else choices.given["REDIS_URL"],
            identity_port=identity_port(choices),
        )
        ensure_database(owner["DATABASE_OWNER_URL"])
        _prepare_database(owner, stop)
        environment = process_environment(owner)
        ours = {name: value for name, value in environment.items() if choices.given.get(name) != value}
        write_private(_record(choices), json.dumps(ours))
        try:
            yield environment
        finally:
            _record(choices).unlink(missing_ok=True)


def _record(choices: Choices) -> Path:
    """Where a second terminal finds how to reach what runs in the first."""
    return choices.data / "running-environment.json"


def _prepare_database(owner: Mapping[str, str], stop: _StopRequest) -> None:
    """Roles, migrations and the demo, in a child process that can be stopped and leaves no connection behind.

    Raises:
        SetupError: one of them failed; it has said why.
    """
    child = get_context("fork").Process(target=_bring_up_to_date, args=[owner])
    child.start()
    try:
        while child.is_alive():
            stop.check()
            child.join(_POLL_SECONDS)
    finally:
        child.kill()
        child.join()
    if child.exitcode != 0:
        raise SetupError("The database could not be prepared; what went wrong stands above.")


def _bring_up_to_date(owner: Mapping[str, str]) -> None:
    """What `flask db-roles`, `flask db upgrade` and `flask demo` do, without importing everything three times."""
    # Only here: whoever is refused, or waits for the servers, need not wait for these.
    from flask.cli import ScriptInfo
    from flask_migrate import upgrade

    # Like all that we start it is out of the terminal's reach: Ctrl-C is for us.
    os.setsid()
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    application = create_app(Settings.from_environment(owner))
    script = ScriptInfo(create_app=lambda: application)
    application.cli.main(["db-roles"], obj=script, standalone_mode=False)
    with application.app_context():
        upgrade(directory=str(PROJECT / "migrations"))
    application.cli.main(["demo"], obj=script, standalone_mode=False)


@contextmanager
def _started(names: Sequence[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The Procfile's processes under honcho; all of them have ended when this is left."""
    processes = subprocess.Popen(
        # As a script, not as a module: the package would first import the whole application.
        [sys.executable, "-P", str(PROJECT / "app" / "development" / "processes.py"), *names],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent(signal.SIGTERM),
    )
    try:
        yield processes
    finally:
        processes.terminate()
        try:
            processes.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            processes.send_signal(KILL_ALL)
            with suppress(subprocess.TimeoutExpired):
                processes.wait(_STOP_SECONDS)
            processes.kill()
            processes.wait()


def _wait_for_end(process: subprocess.Popen[bytes], stop: _StopRequest) -> None:
    while process.poll() is None:
        stop.check()
        time.sleep(_POLL_SECONDS)


def _becomes_ready(choices: Choices, processes: subprocess.Popen[bytes], stop: _StopRequest) -> bool:
    """True once /readyz says so; False when a process has ended before.

    Raises:
        SetupError: it takes too long.
    """
    deadline = time.monotonic() + _READY_SECONDS
    while processes.poll() is None:
        stop.check()
        answer = _ask_readiness(choices)
        if not answer:
            return True
        if time.monotonic() > deadline:
            raise SetupError(f"The application is not ready after {_READY_SECONDS} s: {answer}")
        time.sleep(_POLL_SECONDS)
    return False


def _ask_readiness(choices: Choices) -> str:
    """What /readyz has to complain about; empty when it is content."""
    here = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(choices.host, choices.host)
    connection = http.client.HTTPConnection(here, choices.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace").strip()
        return "" if answer.status == 200 else f"/readyz answers {answer.status}: {text}"
    except (OSError, http.client.HTTPException) as error:
        return f"/readyz does not answer ({error})"
    finally:
        connection.close()


def _welcome(choices: Choices) -> str:
    """Addresses, and who can sign in."""
    base = choices.base_url
    lines = [
        "",
        "Upfront is ready.",
        "",
        f"  Public page   {base}/demo",
        f"  Dashboard     {base}/dashboard",
    ]
    if choices.keeps_mail:
        lines.append(f"  Sent mail     {base}/dev/outbox")
    if choices.signs_in_locally:
        people = [f"{person.email} ({person.role} of the demo)" for person in PEOPLE]
        people.append("or anybody else, by typing an address")
        lines += ["", f"  Sign in as    {people[0]}", *(f"                {person}" for person in people[1:])]
    lines += ["", f"  Data in       {choices.data}", "", "Ctrl-C stops everything.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
