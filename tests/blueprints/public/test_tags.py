"""Pollers who are sent to another process each time: what has not changed is not sent again."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from werkzeug.test import Client

from app.incidents.models import Incident
from app.live.revisions import Revisions
from app.maintenance.models import Maintenance
from app.pages.cache import PageCache
from app.services.models import Service
from app.web.caching import shared_reads
from tests.builders import Team

MORNING = datetime(2026, 11, 21, 9, 20, tzinfo=UTC)


@pytest.fixture
def processes(app: Flask) -> tuple[Client, Client]:
    return new_process(app), new_process(app)


@pytest.fixture
def team(team: Team):
    with time_machine.travel(MORNING, tick=False):
        yield team


def new_process(app: Flask) -> Client:
    revisions = Revisions()
    revisions.confirm()
    return Client(PageCache(app, revisions, shared_reads(app)))


@pytest.fixture
def service(team: Team) -> Service:
    with time_machine.travel(MORNING - timedelta(days=2), tick=False):
        return team.service("API")


@pytest.fixture
def incident(team: Team, service: Service) -> Incident:
    return team.resolve(team.incident("Errors", affects={service: "major_outage"}))


@pytest.fixture
def maintenance(team: Team, service: Service) -> Maintenance:
    return team.maintenance("Move", service)


@pytest.mark.parametrize(
    "path",
    [
        "/northwind",
        "/api/northwind/status",
        "/northwind/incidents/{incident.id}",
        "/northwind/services/{service.id}",
        "/northwind/services/{service.id}/days/2026-11-20",
        "/northwind/maintenance/{maintenance.id}",
        "/northwind/maintenance.ics",
    ],
)
def test_another_process_knows_the_tag(
    processes: tuple[Client, Client], service: Service, incident: Incident, maintenance: Maintenance, path: str
):
    first, second = processes
    path = path.format(service=service, incident=incident, maintenance=maintenance)
    tag = first.get(path).headers["ETag"]

    with time_machine.travel(MORNING + timedelta(minutes=7), tick=False):
        answer = second.get(path, headers={"If-None-Match": tag})

    assert answer.status_code == 304


@pytest.mark.parametrize("path", ["/northwind", "/api/northwind/status"])
def test_a_change_gives_another_tag(processes: tuple[Client, Client], team: Team, service: Service, path: str):
    first, second = processes
    tag = first.get(path).headers["ETag"]
    team.set_status(service, "major_outage")

    answer = second.get(path, headers={"If-None-Match": tag})

    assert answer.status_code == 200


def test_a_new_day_gives_the_page_another_tag(processes: tuple[Client, Client], service: Service):
    first, second = processes
    tag = first.get("/northwind").headers["ETag"]

    with time_machine.travel(MORNING + timedelta(days=1), tick=False):
        answer = second.get("/northwind", headers={"If-None-Match": tag})

    assert answer.status_code == 200
