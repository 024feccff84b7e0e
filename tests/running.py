"""What `make run` starts, for real, for as long as a test needs it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PATIENCE_SECONDS = 120  # far more than it takes: a test that hangs should fail, a slow machine should not


class Run:
    """One `make run` on a data folder, in a process group of its own like in a terminal."""

    def __init__(self, data: Path, **more: str) -> None:
        self.data = data
        self.port = free_port()
        self.output: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.development.runner"],
            cwd=PROJECT,
            env=variables(data, self.port, **more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def goes_on(self) -> bool:
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        self.wait_for("Ctrl-C stops everything")

    def wait_for(self, beginning: str) -> None:
        """Return once it has printed a line that begins so."""
        giving_up = threading.Timer(PATIENCE_SECONDS, self._process.kill)
        giving_up.start()
        assert self._process.stdout
        for line in self._process.stdout:
            self.output.append(line)
            if line.startswith(beginning):
                break
        giving_up.cancel()
        assert self._process.poll() is None, "".join(self.output)

    def send(self, number: signal.Signals) -> int:
        """Send a signal to the whole group, as a terminal does; gives the exit code."""
        os.killpg(self._process.pid, number)
        assert self._process.stdout
        if not self._process.stdout.closed:
            self.output.append(self._process.communicate(timeout=PATIENCE_SECONDS)[0])
        self._process.wait(PATIENCE_SECONDS)
        return self._process.returncode

    def stop_listening(self) -> None:
        """Read no more of what it prints, like `head` after its last line."""
        assert self._process.stdout
        self._process.stdout.close()

    def end(self) -> None:
        if self._process.poll() is None:
            self.send(signal.SIGTERM)

    def leftovers(self) -> list[int]:
        """Processes of this run that go on without it."""
        return [pid for pid, traces in processes() if str(self.data) in traces and pid != self._process.pid]


class Runs:
    """What was started on one data folder. Starting takes seconds: a test takes over what the one before left going."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._latest: Run | None = None

    def take_over(self) -> Run:
        """The one that goes on, or else a new one; ready."""
        return self._latest if self._latest and self._latest.goes_on else self.start()

    def start(self) -> Run:
        self._latest = Run(self.data)
        self._latest.wait_until_ready()
        return self._latest

    def end(self) -> None:
        if self._latest:
            self._latest.end()


@pytest.fixture(scope="session")
def runs() -> Iterator[Runs]:
    base = Path(tempfile.mkdtemp(prefix="upfront run "))
    base.chmod(0o711)
    started = Runs(base / ".data")
    yield started
    started.end()
    shutil.rmtree(base)


@pytest.fixture
def run(runs: Runs) -> Run:
    """A `make run` that goes on."""
    return runs.take_over()


def variables(data: Path, port: int, **more: str) -> Mapping[str, str]:
    """The developer's environment, without what would lead to servers of their own."""
    ours = ("APP_ENV", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BASE_URL", "HOST", "GOOGLE_CLIENT_ID")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"DATA_DIR": str(data), "PORT": str(port)} | more


def processes() -> Iterator[tuple[int, str]]:
    """Each process of this machine with its command line and environment."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                traces = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            except OSError:  # it has ended meanwhile, or is not ours
                continue
            yield int(folder.name), traces.decode(errors="replace")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
