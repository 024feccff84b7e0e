"""What our own words are in the language of the moment."""

import pytest

from app.text.speech import lower_first


@pytest.mark.parametrize(
    ("sentence", "continued"),
    [
        ("All systems operational", "all systems operational"),
        ("API is down", "API is down"),
        ("A service is down", "a service is down"),
        ("", ""),
    ],
)
def test_a_sentence_goes_on_in_lower_case_unless_it_begins_with_an_abbreviation(sentence: str, continued: str) -> None:
    assert lower_first(sentence) == continued
