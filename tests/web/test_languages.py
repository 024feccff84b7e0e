"""Which language a request is answered in, and that nobody can have more answers made than there are languages."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.languages import PageLanguage
from app.web.languages import chosen_language, language_variant, offers, wanted_languages

EN, DE, FR, JA = PageLanguage.ENGLISH, PageLanguage.GERMAN, PageLanguage.FRENCH, PageLanguage.JAPANESE


def environ(accepts: str = "", query: str = "", path: str = "/northwind") -> dict[str, str]:
    return {"PATH_INFO": path, "QUERY_STRING": query, "HTTP_ACCEPT_LANGUAGE": accepts}


@pytest.mark.parametrize(
    ("accepts", "chosen"),
    [
        ("", EN),
        ("de", DE),
        ("de-AT", DE),
        ("DE-ch, fr;q=0.9", DE),
        ("fr;q=0.3, de;q=0.8", DE),
        ("ja, fr;q=0.5", FR),
        ("ja", EN),
        ("de;q=0, fr;q=0.1", FR),
        ("*", EN),
        (";;;q=x,,de", DE),
        ("de," * 100, EN),
    ],
)
def test_the_browsers_best_of_those_that_are_offered_counts(accepts: str, chosen: PageLanguage):
    assert chosen_language(environ(accepts), (EN, DE, FR)) == chosen


def test_the_address_counts_more_than_the_browser():
    assert chosen_language(environ("de", "revision=3&lang=fr"), (EN, DE, FR)) == FR


@pytest.mark.parametrize("query", ["lang=ja", "lang=xx", "lang=", "lang=de'--", "clang=fr"])
def test_what_is_not_offered_is_passed_over(query: str):
    assert chosen_language(environ("de", query), (EN, DE, FR)) == DE


def test_a_program_gets_the_same_wherever_it_runs():
    asked = environ("de", path="/api/northwind/status")

    assert chosen_language(asked, (EN, DE)) == EN
    assert chosen_language({**asked, "QUERY_STRING": "lang=de"}, (EN, DE)) == DE


@given(accepts=st.text(), query=st.text())
def test_whatever_is_sent_it_is_one_of_few_words(accepts: str, query: str):
    known = {"?" + ",".join(some) for number in range(6) for some in permutations(PageLanguage, number)}

    assert language_variant(environ(accepts, f"lang={query}", "/of-nobody")) in known


def test_a_page_in_one_language_has_one_answer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(offers._known, "northwind", (EN,))

    assert {language_variant(environ(accepts)) for accepts in ("de", "fr", "")} == {""}


def test_a_page_in_several_has_one_for_each(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(offers._known, "northwind", (DE, EN))

    assert {language_variant(environ(word)) for word in ("de", "de-CH", "en, de", "en-US", "fr", "ja, en")} == {
        "de",
        "en",
    }


def test_each_language_is_wanted_once():
    assert wanted_languages(environ("de, de-CH, en", "lang=en")) == (EN, DE)
