"""Lists of addresses and networks, and passwords, as they are typed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.access import passwords
from app.access.rules import (
    MOST_ADDRESSES,
    admits_peer,
    canonical_password,
    check_password,
    parse_addresses,
    parse_networks,
)


@pytest.mark.parametrize(
    ("typed", "entries"),
    [
        ("ada@example.com", ("ada@example.com",)),
        ("Ada@Example.COM, ada@example.com", ("ada@example.com",)),
        (
            "@example.com\nexample.org;  bob@müller.example",
            ("@example.com", "@example.org", "bob@xn--mller-kva.example"),
        ),
    ],
)
def test_a_list_is_read_however_it_is_separated(typed: str, entries: tuple[str, ...]):
    assert parse_addresses(typed).entries == entries


@pytest.mark.parametrize("typed", ["", " \n ", "ada", "ada@", "@", "ada@example..com", "*@*.com", "a@b.example <x>"])
def test_what_is_no_address_is_named(typed: str):
    parsed = parse_addresses(typed)

    assert parsed.entries == ()
    assert parsed.fault


def test_a_list_ends_somewhere():
    assert parse_addresses(" ".join(f"a{number}@example.com" for number in range(MOST_ADDRESSES + 1))).fault


@pytest.mark.parametrize(
    ("typed", "peer"),
    [
        ("203.0.113.0/24", "203.0.113.9"),
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.7/24", "203.0.113.200"),
        ("203.0.113.0/24", "::ffff:203.0.113.9"),
        ("::ffff:203.0.113.0/120", "203.0.113.9"),
        ("2001:db8::/32", "2001:db8:1::5"),
        ("fe80::/10", "fe80::1%eth0"),
    ],
)
def test_a_range_holds_its_addresses(typed: str, peer: str):
    assert admits_peer(parse_networks(typed).entries, peer)


@pytest.mark.parametrize("peer", ["203.0.114.1", "2001:db9::1", "", "unknown", "203.0.113.9, 10.0.0.1"])
def test_and_no_others(peer: str):
    assert not admits_peer(("203.0.113.0/24", "2001:db8::/32"), peer)


@pytest.mark.parametrize(
    "typed", ["", "203.0.113", "203.0.113.0/33", "0.0.0.0/0", "::/0", "office", "10.0.0.0-10.0.0.9"]
)
def test_what_is_no_range_is_named(typed: str):
    assert parse_networks(typed).fault


@given(some.ip_addresses())
@settings(max_examples=30)
def test_an_address_is_the_range_of_itself(address: object):
    parsed = parse_networks(str(address))

    assert parsed.fault or admits_peer(parsed.entries, str(address))


@pytest.mark.parametrize(
    ("password", "is_fine"), [("correct horse", True), ("short", False), ("aaaaaaaaaa", False), ("x" * 201, False)]
)
def test_a_password_takes_some_guessing(password: str, is_fine: bool):
    assert (check_password(password) is None) is is_fine


def test_a_password_is_one_however_a_keyboard_writes_it():
    kept = passwords.hash_password(canonical_password("Gru\u0308ße 2026"))

    assert passwords.is_password("Gr\u00fcße 2026", kept)
    assert not passwords.is_password("Grüsse 2026", kept)
    assert not passwords.is_password("x" * 10_000, kept)
    assert not passwords.is_password("anything", "")


def test_it_is_hashed_with_salt_and_as_slowly_as_it_says():
    first, second = (passwords.hash_password("correct horse") for _ in range(2))

    assert first != second
    assert first.startswith("scrypt$16$8$5$")  # the light ones of these tests


def test_in_production_it_is_hashed_slowly(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()

    assert passwords._COST * passwords._BLOCK * 128 == 16 * 1024 * 1024
