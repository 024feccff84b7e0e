"""Names that people go by: readable, and nobody else's."""

import pytest

from app.accounts.names import NAME_LENGTH, SIGNED_BY_UPFRONT, check_person_name, read_person_name


@pytest.mark.parametrize(
    "name", ["Mara Lind", "李", "7", "Şule Öz-Kaya", "John Clock", "शिवा", "مريم", "Vera (Ops) 🚒"]
)
def test_what_people_are_called_is_taken(name: str):
    assert check_person_name(name) is None


@pytest.mark.parametrize("name", ["\u3164", "\uffa0\u115f", "\u200d\u200d", "\u2800", "—", "🚒", "\u0301"])
def test_a_name_that_nobody_sees_is_refused(name: str):
    assert check_person_name(name) == "Use at least one letter or digit, so that others can read your name."


@pytest.mark.parametrize(
    "name",
    [
        *SIGNED_BY_UPFRONT,
        "clock",
        "UPFRONT",
        "Up-front",
        "Ｃlock",
        "Сlосk",
        "CIock",
        "C1ock",
        "Formér  Member",
        "Vısitor",
    ],
)
def test_a_name_that_upfront_signs_with_is_refused(name: str):
    fault = check_person_name(name)

    assert fault is not None
    assert fault.startswith("Upfront signs with this name itself")


def test_a_long_name_is_refused():
    assert check_person_name("x" * NAME_LENGTH) is None
    assert check_person_name("x" * (NAME_LENGTH + 1)) == "Use at most 80 characters; this has 81."


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("  Mara\r\nLind ", "Mara Lind"),
        ("\u202eMara\x00 Lind", "Mara Lind"),
        ("\u2066Mara", "Mara"),
        ("x" * 100_000, "x" * NAME_LENGTH),
        ("x" * 79 + " \u2066y\u2069", "x" * 79),
        ("\u3164", "mara@northwind.example"),
        ("Clock", "mara@northwind.example"),
        ("", "mara@northwind.example"),
        (None, "mara@northwind.example"),
        (["Mara"], "mara@northwind.example"),
    ],
)
def test_a_providers_name_is_made_fit_to_show(told: object, read: str):
    assert read_person_name(told, otherwise="mara@northwind.example") == read


def test_an_address_in_place_of_a_name_is_no_longer_than_one():
    assert len(read_person_name(None, otherwise=f"{'x' * 200}@northwind.example")) == NAME_LENGTH
