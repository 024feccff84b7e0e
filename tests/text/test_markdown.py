"""Markdown becomes HTML that cannot harm whoever reads it."""

import re
from html.parser import HTMLParser
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.markdown import render_markdown, render_message, sanitise, with_headings_from
from app.text.plain import plain_text

TAGS = set("p br hr strong em s code pre blockquote ul ol li h4 h5 h6 a table thead tbody tr th td".split())
ATTRIBUTES = {("a", "href"), ("a", "title"), ("a", "rel"), ("ol", "start")}

NASTY = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    '<a href="javascript:alert(1)" hx-get="/x">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    '[x](https://a.example "onclick=alert(1)")',
    '[x](https://a.example/"onmouseover="alert(1))',
    "![x](https://a.example/pixel.gif)",
    "![](javascript:alert(1))",
    '<div hx-get="/steal" hx-trigger="load">',
    "<svg/onload=alert(1)>",
    "<style>@import 'x'</style>",
    "`</code><script>`",
    '```"><script>\nx\n```',
    "[a]: javascript:alert(1)\n\n[a]",
    "https://a.example/<script>",
    'https://a.example/"onclick=x',
    "//a.example/x",
    "[x](//a.example/x)",
    "[x](/dashboard)",
    "&lt;script&gt;",
    "# h1\n###### h6",
    "|a|b|\n|-|-|\n|<b>|`|`|",
    "\x00<scr\x00ipt>",
]

letters = st.text(alphabet="ab*_`[]()<>!#|-~:/\\\"'&;= \n\t0.\x00\u202e", max_size=80)
messages = st.lists(st.sampled_from(NASTY) | letters | st.text(max_size=20), max_size=6).map("".join)


class Reader(HTMLParser):
    """What a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    for tag, attributes in Reader(html).tags:
        assert tag in TAGS
        for name, value in attributes.items():
            assert (tag, name) in ATTRIBUTES
            if name == "href":
                assert re.match("(https?|mailto|tel):", value or "", re.IGNORECASE)
        if tag == "a":
            assert attributes["rel"] == "nofollow noopener"


@pytest.mark.parametrize(
    ("raw", "html"),
    [
        ("A *disk* **failed**.", "<p>A <em>disk</em> <strong>failed</strong>.</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("# Cause", "<h4>Cause</h4>"),
        ("## Cause", "<h5>Cause</h5>"),
        ("###### Cause", "<h6>Cause</h6>"),
        ("~~5 %~~ 6 %", "<p><s>5 %</s> 6 %</p>"),
        ("3. third", '<ol start="3">\n<li>third</li>\n</ol>'),
        ("![a graph](https://a.example/x.png)", "<p>a graph</p>"),
        ("![<b> & c](https://a.example/x.png)", "<p>&lt;b&gt; &amp; c</p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("<b>bold</b>", "<p>&lt;b&gt;bold&lt;/b&gt;</p>"),
        (
            "[us](https://a.example/)",
            '<p><a href="https://a.example/" rel="nofollow noopener">us</a></p>',
        ),
        ("", ""),
    ],
)
def test_markdown_becomes_html(raw, html):
    assert render_markdown(raw) == html


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("See https://a.example/x_y?q=1.", "https://a.example/x_y?q=1"),
        ("(https://a.example/x)", "https://a.example/x"),
        ("https://a.example/x_(y)", "https://a.example/x_(y)"),
        ("**https://a.example**", "https://a.example"),
        ("<https://a.example>", "https://a.example"),
    ],
)
def test_a_bare_address_becomes_a_link(raw, address):
    assert f'<a href="{address}" rel="nofollow noopener">{address}</a>' in render_markdown(raw)


@pytest.mark.parametrize(
    "raw", ["`https://a.example`", "javascript://a.example", "[https://a.example](mailto:a@b.example)"]
)
def test_an_address_in_code_or_in_a_link_is_no_link_of_its_own(raw):
    assert 'href="https' not in render_markdown(raw)


@pytest.mark.parametrize("raw", NASTY)
def test_nothing_harmful_comes_through(raw):
    assert_harmless(render_markdown(raw))


@given(messages)
def test_whatever_is_typed_is_harmless(raw):
    assert_harmless(render_markdown(raw))


@given(messages)
def test_sanitising_again_changes_nothing(raw):
    html = render_markdown(raw)

    assert sanitise(html) == html


@given(st.lists(st.sampled_from(NASTY), max_size=4).map(" ".join))
def test_the_sanitiser_alone_is_enough(html):
    assert_harmless(sanitise(html))


@pytest.mark.parametrize(
    "raw",
    [
        "> " * 100 + "deep",
        "- " * 100 + "deep",
        "\n".join("  " * level + "- x" for level in range(100)) + "\n" + "  " * 100 + "- deep",
        "[" * 100 + "deep" + "](x)" * 100,
        "**a *b " * 100 + "deep",
    ],
)
def test_nothing_is_lost_a_hundred_levels_deep(raw):
    html = render_markdown(raw)

    assert "deep" in html
    assert_harmless(html)


def test_what_is_shown_as_it_was_typed_is_harmless_too():
    html = render_markdown("> " * 60 + '<script>alert("1")</script> & [x](https://a.example)')

    assert html.endswith('&lt;script&gt;alert("1")&lt;/script&gt; &amp; [x](https://a.example)</p>')
    assert sanitise(html) == html


def test_a_table_does_not_blow_up():
    raw = "|a" * 100 + "\n" + "|-" * 100 + "\n" + "|\n" * 4_700

    assert len(render_markdown(raw)) < 10 * len(raw)


def test_a_text_longer_than_any_message_is_shown_as_it_was_typed():
    raw = "*a* " + "![" * 100_000

    assert render_markdown(raw) == f"<p>{raw}</p>"


@pytest.mark.parametrize(
    "unit", ["[", "![", "*a ", "_a", "`", ">", "- ", "<", "<a ", "~~a", "|", "&", "\\", "***a", "[a]("]
)
def test_ten_thousand_characters_of_anything_are_rendered(unit):
    raw = unit * (10_000 // len(unit))

    html = render_markdown(raw)

    assert 0 < len(html) < 10 * len(raw)
    assert_harmless(html)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("A *disk* failed.\nWe are `on it`.\n\nMore soon.", "A disk failed.\nWe are on it.\n\nMore soon."),
        ("# Cause\nA disk.", "Cause\n\nA disk."),
        ("- API\n- Dashboard", "- API\n- Dashboard"),
        ("- API\n  is slow\n- Dashboard", "- API\n  is slow\n- Dashboard"),
        (
            "Affected:\n\n3. API\n4. Dashboard\n   - Login\n\nSorry.",
            "Affected:\n\n3. API\n4. Dashboard\n  - Login\n\nSorry.",
        ),
        ("See [the report](https://a.example/r).", "See the report (https://a.example/r)."),
        ("See https://a.example/r.", "See https://a.example/r."),
        ("Write to <help@a.example>.", "Write to help@a.example."),
        ("```\nif x:\n    y\n```", "if x:\n    y"),
        ("|a|b|\n|-|-|\n|1|2|", "a | b\n1 | 2"),
        ('a < b & "c" <b>', 'a < b & "c" <b>'),
        ("", ""),
    ],
)
def test_the_text_of_a_message(raw, text):
    assert plain_text(render_markdown(raw)) == text


@given(messages)
def test_the_text_of_a_message_has_no_blank_edges_and_no_long_gaps(raw):
    text = plain_text(render_markdown(raw))

    assert text == text.strip()


@given(st.lists(st.from_regex("[a-zA-Z]{1,10}", fullmatch=True), max_size=20))
def test_plain_words_are_their_own_text(words):
    raw = " ".join(words)

    assert plain_text(render_markdown(raw)) == raw


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("> " * 60 + "deep", "Its lists or quotes are nested too deep. Use fewer levels."),
        ("- " * 60 + "deep", "Its lists or quotes are nested too deep. Use fewer levels."),
        ("|a" * 100 + "\n" + "|\n" * 4_700, "Its table could have more than 5,000 cells. Use a smaller one."),
        ("x" * 10_001, "It is longer than 10,000 characters."),
        ("[x" * 501, "It has more than 500 opening square brackets. Use fewer."),
        (" >" * 21 + "deep", "Its lists or quotes are nested too deep. Use fewer levels."),
        ("> - " * 18 + "deep\n" + "lazy\n" * 1_800, "Its lists or quotes are nested too deep. Use fewer levels."),
        ("> " * 20 + "not deep", ""),
        ("Free memory: 5 > 4" + " > 3" * 30, ""),
    ],
)
def test_whoever_writes_learns_why_markdown_was_not_followed(raw, reason):
    assert render_message(raw).shown_as_typed == reason


def test_some_texts_may_be_longer_than_a_message():
    raw = "*a* " * 5_000

    assert render_message(raw, longest=20_000).shown_as_typed == ""


HOSTILE = [
    ">" * 38 + "a\n" + "b\n" * 9_900,
    ">" * 20 + "a\n" + "b\n" * 9_900,
    "[x" * 9_000 + "](",
    "*[" * 10_000,
    "![" * 10_000,
    "[a\n" * 6_000,
    "[<a:b>" * 3_000,
    "<![CDATA[" * 2_000,
    ">" * 20 + "a\n" + "[\n" * 490 + "<\n" * 900,
    "[x" + "a*" * 30 + ("[x" + "a*" * 19) * 499,
    "https://a" + ")" * 19_900,
    "https://a" + ".)" * 9_900,
]
UNITS = [
    "**a",
    "*a _b **c __d ",
    "_a ",
    "`a`` ",
    "&a",
    "&#1;",
    "<a ",
    "<!--",
    "a@a.",
    "<a@b.c>",
    "https://",
    "|\n",
    "a|b\n",
    "a\n",
]
UNITS += [
    "- a\n+ b\n",
    "* a\n - b\n",
    "- > ",
    "1. a\n1) b\n",
    "```\n",
    "~~a ",
    "\\",
    "](",
    "\t",
    "=\n",
    "a\n=\n",
    "# ",
    "'(",
]


@pytest.mark.parametrize("raw", HOSTILE + [(unit * 20_000)[:20_000] for unit in UNITS])
def test_twenty_thousand_characters_of_anything_hold_up_nobody(raw):
    def take() -> float:
        began = process_time()
        render_message(raw, longest=20_000)
        return process_time() - began

    # The second time counts, too: the first may have to clean up after others.
    assert any(take() < 0.6 for _ in range(2))


def test_headings_begin_where_the_page_has_room_for_them():
    html = render_markdown("# Cause\n\n## Disk\n\n### Full\n\n`<h4>`")

    assert with_headings_from(html, 4) == html
    assert with_headings_from(html, 2) == (
        "<h2>Cause</h2>\n<h3>Disk</h3>\n<h4>Full</h4>\n<p><code>&lt;h4&gt;</code></p>"
    )
