"""SVG: only shapes, colours and words are left of whatever is uploaded."""

import re

import pytest

from app.pages.look.drawings import EMPTY, MOST_BYTES, TOO_MUCH, UNREADABLE, UnfitDrawing, is_svg, sanitise_svg

SPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def drawn(inner: str, attributes: str = "") -> str:
    """What is left of a drawing, without its outermost element."""
    whole = sanitise_svg(f"<svg {SPACES} {attributes}>{inner}<rect/></svg>".encode()).decode()
    return re.sub(r"^<svg[^>]*>|<rect></rect></svg>$", "", whole)


def fault_of(upload: str) -> str:
    with pytest.raises(UnfitDrawing) as refusal:
        sanitise_svg(upload.encode())
    return str(refusal.value)


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ('<path d="M0 0h9" fill="url(#a)" stroke="#fff"/>', '<path d="M0 0h9" fill="url(#a)" stroke="#fff"></path>'),
        (
            '<g id="a"><circle r="3"/></g><use xlink:href="#a"/>',
            '<g id="a"><circle r="3"></circle></g><use href="#a"></use>',
        ),
        ('<style>.a{fill:#fff}</style><rect class="a"/>', '<style>.a{fill:#fff}</style><rect class="a"></rect>'),
        ('<rect style="fill:#fff; opacity:.5"/>', '<rect style="fill:#fff;opacity:.5"></rect>'),
        ("<title>A &amp; B</title>", "<title>A &amp; B</title>"),
    ],
)
def test_what_a_logo_is_made_of_stays(typed: str, left: str):
    assert drawn(typed) == left


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<script xlink:href="https://evil.example/x.js"/>',
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></body></foreignObject>",
        '<image xlink:href="https://evil.example/x.png"/>',
        '<use xlink:href="https://evil.example/x.svg#a"/>',
        '<a xlink:href="javascript:alert(1)"><text>x</text></a>',
        '<animate attributeName="href" values="javascript:alert(1)"/>',
        '<set attributeName="onload" to="alert(1)"/>',
        '<filter id="f"><feImage xlink:href="https://evil.example"/></filter>',
        "<iframe xmlns='http://www.w3.org/1999/xhtml' src='https://evil.example'/>",
        "<style>@import url(https://evil.example);</style>",
        "<style>@font-face{font-family:x;src:url(https://evil.example)}</style>",
    ],
)
def test_what_runs_or_loads_is_left_out(hostile: str):
    left = drawn(hostile)

    assert "evil" not in left
    assert "alert" not in left
    assert left in ("", "<style></style>")


@pytest.mark.parametrize(
    "attribute",
    [
        'onload="alert(1)"',
        'ONCLICK="alert(1)"',
        'style="fill:url(https://evil.example)"',
        'style="background:url(#a)"',
        'style="fill:u\\72l(https://evil.example)"',
        'fill="url(https://evil.example#a)"',
        'fill="url(//evil.example)"',
        'fill="javascript:alert(1)"',
        'filter="url(#f)"',
        'xml:base="https://evil.example"',
        "mask=\"image-set('https://evil.example')\"",
    ],
)
def test_attributes_that_run_or_load_are_left_out(attribute: str):
    assert drawn(f"<circle {attribute}/>") == "<circle></circle>"


@pytest.mark.parametrize(
    ("upload", "why"),
    [
        ("", UNREADABLE),
        ("<svg>", UNREADABLE),
        ("<svg><rect/></svg>", UNREADABLE),
        ("<html xmlns='http://www.w3.org/1999/xhtml'/>", UNREADABLE),
        (f'<!DOCTYPE svg [<!ENTITY a "b">]><svg {SPACES}><text>&a;</text></svg>', UNREADABLE),
        (f'<!DOCTYPE svg [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><svg {SPACES}><rect/></svg>', UNREADABLE),
        (f"<svg {SPACES}><script>1</script></svg>", EMPTY),
        (f"<svg {SPACES}>{'<g>' * 70}<rect/>{'</g>' * 70}</svg>", TOO_MUCH),
        (f"<svg {SPACES}>{'<rect/>' * 5_001}</svg>", TOO_MUCH),
        (f'<svg {SPACES}><g id="a"><rect/></g><g id="b"><use href="#a"/></g><use href="#b"/></svg>', TOO_MUCH),
        (f"<svg {SPACES}><style>{'a{b:' * 30}</style><rect/></svg>", TOO_MUCH),
        (f"<svg {SPACES}><!--{'x' * MOST_BYTES}--><rect/></svg>", "Choose an SVG file of at most 256 KB."),
    ],
)
def test_what_cannot_be_made_safe_is_refused(upload: str, why: str):
    assert fault_of(upload) == why


def test_a_document_type_without_definitions_does_no_harm():
    public = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'

    assert sanitise_svg(f"{public}<svg {SPACES}><rect/></svg>".encode()).endswith(b"<rect></rect></svg>")


def test_a_drawing_gets_the_box_that_it_can_be_fitted_by():
    left = sanitise_svg(f'<svg {SPACES} width="120px" height="40"><rect/></svg>'.encode())

    assert b'viewBox="0 0 120 40"' in left


@pytest.mark.parametrize(
    ("beginning", "expected"), [("<svg ", True), ("\ufeff<?xml ", True), ("  <!-- a -->", True), ("\x89PNG", False)]
)
def test_a_drawing_is_known_by_its_beginning(beginning: str, expected: bool):
    assert is_svg(beginning.encode()) is expected
