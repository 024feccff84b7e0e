"""What builders copy is what the product makes."""

import json
import re
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from tests.builders import World
from tests.founding import EXTENSION, rows_of_all

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SECRET = r"\\\\x[0-9a-f]{64}"
NUMBERED = r"(?:mara|subject-)\d+"


def test_a_copied_organization_leaves_the_same_rows_as_a_founded_one(
    emptied, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = create_engine(owner_url, poolclass=NullPool)

    def found() -> str:
        with emptied() as app, time_machine.travel(datetime(2026, 5, 1, tzinfo=UTC), tick=False):
            World(app).team('Ada\'s "Clouds"', "ada", "Asia/Tokyo")
            return without_chance(json.dumps(rows_of_all(owner), sort_keys=True))

    copied = found()
    with emptied() as app:
        monkeypatch.delitem(app.extensions, EXTENSION)
    founded = found()

    assert copied == founded


def without_chance(text: str) -> str:
    """Each id, secret and number as what it is the first, second, … of."""
    seen: dict[str, str] = {}
    return re.sub(f"{UUID}|{SECRET}|{NUMBERED}", lambda one: seen.setdefault(one[0], f"<{len(seen)}>"), text)
