"""E-mail addresses as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.addresses import check_address, normalize_address


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada@customer.example", "ada@customer.example"),
        ("  Ada.Lovelace+Status@Customer.Example\n", "ada.lovelace+status@customer.example"),
        ("o'neil@customer.example", "o'neil@customer.example"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BU\u0308CHER.example", "ada@xn--bcher-kva.example"),
        ("ada@例え.jp", "ada@xn--r8jz45g.jp"),
        ("a@b.co", "a@b.co"),
        ("ada@sub-1.customer.example", "ada@sub-1.customer.example"),
    ],
)
def test_an_address_is_kept_in_one_form(typed: str, kept: str):
    assert normalize_address(typed) == kept
    assert check_address(kept) is None


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Enter your e-mail address."),
        ("ada", "looks like name@example.com"),
        ("ada@customer.example eve@evil.example", "no spaces or line breaks"),
        ("ada@customer.example\nbcc: eve", "no spaces or line breaks"),
        ("ada\u202e@customer.example", "no spaces or line breaks"),
        ("ädä@customer.example", "plain letters a to z"),
        ("ada@straße.example", "“straße.example” after the @"),
        ("ada@customer", "“customer” after the @"),
        ("ada@1.2.3.4", "“1.2.3.4” after the @"),
        ("ada..b@customer.example", "“ada..b” before the @"),
        ("ada,b@customer.example", "“ada,b” before the @"),
        ("a" * 65 + "@customer.example", "longer than"),
    ],
)
def test_a_refusal_says_what_is_wrong(typed: str, why: str):
    fault = check_address(normalize_address(typed))

    assert fault is not None
    assert why in fault


def test_what_is_far_too_long_is_refused_without_being_composed():
    typed = "e\u0301" * 50_000 + "@customer.example"

    kept = normalize_address(typed)

    assert kept == typed
    assert "longer than" in (check_address(kept) or "")


@given(st.text())
def test_normalizing_twice_is_normalizing_once(typed: str):
    once = normalize_address(typed)

    assert normalize_address(once) == once


@given(st.text(alphabet=st.characters(exclude_categories=()), min_size=1), st.text(min_size=1))
def test_what_is_accepted_can_stand_in_a_mail_header(local_part: str, domain: str):
    address = normalize_address(f"{local_part}@{domain}.example")

    if check_address(address) is None:
        assert address.isascii()
        assert address.isprintable()
        assert address.count("@") == 1
        assert not set(address) & set(' <>,;:"()[]\\')
        assert address == address.lower()
