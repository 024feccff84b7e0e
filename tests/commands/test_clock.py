"""The clock: one leads, the others stand by; what fails is told once and tried again."""

from datetime import timedelta

import pytest
from flask import Flask
from redis import RedisError
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool
from structlog.testing import capture_logs

from app import clock
from app.commands.clock import SWEEPS, Rounds, Sweep, keep_time, leading
from app.config import Settings
from app.extensions import db
from app.maintenance.actions import schedule_maintenance
from app.maintenance.details import MaintenanceDetails
from app.maintenance.due import keep_windows
from app.stopping import Stopping
from tests.builders import Team
from tests.maintenance.seeing import again, kinds, messages
from tests.together import run_together


def test_only_one_clock_leads(app: Flask) -> None:
    with leading() as first, leading() as second:
        assert first is not None
        assert second is None


def test_another_clock_leads_when_the_leader_is_gone(app: Flask) -> None:
    with leading() as first:
        assert first is not None

    with leading() as second:
        assert second is not None


def test_another_clock_leads_when_the_leader_lost_its_connection(app: Flask, owner_url: str) -> None:
    owner = create_engine(owner_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with leading() as first:
        assert first is not None
        with owner.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            )

        with leading() as second:
            assert second is not None


def test_sweeps_run_at_once_and_then_at_their_intervals() -> None:
    ran: list[str] = []
    rounds = Rounds([Sweep("often", 2, lambda: ran.append("often")), Sweep("seldom", 5, lambda: ran.append("seldom"))])

    upcoming = [rounds.run_due(now) for now in (0.0, 2.0, 4.0, 5.0)]

    assert ran == ["often", "seldom", "often", "often", "seldom"]
    assert upcoming == [2.0, 4.0, 5.0, 6.0]


def test_a_sweep_that_fails_is_told_of_once_and_does_not_stop_the_others() -> None:
    ran: list[str] = []

    def fail() -> None:
        raise RedisError("away")

    rounds = Rounds([Sweep("failing", 1, fail), Sweep("working", 1, lambda: ran.append("working"))])

    with capture_logs() as logs:
        rounds.run_due(0.0)
        rounds.run_due(1.0)

    assert ran == ["working", "working"]
    assert [line["event"] for line in logs] == ["clock.sweep_failed"]


def test_a_sweep_that_works_again_may_fail_aloud_again() -> None:
    outcomes = iter([RedisError("away"), None, RedisError("away again")])

    def sometimes() -> None:
        if (fault := next(outcomes)) is not None:
            raise fault

    rounds = Rounds([Sweep("sometimes", 1, sometimes)])

    with capture_logs() as logs:
        for now in (0.0, 1.0, 2.0):
            rounds.run_due(now)

    assert [line["event"] for line in logs] == [
        "clock.sweep_failed",
        "clock.sweep_recovered",
        "clock.sweep_failed",
    ]


def test_the_clock_waits_for_a_database_that_is_away_and_says_so_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = Stopping()
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 3:
            stopping.set()
        return stopping.is_set()

    nowhere = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", poolclass=NullPool)
    monkeypatch.setattr(type(db), "engine", nowhere)
    monkeypatch.setattr(stopping, "wait", wait)

    with capture_logs() as logs:
        keep_time(stopping, Rounds([Sweep("never", 1, lambda: pytest.fail("nobody leads"))]))

    assert [line["event"] for line in logs] == ["clock.database_away"]


def test_nothing_that_was_lost_waits_longer_than_half_a_minute(test_settings: Settings) -> None:
    intervals = {sweep.name: sweep.every_seconds for sweep in SWEEPS}

    assert intervals["batches"] <= 30
    assert intervals["events"] <= 30


def test_two_clocks_keep_a_window_once_and_within_five_seconds(app: Flask, team: Team) -> None:
    maintenance = next(sweep for sweep in SWEEPS if sweep.run is keep_windows)
    starts_at = clock.now() + timedelta(seconds=1)
    details = MaintenanceDetails("Short work", "", starts_at, starts_at + timedelta(seconds=1), reminders=())
    window = schedule_maintenance(details, by=team.actor())

    def keep_until_it_is_over() -> None:
        stopping = Stopping()

        def look() -> None:
            keep_windows()
            if again(team, window).completed_at is not None:
                stopping.set()

        keep_time(stopping, Rounds([Sweep("maintenance", maintenance.every_seconds, look)]))

    run_together(app, [keep_until_it_is_over] * 2)

    assert kinds(team) == ["scheduled", "started", "completed"]
    late = [
        said.posted_at - planned
        for said, planned in zip(messages(team, window), (window.starts_at, window.ends_at), strict=True)
    ]
    assert max(late) < timedelta(seconds=5)
