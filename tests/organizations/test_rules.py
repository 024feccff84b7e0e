"""Roles, addresses and time zones."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.organizations.rules import (
    RESERVED_SLUGS,
    Role,
    SlugProblem,
    check_name,
    check_slug,
    is_time_zone,
    normalize_slug,
    slugify,
    suggest_slugs,
)


def problem_of(slug: str) -> SlugProblem | None:
    fault = check_slug(slug)
    return fault.problem if fault else None


@pytest.mark.parametrize("slug", ["northwind", "my-api", "a1b", "news", "mall", "404-labs", "x" * 40, "statuspage"])
def test_ordinary_addresses_pass(slug):
    assert check_slug(slug) is None


@pytest.mark.parametrize(
    ("slug", "problem"),
    [
        ("", SlugProblem.MISSING),
        ("ab", SlugProblem.TOO_SHORT),
        ("x" * 41, SlugProblem.TOO_LONG),
        ("Northwind", SlugProblem.CHARACTERS),
        ("north wind", SlugProblem.CHARACTERS),
        ("north_wind", SlugProblem.CHARACTERS),
        ("north/wind", SlugProblem.CHARACTERS),
        ("nörthwind", SlugProblem.CHARACTERS),
        ("аpi", SlugProblem.CHARACTERS),  # its first letter is Cyrillic
        ("northwind\n", SlugProblem.CHARACTERS),
        ("-northwind", SlugProblem.HYPHENS),
        ("northwind-", SlugProblem.HYPHENS),
        ("north--wind", SlugProblem.HYPHENS),
        ("xn--nrthwind-n4a", SlugProblem.HYPHENS),
    ],
)
def test_an_address_is_refused_for_its_form(slug, problem):
    assert problem_of(slug) is problem


@pytest.mark.parametrize(
    "word",
    """api auth dashboard static dev healthz readyz metrics _echo onboarding admin login signin sign-in logout status
    www mail help support docs billing settings account invitations webhooks s u assets favicon.ico robots.txt
    sitemap.xml .well-known upfront""".split(),
)
def test_words_that_upfront_needs_are_reserved(word):
    assert problem_of(word) is SlugProblem.RESERVED


@pytest.mark.parametrize(
    "slug",
    """ap1 l0gin 1ogin log1n dashb0ard da5hboard 4dmin adrnin log-in lo-g-in apis dashboards web-hook statuses
    vvebhook a-p-i he1p ma1l wvvw""".split(),
)
def test_look_alikes_of_them_are_refused(slug):
    assert problem_of(slug) is SlugProblem.LOOK_ALIKE


def test_the_refusal_names_the_word_and_what_to_try_instead():
    fault = check_slug("login", name="Northwind")

    assert str(fault) == "“login” is a word that Upfront needs itself. Try northwind or northwind-status."


def test_the_refusal_of_a_look_alike_names_both_words():
    assert "“l0gin” looks like “login”" in str(check_slug("l0gin"))


@pytest.mark.parametrize("word", sorted(word for word in RESERVED_SLUGS if len(word) >= 3))
def test_no_disguise_of_a_reserved_word_passes(word):
    disguises = {
        word.replace("o", "0"),
        word.replace("i", "1"),
        word.replace("l", "1"),
        word.replace("e", "3"),
        word.replace("a", "4"),
        word.replace("s", "5"),
        word.replace("m", "rn"),
        word + "s",
        word[:2] + "-" + word[2:],
        word.replace("-", ""),
        word.upper(),
    }

    assert all(check_slug(disguise) is not None for disguise in disguises)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Northwind Cloud", "northwind-cloud"),
        ("  Müller & Söhne GmbH  ", "muller-sohne-gmbh"),
        ("Straße 9", "strasse-9"),
        ("Łódź", "lodz"),
        ("API", "api-status"),
        ("Io", "io-status"),
        ("x" * 50, "x" * 40),
        ("x" * 39 + " y", "x" * 39),
        ("日本", ""),
        ("", ""),
        ("!!!", ""),
    ],
)
def test_an_address_is_suggested_for_a_name(name, slug):
    assert slugify(name) == slug


@given(st.text(max_size=120))
def test_every_suggestion_passes(name):
    assert slugify(name) == "" or check_slug(slugify(name)) is None
    assert all(check_slug(suggestion) is None for suggestion in suggest_slugs(name))


@given(st.text(alphabet="abcilornsv015-", max_size=45))
def test_whatever_passes_is_short_plain_and_kept_as_it_is(typed):
    slug = normalize_slug(typed)

    if check_slug(slug) is None:
        assert 3 <= len(slug) <= 40
        assert slug.replace("-", "").isalnum()
        assert slug == normalize_slug(slug.upper())
        assert slugify(slug) == slug


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"])
def test_time_zones_are_known(name):
    assert is_time_zone(name)


@pytest.mark.parametrize("name", ["", "europe/berlin", "Mars/Olympus", "../Europe/Berlin", "/etc/passwd", "localtime"])
def test_other_words_are_no_time_zones(name):
    assert not is_time_zone(name)


@pytest.mark.parametrize(
    ("name", "fine"), [("", False), ("N", False), ("No", True), ("N" * 80, True), ("N" * 81, False)]
)
def test_a_name_has_2_to_80_characters(name, fine):
    assert (check_name(name) is None) == fine


def test_each_role_includes_the_ones_before_it():
    for lesser, greater in pairwise(Role):
        assert greater.includes(lesser)
        assert greater.includes(greater)
        assert not lesser.includes(greater)
