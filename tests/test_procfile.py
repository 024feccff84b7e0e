"""The process types: none starts in production with settings that are unfit for it."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from honcho.environ import parse_procfile

PROJECT = Path(__file__).parents[1]
COMMANDS = parse_procfile((PROJECT / "Procfile").read_text(encoding="utf-8")).processes


def test_the_process_types_are_those_of_the_design() -> None:
    assert set(COMMANDS) == {"web", "worker", "clock", "identity"}


@pytest.mark.parametrize("name", ["web", "worker", "clock"])
def test_production_without_settings_ends_at_once_with_every_fault_in_plain_words(name: str) -> None:
    ended = start_in_production(name)

    assert ended.returncode == 1
    assert "SECRET_KEY is not set" in ended.stderr
    assert "DATABASE_URL is not set" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_local_sign_in_does_not_start_in_production() -> None:
    ended = start_in_production("identity")

    assert ended.returncode == 1
    assert "does not run in production" in ended.stderr


def start_in_production(name: str) -> "subprocess.CompletedProcess[str]":
    program, *arguments = shlex.split(COMMANDS[name])
    assert program == "python"
    environment = {"PATH": os.environ["PATH"], "APP_ENV": "production"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
