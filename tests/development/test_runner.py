"""`make run`, for real: its servers and processes start, are reachable, and leave nothing behind."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import make_url

from app.development.embedded import EmbeddedServers
from tests.running import PATIENCE_SECONDS, PROJECT, Run, Runs, free_port, variables

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for leftovers in /proc"),
]


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


def test_ctrl_c_ends_everything_and_the_next_start_finds_its_data(run: Run, runs: Runs) -> None:
    secret = (run.data / "secret-key").read_text()
    running = len(run.leftovers())

    code = run.send(signal.SIGINT)

    assert running >= 8  # PostgreSQL, Redis, honcho, web, worker, clock, identity, and children of theirs
    assert code == 0, "".join(run.output)
    assert run.leftovers() == []
    assert "Traceback" not in "".join(run.output)
    again = runs.start()
    assert "The demo organization is ready." not in "".join(again.output)
    assert (run.data / "secret-key").read_text() == secret


def test_when_it_is_killed_the_rest_ends_too(run: Run) -> None:
    rest = run.leftovers()

    run.send(signal.SIGKILL)

    still_running = [pid for pid in rest if not has_ended(pid)]
    assert still_running == []


def test_sigterm_while_it_is_starting_ends_everything_too(runs: Runs) -> None:
    run = Run(runs.data.with_name("interrupted"))
    run.wait_for("The roles")

    code = run.send(signal.SIGTERM)

    assert code == 0, "".join(run.output)
    assert run.leftovers() == []
    assert "Traceback" not in "".join(run.output)


@pytest.fixture(scope="module")
def named(runs: Runs, servers: EmbeddedServers) -> Iterator[Run]:
    """One with servers of the developer's own."""
    theirs = make_url(servers.database_url).set(database="of_the_developer").render_as_string(hide_password=False)
    run = Run(runs.data.with_name("named"), DATABASE_URL=theirs, REDIS_URL=servers.redis_url)
    try:
        run.wait_until_ready()
        yield run
    finally:
        run.end()


def test_servers_that_were_named_are_used_and_nothing_is_embedded(named: Run) -> None:
    with urlopen(f"{named.base}/readyz") as ready:
        state = json.load(ready)

    assert state["ready"] is True
    assert not (named.data / "postgres").exists()
    assert not (named.data / "redis.log").exists()


def test_when_nobody_reads_its_output_any_more_it_can_still_be_ended(named: Run) -> None:
    named.stop_listening()

    named.send(signal.SIGINT)

    assert named.leftovers() == []


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


def has_ended(pid: int) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with os.fdopen(handle) as opened:
        return bool(select.select([opened], [], [], PATIENCE_SECONDS)[0])
