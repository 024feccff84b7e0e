"""Notices in the ledger: what comes back is what was put in, also after the program has changed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from app.delivery.notices.kept import Kept


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Part(Kept):
    at: datetime


@dataclass(frozen=True, slots=True)
class Whole(Kept):
    id: UUID
    name: str
    count: int
    colour: Colour
    parts: tuple[Part, ...]
    other: Part | None
    nothing: datetime | None = None
    added: str = "new"


WHOLE = Whole(
    id=UUID(int=7),
    name="Ünïcode \u202e",
    count=3,
    colour=Colour.RED,
    parts=(Part(datetime(2026, 11, 21, 9, 0, 0, 1, tzinfo=UTC)),),
    other=Part(datetime(2026, 11, 22, tzinfo=UTC)),
)


def test_what_was_kept_comes_back_equal() -> None:
    assert Whole.from_json(WHOLE.to_json()) == WHOLE


def test_a_field_that_was_not_known_then_gets_its_default() -> None:
    kept = WHOLE.to_json()
    del kept["added"]

    assert Whole.from_json(kept).added == "new"


def test_a_field_that_is_not_known_any_more_is_left_out() -> None:
    assert Whole.from_json(WHOLE.to_json() | {"removed": 1}) == WHOLE
