"""Which hosts a page can have, and what proves one."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domains.rules import NO_ADDRESS, Found, Verdict, check_host, judge, normalize_host, pause_after, record_value

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("status.example.com", "status.example.com"),
        ("  Status.Example.COM. ", "status.example.com"),
        ("https://status.example.com/", "status.example.com"),
        ("zustand.müller.example", "zustand.xn--mller-kva.example"),
        ("аpple.example", "xn--pple-43d.example"),  # its first letter is Cyrillic: it looks like another domain
    ],
)
def test_a_host_is_written_as_dns_has_it(typed: str, host: str):
    assert normalize_host(typed) == host
    assert check_host(host, our_host="upfront.example") is None


@pytest.mark.parametrize(
    "host",
    [
        "", "localhost", "status", "192.0.2.1", "2001:db8::1", "[2001:db8::1]", "status.example.com:8000",
        "status..example", "-status.example", "_upfront.example.com", "a" * 64 + ".example", "a." * 130 + "example",
        "status.local", "status.internal", "x.onion", "1.2.3.in-addr.arpa", "straße.example", "a b.example",
        "user@example.com", "example.com?x", "exa\nmple.com",
    ],
)  # fmt: skip
def test_what_nobody_can_own_is_refused(host: str):
    assert check_host(normalize_host(host), our_host="upfront.example") is not None


@pytest.mark.parametrize("host", ["app.upfront.example", "status.app.upfront.example", "upfront.example"])
def test_ours_is_refused(host: str):
    assert check_host(host, our_host="app.upfront.example") == "This domain is ours. Enter one that is yours."


def found(*proofs: str, leads_somewhere: bool = True) -> Found:
    return Found(["v=spf1 -all", *map(record_value, proofs)], leads_somewhere)


def test_the_record_proves_it():
    assert judge(found("mine"), "mine", is_verified=False, others_proof=None).is_proved


def test_anothers_record_does_not():
    assert not judge(found("other"), "mine", is_verified=False, others_proof=None).is_proved


def test_nobody_is_sent_to_a_host_without_an_address():
    assert not judge(found("mine", leads_somewhere=False), "mine", is_verified=False, others_proof=None).is_proved
    assert judge(found("mine", leads_somewhere=False), "mine", is_verified=True, others_proof=None) == Verdict(
        True, NO_ADDRESS
    )


def test_who_has_it_and_proves_it_keeps_it():
    assert not judge(found("mine", "other"), "mine", is_verified=False, others_proof="other").is_proved
    assert judge(found("mine"), "mine", is_verified=False, others_proof="other").is_proved


def test_it_is_looked_for_often_at_first():
    assert pause_after(NOON, NOON) < pause_after(NOON, NOON + timedelta(hours=2))
