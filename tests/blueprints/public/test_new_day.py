"""A page that stays open while its day ends: whoever asks gets the new day, although nobody changed anything."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from flask.testing import FlaskClient

from app.maintenance.models import Maintenance
from tests.builders import Team

MIDNIGHT = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)  # in Berlin, where the team is
EVENING = MIDNIGHT - timedelta(minutes=20)


@pytest.fixture
def team(team: Team):
    with time_machine.travel(EVENING - timedelta(days=3), tick=False):
        team.service("API")
    return team


def fragments_for(client: FlaskClient, html: str) -> tuple[int, str]:
    """What a page is told that shows `html`, or has been told it last."""
    mark = re.search(r"live\?(?:lang=[\w-]+&)?(revision=\d+&until=\d+)", unescape(html)) or re.search(
        r"<!--(.*)-->$", html
    )
    assert mark is not None
    query = mark[1].replace(" until ", "&until=").replace("revision ", "revision=")
    answer = client.get(f"/northwind/fragments?{query}")
    return answer.status_code, answer.text


def test_the_strips_move_on_when_the_day_ends_and_not_before(team: Team, client: FlaskClient):
    with time_machine.travel(EVENING, tick=False) as traveller:
        shown = client.get("/northwind").text
        before = fragments_for(client, shown)
        traveller.move_to(MIDNIGHT)
        status, told = fragments_for(client, shown)
        after = fragments_for(client, told)

    assert before == (204, "")
    assert status == 200
    assert 'data-last="2026-11-21"' in shown
    assert 'data-last="2026-11-22"' in told
    assert after == (204, "")


@pytest.fixture
def planned(team: Team) -> Maintenance:
    with time_machine.travel(EVENING - timedelta(hours=2), tick=False):
        return team.maintenance("Move", in_hours=1, hours=1)


def test_a_page_that_was_made_when_a_window_should_be_over_still_ends_with_the_day(
    planned: Maintenance, client: FlaskClient
):
    with time_machine.travel(EVENING, tick=False):
        shown = client.get("/northwind").text

    assert f"until={MIDNIGHT.timestamp():.0f}" in unescape(shown)
