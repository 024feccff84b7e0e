"""`make run`, for real: its servers and processes start, are reachable, and leave nothing behind."""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.request import urlopen

import pytest

PROJECT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120  # far more than it takes: a test that hangs should fail, a slow machine should not

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("runner"),
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for leftovers in /proc"),
]


class Run:
    """One `make run` on a data folder, in a process group of its own like in a terminal."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.output: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.development.runner"],
            cwd=PROJECT,
            env=variables(data, self.port),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}"

    def wait_until_ready(self) -> None:
        giving_up = threading.Timer(PATIENCE_SECONDS, self._process.kill)
        giving_up.start()
        assert self._process.stdout
        for line in self._process.stdout:
            self.output.append(line)
            if line.startswith("Ctrl-C stops everything"):
                break
        giving_up.cancel()
        assert self._process.poll() is None, "".join(self.output)

    def send(self, number: signal.Signals) -> int:
        """Send a signal to the whole group, as a terminal does; gives the exit code."""
        os.killpg(self._process.pid, number)
        rest, _ = self._process.communicate(timeout=PATIENCE_SECONDS)
        self.output.append(rest)
        return self._process.returncode

    def end(self) -> None:
        if self._process.poll() is None:
            self.send(signal.SIGTERM)

    def leftovers(self) -> list[int]:
        """Processes of this run that go on without it."""
        return [pid for pid, traces in processes() if str(self.data) in traces and pid != self._process.pid]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    base = Path(tempfile.mkdtemp(prefix="upfront run "))
    base.chmod(0o711)
    yield base / ".data"
    shutil.rmtree(base)


@pytest.fixture
def run(data: Path) -> Iterator[Run]:
    started = Run(data)
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.end()


def test_everything_answers_and_a_second_terminal_can_join(run: Run) -> None:
    with urlopen(f"{run.base}/readyz") as ready:
        state = json.load(ready)
    with urlopen(f"{run.base}/demo") as page:
        demo = page.read().decode()
    second = run_to_its_end(run.data, free_port())
    same_port = run_to_its_end(run.data.with_name("other"), run.port)
    shell = subprocess.run(
        [sys.executable, "-m", "app.development.runner", sys.executable, "-c", LOOK_AT_THE_DATABASE],
        cwd=PROJECT,
        env=variables(run.data, free_port()),
        capture_output=True,
        text=True,
        check=False,
    )

    assert state["ready"] is True
    assert "Northwind" in demo
    assert "mara@northwind.example" in "".join(run.output)
    assert (second.returncode, second.stderr.count("\n")) == (1, 1)
    assert "Upfront already runs on" in second.stderr
    assert same_port.returncode == 1
    assert same_port.stderr.startswith(f"Port {run.port} on 127.0.0.1 is taken.")
    assert shell.stdout.splitlines() == ["upfront_app", "None"], shell.stderr


def test_ctrl_c_ends_everything_and_the_next_start_finds_its_data(run: Run, data: Path) -> None:
    secret = (data / "secret-key").read_text()
    running = len(run.leftovers())

    code = run.send(signal.SIGINT)

    again = Run(data)
    again.wait_until_ready()
    code_again = again.send(signal.SIGTERM)
    assert running >= 8  # PostgreSQL, Redis, honcho, web, worker, clock, identity, and children of theirs
    assert code == 0, "".join(run.output)
    assert run.leftovers() == []
    assert "Traceback" not in "".join(run.output)
    assert code_again == 0
    assert again.leftovers() == []
    assert (data / "secret-key").read_text() == secret


def test_when_it_is_killed_the_rest_ends_too(run: Run) -> None:
    rest = run.leftovers()

    run.send(signal.SIGKILL)

    still_running = [pid for pid in rest if not has_ended(pid)]
    assert still_running == []


def test_nothing_is_started_in_production(tmp_path: Path) -> None:
    refused = run_to_its_end(tmp_path / "data", free_port(), APP_ENV="production")

    assert refused.returncode == 1
    assert "for development" in refused.stderr
    assert not (tmp_path / "data").exists()


LOOK_AT_THE_DATABASE = """
import os, psycopg
url = os.environ["DATABASE_URL"].replace("+psycopg", "")
print(psycopg.connect(url).execute("SELECT current_user").fetchone()[0])
print(os.environ.get("DATABASE_OWNER_URL"))
"""


def variables(data: Path, port: int, **more: str) -> Mapping[str, str]:
    """The developer's environment, without what would lead to servers of their own."""
    ours = ("APP_ENV", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BASE_URL", "HOST", "GOOGLE_CLIENT_ID")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"DATA_DIR": str(data), "PORT": str(port)} | more


def run_to_its_end(data: Path, port: int, **more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "app.development.runner"]
    return subprocess.run(
        command,
        cwd=PROJECT,
        env=variables(data, port, **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def processes() -> Iterator[tuple[int, str]]:
    """Each process of this machine with its command line and environment."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                traces = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            except OSError:  # it has ended meanwhile, or is not ours
                continue
            yield int(folder.name), traces.decode(errors="replace")


def has_ended(pid: int) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with os.fdopen(handle) as opened:
        return bool(select.select([opened], [], [], PATIENCE_SECONDS)[0])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
