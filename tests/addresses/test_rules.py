"""For how long an address that was given up still counts."""

from datetime import UTC, datetime, timedelta

from app.addresses.rules import retirement

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def test_an_address_that_leads_on_does_so_for_a_year_and_is_held_as_long():
    given_up = retirement(NOW, leads_on=True)

    assert given_up.redirects_until == given_up.held_until == NOW + timedelta(days=365)


def test_one_that_leads_nowhere_is_held_for_ninety_days():
    given_up = retirement(NOW, leads_on=False)

    assert given_up.redirects_until == NOW
    assert given_up.held_until == NOW + timedelta(days=90)
