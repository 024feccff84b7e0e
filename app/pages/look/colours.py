"""Whether an accent colour can be seen on both grounds, and the nearest one that can. Pure functions over plain values.

Contrast as WCAG 2.2 has it; lightness, chroma and hue as OKLCH has them (CSS Color 4 §9), in which a colour that is
made lighter or darker goes on looking like itself.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

TEXT_CONTRAST = 4.5
"""WCAG 2.2 §1.4.3."""
BUTTON_CONTRAST = 3.0
"""WCAG 2.2 §1.4.11."""

_HEX = re.compile("#[0-9a-f]{6}")
_FINE = 40
"""Halvings in the search for a lightness: far finer than 256 steps."""


class Ground(StrEnum):
    """What a colour stands on: the page in one of its themes."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Oklch:
    """A colour by lightness (0 to 1), chroma (0: grey) and hue (degrees)."""

    lightness: float
    chroma: float
    hue: float


GROUNDS: Mapping[Ground, tuple[Oklch, ...]] = {
    Ground.LIGHT: (Oklch(0.986, 0.003, 250), Oklch(1, 0, 0)),
    Ground.DARK: (Oklch(0.175, 0.012, 260), Oklch(0.215, 0.014, 260)),
}
"""`--canvas` and `--surface` of css/tokens.css; a test compares."""

Rgb = tuple[float, float, float]
"""Linear light, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Accent:
    """An accent colour on one ground, as the style sheet needs it."""

    fill: str
    """Of buttons."""
    on_fill: str
    """Of the words on them: black or white, whichever stands out more."""
    ink: str
    """Of words in it: the colour itself, or the nearest one that can be read."""


def normalize_colour(typed: str) -> str:
    """A colour as typed, in the form in which it is kept: "#rrggbb" in lower case, or as it was for `check_colour`."""
    text = typed.strip().lower()
    if re.fullmatch("#?[0-9a-f]{3}", text):
        return "#" + "".join(digit * 2 for digit in text.removeprefix("#"))
    return f"#{text}" if re.fullmatch("[0-9a-f]{6}", text) else text


def is_colour(text: str) -> bool:
    return bool(_HEX.fullmatch(text))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21, whichever is the lighter one."""
    return _contrast(_luminance(_from_hex(one)), _luminance(_from_hex(other)))


def contrast_on(ground: Ground, colour: str) -> float:
    """The contrast of a colour with a theme's backgrounds: the worst of them counts."""
    return _worst(ground, _luminance(_from_hex(colour)))


def nearest_good(ground: Ground, colour: str, least: float = BUTTON_CONTRAST) -> str:
    """The colour itself if it stands out enough, else the nearest of the same hue that does."""
    if contrast_on(ground, colour) >= least:
        return colour
    known = _to_oklch(_from_hex(colour))
    # On a light ground it has to be darker, on a dark one lighter; somewhere on the way to black or white it is enough.
    good, bad = (0.0, known.lightness) if ground is Ground.LIGHT else (1.0, known.lightness)
    for _ in range(_FINE):
        middle = (good + bad) / 2
        tried = _to_hex(_in_gamut(Oklch(middle, known.chroma, known.hue)))
        # What counts is the colour as it is written, with 256 steps.
        good, bad = (middle, bad) if contrast_on(ground, tried) >= least else (good, middle)
    return _to_hex(_in_gamut(Oklch(good, known.chroma, known.hue)))


def make_accent(ground: Ground, colour: str) -> Accent:
    """All that a theme needs of an accent colour that `contrast_on` found good enough for buttons."""
    on_fill = max("#ffffff", "#000000", key=lambda words: contrast(words, colour))
    return Accent(colour, on_fill, nearest_good(ground, colour, TEXT_CONTRAST))


def _worst(ground: Ground, luminance: float) -> float:
    return min(_contrast(luminance, _luminance(_in_gamut(behind))) for behind in GROUNDS[ground])


def _contrast(one: float, other: float) -> float:
    lighter, darker = max(one, other), min(one, other)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _from_hex(text: str) -> Rgb:
    red, green, blue = (int(text[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return _to_linear(red), _to_linear(green), _to_linear(blue)


def _to_hex(colour: Rgb) -> str:
    return "#" + "".join(f"{round(_from_linear(part) * 255):02x}" for part in colour)


def _to_linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _from_linear(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)


def _to_oklch(colour: Rgb) -> Oklch:
    red, green, blue = colour
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return Oklch(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def _to_rgb(colour: Oklch) -> Rgb:
    a = colour.chroma * math.cos(math.radians(colour.hue))
    b = colour.chroma * math.sin(math.radians(colour.hue))
    long = (colour.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (colour.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (colour.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _in_gamut(colour: Oklch) -> Rgb:
    """The colour as a screen can show it: as colourful as its lightness allows, and never of another hue."""
    rgb, chroma, least = _to_rgb(colour), colour.chroma, 0.0
    if not _fits(rgb):
        most = chroma
        for _ in range(20):
            chroma = (least + most) / 2
            fits = _fits(_to_rgb(Oklch(colour.lightness, chroma, colour.hue)))
            least, most = (chroma, most) if fits else (least, chroma)
        rgb = _to_rgb(Oklch(colour.lightness, least, colour.hue))
    red, green, blue = (min(max(part, 0.0), 1.0) for part in rgb)
    return red, green, blue


def _fits(colour: Rgb) -> bool:
    return all(-1e-4 <= part <= 1 + 1e-4 for part in colour)
