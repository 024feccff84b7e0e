"""`{{ services }}` in a text that somebody wrote before they could know: found, named and filled in, and nothing else.

No template language: people's text must not be able to run anything. A backslash before the braces makes them plain
(`\\{{ services }}`), as it does in markdown.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

# Nothing in it can be matched in two ways (possessive, and never from the midst of backslashes): else a text without
# closing braces takes the square or the cube of its length.
_PLACEHOLDER = re.compile(r"(?P<escapes>(?<!\\)\\*+)\{\{(?P<name>[^{}\n]*+)\}\}")

# CommonMark 0.31 §2.4: a backslash takes the meaning from any ASCII punctuation. These have one wherever they stand …
_MARKS = re.compile(r"[\\`*_{}\[\]<>~|]|&(?=[#0-9A-Za-z]+;)")
# … and these only where a line begins, which may be where a value begins: headings, lists, underlines, rules.
_LINE_MARKS = re.compile(r"^(?:[#+=-]|[0-9]{1,9}(?=[.)]))")


@dataclass(frozen=True, slots=True)
class Value:
    """What a placeholder stands for. `trusted` is markdown of our own, such as an address, and is taken as it is."""

    text: str
    trusted: bool = False


def find_placeholders(text: str) -> tuple[str, ...]:
    """The names in double braces, each once, in the order in which they come; escaped ones are none."""
    names = (_name_of(match) for match in _PLACEHOLDER.finditer(text) if not _is_escaped(match))
    return tuple(dict.fromkeys(names))


def fill_message(text: str, values: Mapping[str, Value]) -> str:
    """Put values into a text in markdown. They stay plain words there: no name can become a link or a heading.

    A placeholder without a value stays as it is, and so does what is escaped, so that the text can be filled again.
    """
    return _fill(text, values, lambda value: value.text if value.trusted else escape_markdown(value.text))


def fill_title(text: str, values: Mapping[str, Value]) -> str:
    """The same for a text without markdown."""
    return _fill(text, values, lambda value: value.text.replace("{{", r"\{{"))


def without_escapes(text: str) -> str:
    """The text with the braces that were escaped, once nothing is to be filled in any more."""
    return _PLACEHOLDER.sub(lambda match: match[0][1:] if _is_escaped(match) else match[0], text)


def escape_markdown(text: str) -> str:
    """One line of text that markdown shows as it is, wherever it is put: `**` stays two stars."""
    escaped = _MARKS.sub(r"\\\g<0>", text)
    return _LINE_MARKS.sub(lambda match: f"{match[0]}\\" if match[0].isdecimal() else f"\\{match[0]}", escaped)


def join_names(names: Iterable[str]) -> str:
    """ "API, Dashboard and Login" """
    *first, last = list(names) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _fill(text: str, values: Mapping[str, Value], write: Callable[[Value], str]) -> str:
    def replace(match: re.Match[str]) -> str:
        value = values.get(_name_of(match))
        return match[0] if value is None or _is_escaped(match) else match["escapes"] + write(value)

    return _PLACEHOLDER.sub(replace, text)


def _name_of(match: re.Match[str]) -> str:
    return match["name"].strip(" \t").lower()


def _is_escaped(match: re.Match[str]) -> bool:
    """An even number of backslashes are backslashes that were escaped themselves."""
    return len(match["escapes"]) % 2 == 1
