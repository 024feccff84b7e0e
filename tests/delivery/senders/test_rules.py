"""What a sender may be called, and what receivers make of a domain's records."""

import pytest

from app.delivery.senders.rules import (
    Verdict,
    check_domain_name,
    check_sender_name,
    dmarc_names,
    judge_dkim,
    judge_dmarc,
    judge_mail_hosts,
    judge_spf,
)


@pytest.mark.parametrize("name", ["", "Northwind Cloud", "Überfluss, Inc.", "北風", "N" * 60])
def test_a_name_is_what_readers_know(name: str) -> None:
    assert check_sender_name(name) is None


@pytest.mark.parametrize("name", ["N" * 61, "security@paypal.example", "Bank <help@bank.example>", 'A"b', "A\\b"])
def test_a_name_that_could_be_taken_for_an_address_is_refused(name: str) -> None:
    assert check_sender_name(name)


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ([], Verdict.MISSING),
        (["google-site-verification=x", "v=spf10 all"], Verdict.MISSING),
        (["v=spf1 include:amazonses.com ~all"], Verdict.GOOD),
        (["V=SPF1 +include:amazonses.com -ALL"], Verdict.GOOD),
        (["v=spf1 include:amazonses.com redirect=_spf.example"], Verdict.GOOD),
        (["v=spf1 include:amazonses.com"], Verdict.WEAK),
        (["v=spf1 include:other.example ~all"], Verdict.WRONG),
        (["v=spf1 -include:amazonses.com ~all"], Verdict.WRONG),
        (["v=spf1 include:amazonses.com +all"], Verdict.WRONG),
        (["v=spf1 include:amazonses.com all"], Verdict.WRONG),
        (["v=spf1 include:amazonses.com ~all", "v=spf1 -all"], Verdict.WRONG),
        (["v=spf1"], Verdict.WRONG),
    ],
)
def test_spf_names_who_may_send(texts: list[str], verdict: Verdict) -> None:
    assert judge_spf(texts, include="amazonses.com").verdict is verdict


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ([], Verdict.MISSING),
        (["some text"], Verdict.MISSING),
        (["p=MIGfMA0GCSq"], Verdict.GOOD),
        (["v=DKIM1; k=rsa; p=MIGf MA0G"], Verdict.GOOD),
        (["v=DKIM1; p="], Verdict.WRONG),
        (["v=DKIM2; p=abc"], Verdict.MISSING),
    ],
)
def test_dkim_has_the_key_that_signs(texts: list[str], verdict: Verdict) -> None:
    assert judge_dkim(texts).verdict is verdict


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ([], Verdict.MISSING),
        (["v=DMARC1; p=reject"], Verdict.GOOD),
        (["v = DMARC1; p=quarantine; rua=mailto:a@b.example"], Verdict.GOOD),
        (["v=DMARC1; p=none"], Verdict.WEAK),
        (["v=DMARC1; rua=mailto:a@b.example"], Verdict.WRONG),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], Verdict.WRONG),
    ],
)
def test_dmarc_says_what_to_do_with_the_rest(texts: list[str], verdict: Verdict) -> None:
    assert judge_dmarc(texts).verdict is verdict


def test_dmarc_is_looked_for_at_the_domain_and_above_but_not_at_the_top() -> None:
    assert dmarc_names("mail.up.example") == ("_dmarc.mail.up.example", "_dmarc.up.example")
    assert dmarc_names("localhost") == ("_dmarc.localhost",)


@pytest.mark.parametrize(
    ("hosts", "has_address", "verdict"),
    [
        (["mx.example"], False, Verdict.GOOD),
        (["."], True, Verdict.WRONG),
        ([], True, Verdict.WEAK),
        ([], False, Verdict.MISSING),
    ],
)
def test_answers_arrive_where_somebody_takes_mail(hosts: list[str], has_address: bool, verdict: Verdict) -> None:
    assert judge_mail_hosts(hosts, has_address=has_address).verdict is verdict


@pytest.mark.parametrize("domain", ["", "localhost", "a b.example", "up.example/x", "x" * 300, "user@up.example"])
def test_what_is_no_domain_is_not_looked_up(domain: str) -> None:
    assert check_domain_name(domain)
