"""Input as typed, made fit to keep."""

import unicodedata
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.clean import clean_message, clean_text

anything = st.text(alphabet=st.characters(), max_size=200) | st.text(
    alphabet="ab \t\r\n\x00\x0b\x1b\x85\x9f\u2028\ufeff\u0301e\u200f\u00a0\u2066\u2069", max_size=60
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  API  errors \n", "API errors"),
        ("one\r\ntwo\tthree", "one two three"),
        ("bell\x07, null\x00, escape\x1b[31m", "bell, null, escape[31m"),
        ("Cafe\u0301", "Café"),
        ("Cafe\x00\u0301", "Café"),
        ("half a pair \ud83d", "half a pair"),
        ("\ufeffmark", "mark"),
        ("שלום \u200fabc", "שלום \u200fabc"),
        ("👩\u200d🚒", "👩\u200d🚒"),
        ("\x00 \n", ""),
        ("\u2066Mara\u2069", "\u2066Mara\u2069"),
        ("\u2066Mara", "Mara"),
        ("\u2067a \u2066b\u2069", "a \u2066b\u2069"),
        ("Mara\u2069 \u2068", "Mara"),
    ],
)
def test_a_line_is_cleaned(typed, kept):
    assert clean_text(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("\n\n  code\n\nend  \n\n", "  code\n\nend"),
        ("a\n   \nb", "a\n\nb"),
        ("tab\tstays", "tab\tstays"),
        ("break  \nstays", "break  \nstays"),
        ("null\x00 and\x1b escape", "null and escape"),
        (" \n\t\n ", ""),
    ],
)
def test_a_message_is_cleaned(typed, kept):
    assert clean_message(typed) == kept


@given(anything)
def test_a_clean_line_stays_as_it_is(typed):
    cleaned = clean_text(typed)

    assert clean_text(cleaned) == cleaned


@given(anything)
def test_a_clean_message_stays_as_it_is(typed):
    cleaned = clean_message(typed)

    assert clean_message(cleaned) == cleaned


@given(anything)
def test_nothing_that_a_header_or_the_database_would_refuse_is_left(typed):
    line, message = clean_text(typed), clean_message(typed)

    assert not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in line)
    assert not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in message if letter not in "\n\t")
    assert line == line.strip()
    (line + message).encode("utf-8")


@pytest.mark.parametrize("marks", ["\u0301", "\u0301\u0323", "\u0f73"])
def test_a_letter_carries_no_more_marks_than_any_writing_needs(marks):
    typed = "x" + marks * 200 + "y"

    cleaned = clean_text(typed)

    assert cleaned[0] == "x"
    assert cleaned[-1] == "y"
    assert 30 <= len(cleaned) - 2 <= 60


def test_a_hundred_thousand_marks_take_no_longer_than_as_many_letters():
    typed = "x" + "\u0301\u0323" * 50_000
    begin = process_time()

    clean_message(typed)

    assert process_time() - begin < 2  # composing them would take twenty seconds


def test_no_name_turns_around_what_stands_beside_it():
    assert clean_text("API\u202e: all is well") == "API: all is well"
    assert clean_text("\u2067\u05e9\u05dc\u05d5\u05dd\u2069\u200f") == "\u2067\u05e9\u05dc\u05d5\u05dd\u2069\u200f"
