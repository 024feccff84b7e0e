"""A member's socket lives only as long as the permission behind it."""

from collections.abc import Callable

from app.live.permits import ASK_AGAIN_SECONDS, ASK_WHILE_DEAF_SECONDS, Permits


class Line:
    """A connection that only notes how it was closed."""

    def __init__(self) -> None:
        self.code: int | None = None

    def close(self, code: int, reason: str = "") -> None:
        self.code = code


def closed_with(answer: Callable[[], bool], *, key: str | None, seconds: float) -> int | None:
    """What becomes of a connection of session "s1" after so long, if `key` was rung meanwhile."""
    permits, line = Permits(), Line()
    with permits.hold(line, answer, ["s1", "u1"], now=0.0):  # type: ignore[arg-type]
        if key is not None:
            permits.ring(key)
        permits.make_round(seconds)
    return line.code


def unknown() -> bool:
    raise RuntimeError("the database is away")


def test_who_is_not_allowed_any_more_is_closed_within_a_minute() -> None:
    assert closed_with(lambda: False, key=None, seconds=ASK_AGAIN_SECONDS) == 1008


def test_nobody_is_asked_about_more_often_than_needed() -> None:
    assert closed_with(lambda: False, key=None, seconds=ASK_AGAIN_SECONDS - 1) is None


def test_what_was_taken_away_while_the_connection_was_made_closes_it_in_the_first_round() -> None:
    permits, line = Permits(), Line()

    with permits.hold(line, lambda: False, ["s1"]):  # type: ignore[arg-type]
        permits.make_round(1)

    assert line.code == 1008


def test_a_session_that_ends_closes_its_sockets_at_once() -> None:
    assert closed_with(lambda: False, key="s1", seconds=1) == 1008


def test_a_user_whose_rights_change_is_asked_about_at_once() -> None:
    assert closed_with(lambda: False, key="u1", seconds=1) == 1008


def test_another_session_is_left_alone() -> None:
    assert closed_with(lambda: False, key="s2", seconds=1) is None


def test_who_is_still_allowed_stays() -> None:
    assert closed_with(lambda: True, key="s1", seconds=1) is None


def test_nobody_is_closed_because_the_database_does_not_answer() -> None:
    assert closed_with(unknown, key="s1", seconds=1) is None


def test_an_unknown_answer_is_asked_for_again_soon() -> None:
    permits, line, answers = Permits(), Line(), iter([unknown, lambda: False])

    with permits.hold(line, lambda: next(answers)(), ["s1"], now=0.0):  # type: ignore[arg-type]
        permits.make_round(ASK_AGAIN_SECONDS)
        permits.make_round(ASK_AGAIN_SECONDS + 1)

    assert line.code == 1008


def test_while_nobody_can_tell_of_changes_it_is_asked_more_often() -> None:
    permits, line = Permits(), Line()

    with permits.hold(line, lambda: False, ["s1"], now=0.0):  # type: ignore[arg-type]
        permits.set_hearing(False)
        permits.make_round(ASK_WHILE_DEAF_SECONDS - 1)
        early = line.code
        permits.make_round(ASK_WHILE_DEAF_SECONDS)

    assert (early, line.code) == (None, 1008)


def test_after_a_silence_everybody_is_asked_about_once() -> None:
    permits, answers = Permits(), iter([True, True])
    asked: list[bool] = []

    def ask() -> bool:
        asked.append(next(answers))
        return asked[-1]

    with permits.hold(Line(), ask, ["s1"], now=0.0):  # type: ignore[arg-type]
        permits.set_hearing(True)
        for second in (1, 2, 30):
            permits.make_round(second)

    assert asked == [True]
