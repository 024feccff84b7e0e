"""A clock that tests move on."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine


@pytest.fixture
def traveller(app: object) -> Iterator[time_machine.Traveller]:
    """Time passes as usual, and jumps when it is told to."""
    with time_machine.travel(datetime.now(UTC)) as traveller:
        yield traveller
