"""Time that tests move, and ways to see what happened."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def traveller(app: object) -> Iterator[time_machine.Traveller]:
    """It is noon of a Saturday until a test moves it. Ask for it before `team`, so that all happens in its time."""
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved
