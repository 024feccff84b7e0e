"""Accent colours: how well they are seen, and the nearest that are."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pages.look.colours import (
    BUTTON_CONTRAST,
    GROUNDS,
    TEXT_CONTRAST,
    Ground,
    Oklch,
    contrast,
    contrast_on,
    is_colour,
    make_accent,
    nearest_good,
    normalize_colour,
)
from app.pages.look.rules import accent_of, check_look, describe_contrast, style_text

TOKENS = Path(__file__).parents[3] / "app/static/css/tokens.css"
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#ffffff", "#777777", 4.48),
        ("#0a7d4f", "#0a7d4f", 1),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, expected: float):
    assert contrast(one, other) == pytest.approx(expected, abs=0.005)


def test_the_grounds_are_those_of_the_style_sheet():
    css = TOKENS.read_text()
    found: dict[Ground, list[Oklch]] = {Ground.LIGHT: [], Ground.DARK: []}
    for token in ("canvas", "surface"):
        pair = re.search(rf"--{token}: light-dark\(oklch\((.+?)\), oklch\((.+?)\)\)", css)
        assert pair is not None
        for ground, text in zip(Ground, pair.groups(), strict=True):
            lightness, chroma, hue = text.split()
            found[ground].append(Oklch(float(lightness.rstrip("%")) / 100, float(chroma), float(hue)))

    assert {ground: tuple(colours) for ground, colours in found.items()} == GROUNDS


@given(COLOURS, st.sampled_from(Ground), st.sampled_from([BUTTON_CONTRAST, TEXT_CONTRAST]))
@settings(max_examples=50, deadline=None)
def test_the_nearest_good_colour_is_good_and_stays_where_it_is_already(colour: str, ground: Ground, least: float):
    offered = nearest_good(ground, colour, least)

    assert contrast_on(ground, offered) >= least
    assert nearest_good(ground, offered, least) == offered
    assert offered == colour or contrast_on(ground, colour) < least


def test_a_bright_yellow_becomes_a_darker_one_of_its_kind():
    offered = nearest_good(Ground.LIGHT, "#ffd24d")

    red, green, blue = (int(offered[place : place + 2], 16) for place in (1, 3, 5))
    assert red > green > blue
    assert contrast_on(Ground.LIGHT, offered) < BUTTON_CONTRAST + 0.1


@given(COLOURS, st.sampled_from(Ground))
@settings(max_examples=50, deadline=None)
def test_words_on_a_button_can_be_read_and_words_in_the_accent_too(colour: str, ground: Ground):
    accent = make_accent(ground, nearest_good(ground, colour))

    assert contrast(accent.on_fill, accent.fill) >= TEXT_CONTRAST
    assert contrast_on(ground, accent.ink) >= TEXT_CONTRAST


@pytest.mark.parametrize(
    ("typed", "kept"), [(" #0A7D4F ", "#0a7d4f"), ("0a7d4f", "#0a7d4f"), ("#abc", "#aabbcc"), ("red", "red"), ("", "")]
)
def test_a_colour_is_kept_in_one_form(typed: str, kept: str):
    assert normalize_colour(typed) == kept
    assert is_colour(kept) is kept.startswith("#")


def test_a_theme_without_an_accent_of_its_own_gets_one_made_of_the_other():
    assert accent_of(Ground.DARK, "#0a3d2f", "") == nearest_good(Ground.DARK, "#0a3d2f")
    assert accent_of(Ground.DARK, "#0a3d2f", "#88ffcc") == "#88ffcc"
    assert accent_of(Ground.LIGHT, "", "") == ""


def test_what_is_said_of_a_contrast_is_rounded_down():
    assert describe_contrast(Ground.LIGHT, "#767676").startswith("Contrast 4.3:1: good for buttons")


def test_a_colour_is_only_refused_in_the_theme_where_it_fails():
    assert check_look("#0a7d4f", "#0a7d4f", "") == {}
    assert set(check_look("#ffee88", "#ffee88", "")) == {"accent_light"}
    assert set(check_look("#101030", "#101030", "")) == {"accent_dark"}


def test_without_an_accent_or_a_rule_there_is_no_style_sheet():
    assert style_text("", "", "  ") == ""
