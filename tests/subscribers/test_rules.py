"""Deadlines, without a database."""

from datetime import UTC, datetime, timedelta

from app.subscribers.rules import LINK_LIFETIME, PAUSE, is_expired, may_ask_again

NOW = datetime(2026, 11, 21, 9, 20, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_an_address_is_asked_again_after_a_quarter_of_an_hour():
    assert not may_ask_again(NOW - PAUSE + SECOND, None, NOW)
    assert may_ask_again(NOW - PAUSE, None, NOW)


def test_who_has_left_since_need_not_wait():
    assert may_ask_again(NOW - SECOND, NOW, NOW)
    assert not may_ask_again(NOW - SECOND, NOW - 2 * SECOND, NOW)


def test_a_request_from_the_future_is_not_asked_again():
    """Two processes' clocks differ a little."""
    assert not may_ask_again(NOW + SECOND, None, NOW)


def test_a_link_expires_after_a_day():
    assert not is_expired(NOW - LINK_LIFETIME + SECOND, NOW)
    assert is_expired(NOW - LINK_LIFETIME, NOW)
