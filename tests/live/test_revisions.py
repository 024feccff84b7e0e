from uuid import UUID

import pytest

from app.live.revisions import Revisions

NORTHWIND, SOUTHWIND = UUID(int=1), UUID(int=2)


@pytest.fixture
def revisions() -> Revisions:
    return Revisions()


def test_nothing_is_known_at_first(revisions: Revisions) -> None:
    assert revisions.current(NORTHWIND) is None


def test_a_number_only_rises(revisions: Revisions) -> None:
    assert revisions.advance(NORTHWIND, 5)
    assert not revisions.advance(NORTHWIND, 4)

    assert revisions.current(NORTHWIND) == 5
    assert revisions.current(SOUTHWIND) is None


def test_subscribers_hear_of_each_rise_once(revisions: Revisions) -> None:
    heard: list[tuple[UUID, int]] = []

    def note(organization_id: UUID, number: int) -> None:
        heard.append((organization_id, number))

    revisions.subscribe(note)
    revisions.subscribe(note)
    revisions.advance(NORTHWIND, 2)
    revisions.advance(NORTHWIND, 2)
    revisions.advance(NORTHWIND, 3)

    assert heard == [(NORTHWIND, 2), (NORTHWIND, 3)]


def test_one_subscriber_that_fails_does_not_silence_the_others(revisions: Revisions) -> None:
    heard: list[int] = []

    def fail(organization_id: UUID, number: int) -> None:
        raise RuntimeError

    revisions.subscribe(fail)
    revisions.subscribe(lambda _, number: heard.append(number))
    revisions.advance(NORTHWIND, 2)

    assert heard == [2]


def test_what_somebody_asks_for_is_watched(revisions: Revisions) -> None:
    revisions.current(NORTHWIND)
    revisions.advance(SOUTHWIND, 1)

    assert revisions.watched() == (NORTHWIND,)


def test_what_nobody_asks_for_any_more_is_forgotten(revisions: Revisions) -> None:
    for organization_id in (NORTHWIND, SOUTHWIND):
        revisions.advance(organization_id, 1)
        revisions.current(organization_id)

    for _ in range(3):
        revisions.current(NORTHWIND)
        revisions.forget_unasked()

    assert revisions.current(NORTHWIND) == 1
    assert revisions.current(SOUTHWIND) is None


def test_nobody_has_confirmed_anything_before_the_first_comparison(revisions: Revisions) -> None:
    assert revisions.seconds_unconfirmed() is None

    revisions.confirm()

    unconfirmed = revisions.seconds_unconfirmed()
    assert unconfirmed is not None
    assert unconfirmed < 60
