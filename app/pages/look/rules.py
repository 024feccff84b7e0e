"""What a page's accent colours and custom CSS may be, and the style sheet that is made of them. Pure functions."""

from app.pages.look.colours import (
    BUTTON_CONTRAST,
    TEXT_CONTRAST,
    Ground,
    contrast_on,
    is_colour,
    make_accent,
    nearest_good,
)
from app.pages.look.logos import Picture, name_content
from app.pages.look.stylesheets import MOST_BYTES, sanitise_css

MOST_REFUSALS_TOLD = 10
CSS_MEDIA_TYPE = "text/css"


def check_look(accent_light: str, accent_dark: str, css: str) -> dict[str, str]:
    """What is wrong with it, by field. Colours went through `normalize_colour`."""
    faults = {}
    for field, ground, colour in (
        ("accent_light", Ground.LIGHT, accent_light),
        ("accent_dark", Ground.DARK, accent_dark),
    ):
        if fault := _accent_fault(ground, colour):
            faults[field] = fault
    if fault := _css_fault(css):
        faults["css"] = fault
    return faults


def offer_accent(ground: Ground, colour: str) -> str:
    """The nearest good colour for one that stands out too little; empty where there is nothing to offer."""
    if not is_colour(colour) or contrast_on(ground, colour) >= BUTTON_CONTRAST:
        return ""
    return nearest_good(ground, colour)


def accent_of(ground: Ground, accent_light: str, accent_dark: str) -> str:
    """The accent that a theme shows: its own, else one of the same hue that can be seen there; empty: ours."""
    own, other = (accent_dark, accent_light) if ground is Ground.DARK else (accent_light, accent_dark)
    if is_colour(own):
        return own
    return nearest_good(ground, other) if is_colour(other) else ""


def describe_contrast(ground: Ground, colour: str) -> str:
    """How well a colour is seen, in words for beside its field."""
    measured = contrast_on(ground, colour)
    what = "good for words and buttons" if measured >= TEXT_CONTRAST else "good for buttons; words are made stronger"
    return f"Contrast {_ratio(measured)}: {what}."


def make_style(accent_light: str, accent_dark: str, css: str) -> Picture | None:
    """The page's own style sheet, or None when neither a colour nor a rule was set."""
    content = style_text(accent_light, accent_dark, css).encode()
    return Picture(name_content("style", "css", content), CSS_MEDIA_TYPE, content) if content else None


def style_text(accent_light: str, accent_dark: str, css: str) -> str:
    """What that style sheet says. Of custom CSS whatever is refused is left out."""
    parts = [_accent_rules(accent_light, accent_dark), sanitise_css(css).css if css.strip() else ""]
    return "".join(part for part in parts if part)


def _accent_rules(accent_light: str, accent_dark: str) -> str:
    light = accent_of(Ground.LIGHT, accent_light, accent_dark)
    if not light:
        return ""
    on_light = make_accent(Ground.LIGHT, light)
    on_dark = make_accent(Ground.DARK, accent_of(Ground.DARK, accent_light, accent_dark))
    pairs = {
        "--accent": (on_light.fill, on_dark.fill),
        "--on-accent": (on_light.on_fill, on_dark.on_fill),
        "--accent-ink": (on_light.ink, on_dark.ink),
    }
    rules = " ".join(f"{name}: light-dark({light}, {dark});" for name, (light, dark) in pairs.items())
    return f"@layer tokens {{ :root {{ {rules} }} }}\n"


def _accent_fault(ground: Ground, colour: str) -> str:
    if not colour:
        return ""
    if not is_colour(colour):
        return "Write a colour as #rrggbb, like #0a7d4f."
    measured = contrast_on(ground, colour)
    if measured >= BUTTON_CONTRAST:
        return ""
    offered = nearest_good(ground, colour)
    return (
        f"On a {ground.value} page its contrast is only {_ratio(measured)}; buttons need {BUTTON_CONTRAST:.0f}:1."
        f" The nearest that has it is {offered}."
    )


def _css_fault(css: str) -> str:
    if not css.strip():
        return ""
    if len(css.encode()) > MOST_BYTES:
        return f"Use at most {MOST_BYTES // 1024} KB; this has {len(css.encode()) / 1024:.0f} KB."
    refusals = sanitise_css(css).refusals
    told = [str(refusal) for refusal in refusals[:MOST_REFUSALS_TOLD]]
    more = len(refusals) - MOST_REFUSALS_TOLD
    return "\n".join([*told, f"And {more:,} more."] if more > 0 else told)


def _ratio(contrast: float) -> str:
    """Rounded down: 2.99 must not read as enough."""
    return f"{int(contrast * 10) / 10:.1f}:1"
