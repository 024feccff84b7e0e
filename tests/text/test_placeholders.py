"""Placeholders: what counts as one, and that what is filled in stays plain words."""

import re
from time import thread_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.text.clean import clean_text
from app.text.markdown import render_markdown
from app.text.placeholders import (
    Value,
    escape_markdown,
    fill_message,
    fill_title,
    find_placeholders,
    join_names,
    without_escapes,
)
from app.text.plain import plain_text

VALUES = {"services": Value("API and Dashboard"), "page_url": Value("https://status.example/northwind", trusted=True)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ services }} fail at {{time}} and {{ services }}.", ("services", "time")),
        ("{{ Services }}", ("services",)),
        ("{{ services|upper }}", ("services|upper",)),
        ("{{ }}", ("",)),
        (r"\{{ services }}", ()),
        (r"\\{{ services }}", ("services",)),
        ("{ services } {{ services } {{", ()),
        ("{{ a\nb }}", ()),
        ("{{ {{ services }} }}", ("services",)),
    ],
)
def test_double_braces_around_a_name_are_a_placeholder(text, names):
    assert find_placeholders(text) == names


@pytest.mark.parametrize("text", ["{{" + " " * 200_000 + "x{", "\\" * 200_000, "{{ " * 60_000, "{{\t" + "a " * 100_000])
def test_braces_that_never_close_take_no_time(text):
    began = thread_time()
    names, filled, plain = find_placeholders(text), fill_message(text, VALUES), without_escapes(text)
    took = thread_time() - began

    assert (names, filled, plain) == ((), text, text)
    assert took < 0.5


spaces = st.text(alphabet=" \t", max_size=3)
words = st.text(alphabet="aB {}\\\t\n", max_size=8)
placeholders = st.tuples(spaces, st.sampled_from(["services", "Services", "time of day", ""]), spaces, words)


@given(words, st.lists(placeholders, max_size=4))
def test_what_stands_around_a_placeholder_changes_nothing_of_it(first, parts):
    before, texts = first, {"services": Value("API"), "time of day": Value("noon"), "": Value("nothing")}
    for left, name, right, after in parts:
        if before.endswith(("{", "\\")):
            before += "."
        ending = "." if after.startswith("}") else ""

        filled = fill_message(f"{before}{{{{{left}{name}{right}}}}}{ending}{after}", texts)

        assert filled == fill_message(before, texts) + texts[name.lower()].text + fill_message(ending + after, texts)
        before = after


def test_what_is_known_is_filled_in_and_the_rest_stays():
    text = fill_message(r"{{services}} are down, see {{ page_url }}. {{ impact }} \{{ services }}", VALUES)

    assert text == (r"API and Dashboard are down, see https://status.example/northwind. {{ impact }} \{{ services }}")


def test_an_escaped_placeholder_is_shown_with_its_braces():
    text = fill_message(r"Write \{{ services }} for them.", VALUES)

    assert plain_text(render_markdown(text)) == "Write {{ services }} for them."
    assert without_escapes(text) == "Write {{ services }} for them."


@pytest.mark.parametrize(
    "name",
    [
        "[x](javascript:alert(1))",
        "**API**",
        "# API",
        "1. API",
        "- API",
        "> API",
        "===",
        "---",
        "```",
        "<b>API</b>",
        "&lt;b&gt;",
        "a_b_c and _d_",
        "~~API~~",
        "|a|b|",
        "![a](b)",
        "back\\slash\\",
        "`code`",
        "{{ impact }}",
    ],
)
@pytest.mark.parametrize("template", ["{{ title }}", "About {{ title }}, again: {{ title }}", "- {{ title }}"])
def test_a_name_is_shown_as_it_is_whatever_it_looks_like(name, template):
    html = render_markdown(fill_message(template, {"title": Value(name)}))

    assert plain_text(html) == template.replace("{{ title }}", name)
    assert set(re.findall("<([a-z0-9]+)", html)) <= {"p", "ul", "li"}


@given(st.text(max_size=60).map(clean_text).filter(lambda name: "://" not in name))
@example("1) x")
@example("\\")
def test_no_name_at_all_is_markdown(name):
    html = render_markdown(fill_message("So: {{ title }}", {"title": Value(name)}))

    assert plain_text(html) == f"So: {name}".rstrip()


@given(st.text(max_size=60).map(clean_text).filter(lambda name: "://" not in name))
def test_no_name_begins_anything_at_the_beginning_of_a_line(name):
    html = render_markdown(fill_message("{{ title }}\nnext", {"title": Value(name)}))

    assert html.count("<") - html.count("<br>") == 2, html


def test_what_is_filled_in_is_not_filled_in_again():
    filled = fill_message("{{ title }}", {"title": Value("{{ services }}")})

    assert find_placeholders(filled) == ()
    assert find_placeholders(fill_title("{{ title }}", {"title": Value("{{ services }}")})) == ()


def test_a_title_knows_no_markdown():
    filled = fill_title("{{ services }} down", {"services": Value("a_b & {{ time }}")})

    assert without_escapes(filled) == "a_b & {{ time }} down"


@pytest.mark.parametrize("text", ["API", "Multi-Region API (EU)", "R&D", "Login 2.0"])
def test_ordinary_names_are_left_as_they_are(text):
    assert escape_markdown(text) == text


@pytest.mark.parametrize(
    ("names", "said"), [((), ""), (("A",), "A"), (("A", "B"), "A and B"), (("A", "B", "C"), "A, B and C")]
)
def test_names_are_listed_as_people_list_them(names, said):
    assert join_names(names) == said
