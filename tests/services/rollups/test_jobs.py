"""The clock sees to it that days that are over are rolled up, with a worker and without one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from rq import Queue, SimpleWorker
from sqlalchemy import func, select

from app import bells
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.pages.zones import keep_zones
from app.services.rollups import bell
from app.services.rollups.jobs import take_up_comparing, take_up_days
from app.services.rollups.models import DayZone, ServiceDay
from tests.builders import Team

NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)


@pytest.fixture
def midnight(team: Team) -> Iterator[time_machine.Traveller]:
    """A second after the first day of a service was over, in Berlin."""
    with time_machine.travel(NOON, tick=False) as traveller:
        team.service("API")
        keep_zones()
        traveller.shift(timedelta(hours=12, seconds=1))
        yield traveller


def count_days(team: Team) -> int:
    with organization_scope(Actor.worker(team.id)) as scope:
        return scope.session.scalar(select(func.count()).select_from(ServiceDay)) or 0


def work(app: Flask) -> None:
    queue = Queue(bells.CHORES, connection=app.extensions["upfront.rq_redis"])
    SimpleWorker([queue], connection=queue.connection).work(burst=True, logging_level="ERROR")
    assert not queue.failed_job_registry.count


def test_a_day_is_rolled_up_when_it_is_over(app: Flask, team: Team, midnight: time_machine.Traveller):
    take_up_days()
    work(app)

    assert count_days(team) == 1
    take_up_days()
    assert bells.waiting(bells.CHORES) == 0


def test_without_redis_the_clock_does_it_itself(
    team: Team, midnight: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bell, "ring", lambda *_: False)

    take_up_days()

    assert count_days(team) == 1


def test_what_is_rolled_up_is_compared_once_a_night(app: Flask, team: Team, midnight: time_machine.Traveller):
    take_up_days()
    work(app)
    take_up_comparing()
    work(app)

    with organization_scope(Actor.worker(team.id)) as scope:
        checked_at = scope.session.scalars(select(DayZone.checked_at)).one()
    assert checked_at == NOON + timedelta(hours=12, seconds=1)
    take_up_comparing()
    assert bells.waiting(bells.CHORES) == 0
