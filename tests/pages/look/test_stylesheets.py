"""Custom CSS: what stays of it is about the page and loads nothing; all else is refused with its line."""

import pytest
import tinycss2
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pages.look.stylesheets import MOST_BYTES, sanitise_css


def written(css: str) -> str:
    """What is left, in one line and without the layer around it."""
    left = " ".join(sanitise_css(css).css.split())
    return left.removeprefix("@layer custom { ").removesuffix(" }")


def refused(css: str) -> list[tuple[int, str]]:
    """The lines of what is refused, with the beginning of the reason."""
    return [(refusal.line, refusal.why.split(".")[0]) for refusal in sanitise_css(css).refusals]


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        (".card { color: red }", ".page .card { color: red; }"),
        (".page.narrow > .card { color: red }", ".page.narrow > .card { color: red; }"),
        ("a, .b:hover { margin: calc(1px + 2em) }", ".page a, .page .b:hover { margin: calc(1px + 2em); }"),
        (".a { color: red !important }", ".page .a { color: red; }"),
        ("/* why */ .a { --brand: oklch(50% .1 20) }", ".page .a { --brand: oklch(50% .1 20); }"),
        (
            "@media (width < 30rem) { .a { color: red } }",
            "@media (width < 30rem) { .page .a { color: red; } }",
        ),
        ("@keyframes glow { to { opacity: .5 } }", "@keyframes glow { to { opacity: .5; } }"),
        (
            '.a { background: url("data:image/png;base64,AA==") }',
            '.page .a { background: url("data:image/png;base64,AA=="); }',
        ),
        (":is(html) .a { color: red }", ".page :is(html) .a { color: red; }"),
    ],
)
def test_rules_are_held_to_the_page(typed: str, left: str):
    assert written(typed) == left
    assert refused(typed) == []


@pytest.mark.parametrize(
    "typed",
    [
        "html { color: red }",
        "body .card { color: red }",
        ":root { --accent: red }",
        ":root:has(.page) { color: red }",
        ".page + .rail { color: red }",
        ".page ~ * { color: red }",
        ".page/**/+ p { color: red }",
        ".PAGE, html { color: red }",
        "> .card { color: red }",
        ".card { & + html { color: red } }",
        "@scope (html) { p { color: red } }",
        "@layer utilities { p { color: red } }",
        "}} html { color: red }",
    ],
)
def test_nothing_leaves_the_page(typed: str):
    left = sanitise_css(typed)

    assert left.refusals
    assert "html" not in left.css
    assert ":root" not in left.css
    assert "+" not in left.css
    assert "~" not in left.css


@pytest.mark.parametrize(
    "typed",
    [
        "@import 'https://evil.example/x.css';",
        "@import url(//evil.example);",
        ".a { background: url(https://evil.example/x) }",
        ".a { background: url('/account') }",
        ".a { background: u\\72l(https://evil.example) }",
        ".a { background: URL(https://evil.example) }",
        ".a { --x: url(//evil.example); background: var(--x) }",
        ".a { background: image-set('https://evil.example/x' 1x) }",
        ".a { background: -webkit-image-set(url(//evil.example) 1x) }",
        ".a { background: src('https://evil.example') }",
        ".a { cursor: url(https://evil.example), auto }",
        ".a { width: expression(alert(1)) }",
        ".a { behavior: url(x.htc) }",
        ".a { -moz-binding: url(x) }",
        ".a { background: url(data:text/html,x) }",
        "@font-face { font-family: x; src: url(https://evil.example) }",
        "@namespace url(https://evil.example);",
        ".a { background: url(x",
    ],
)
def test_nothing_is_loaded_from_elsewhere(typed: str):
    left = sanitise_css(typed)

    assert left.refusals
    assert "url(" not in left.css.lower()
    assert "evil" not in left.css


@pytest.mark.parametrize("value", ["fixed", "sticky", "FIXED", "var(--p)", "fix\\65 d", "-webkit-sticky"])
def test_nothing_stays_in_front_of_our_notices(value: str):
    left = sanitise_css(f".a {{ position: {value} }} @keyframes k {{ to {{ position: {value} }} }}")

    assert len(left.refusals) == 2
    assert "position" not in left.css


def test_each_refused_rule_is_named_with_its_line():
    typed = ".a { color: red }\n@import 'x';\n\n.b {\n  position: fixed;\n  color: blue;\n}\nbody { margin: 0 }"

    assert [line for line, _ in refused(typed)] == [2, 5, 8]
    assert str(sanitise_css(typed).refusals[1]) == (
        "Line 5, “position: fixed”: Only static, relative and absolute are taken:"
        " nothing may stay in front of our notices."
    )
    assert written(typed) == ".page .a { color: red; } .page .b { color: blue; }"


def test_nothing_in_it_ends_the_element_that_a_preview_puts_it_into():
    assert "</" not in sanitise_css(".a::after { content: '</style><script>' }").css


@pytest.mark.parametrize(
    "bomb",
    [
        "a{}" * MOST_BYTES,
        "@media x {" * 5_000,
        "a{b:" + "calc(" * 10_000,
        "a," * 30_000 + "a{color:red}",
        ".a {\n  z-index: " + "9" * 5_000 + " }",
    ],
)
def test_what_would_take_all_of_a_machine_is_refused(bomb: str):
    left = sanitise_css(bomb)

    assert left.css == ""
    assert len(left.refusals) == 1


PIECES = st.sampled_from(
    [
        *(".page .a html + ~ > , { } ( ) & ' \" ; \\ * ! :root [x] :has( url( /* */ <!-- </style> @import".split()),
        *("@media x", "color:red", "position:fixed", " ", "\n"),
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join))
@settings(max_examples=50, deadline=None)
def test_whatever_is_typed_only_rules_below_the_page_are_left(typed: str):
    css = sanitise_css(typed).css

    for layer in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        assert (layer.type, layer.lower_at_keyword) == ("at-rule", "layer")
        for rule in tinycss2.parse_rule_list(layer.content, skip_comments=True, skip_whitespace=True):
            assert rule.type in ("qualified-rule", "at-rule")
            if rule.type == "qualified-rule":
                assert tinycss2.serialize(rule.prelude).startswith(".page")
    assert sanitise_css(css.removeprefix("@layer custom {").strip().removesuffix("}")).refusals == ()
    assert "url(" not in css
    assert "fixed" not in css
