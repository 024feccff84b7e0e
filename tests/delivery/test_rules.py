"""When to try again, and when not any more."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.delivery.rules import FIRST_BACKOFF, LONGEST_BACKOFF, about, is_given_up, next_attempt_at

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
CHANCES = st.floats(0, 1)


@given(attempts=st.integers(0, 10_000), chance=CHANCES)
def test_a_retry_comes_within_the_longest_backoff(attempts: int, chance: float) -> None:
    at = next_attempt_at(attempts, NOW, retry_after=None, chance=chance)

    assert NOW <= at <= NOW + LONGEST_BACKOFF


@given(attempts=st.integers(1, 6), chance=CHANCES)
def test_each_try_may_wait_twice_as_long_as_the_one_before(attempts: int, chance: float) -> None:
    at = next_attempt_at(attempts, NOW, retry_after=None, chance=chance)

    assert at - NOW == FIRST_BACKOFF * 2 ** (attempts - 1) * chance


@given(attempts=st.integers(1, 100), seconds=st.integers(0, 86_400), chance=CHANCES)
def test_the_provider_is_left_alone_for_as_long_as_it_asks(attempts: int, seconds: int, chance: float) -> None:
    at = next_attempt_at(attempts, NOW, retry_after=timedelta(seconds=seconds), chance=chance)

    assert at >= NOW + timedelta(seconds=seconds)


def test_a_batch_is_given_up_before_the_provider_forgets_its_key() -> None:
    assert not is_given_up(NOW - timedelta(hours=22, minutes=59), NOW)
    assert is_given_up(NOW - timedelta(hours=23), NOW)


def test_what_someone_chose_is_said_in_few_words() -> None:
    assert about([]) == ""
    assert about(["API"]) == "API"
    assert about(["API", "Web"]) == "API and Web"
    assert about(["API", "Web", "Search"]) == "API, Web and 1 more"
