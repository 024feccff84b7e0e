"""Markdown as people write it in messages, to HTML that cannot harm whoever reads it.

Rendered and sanitised once, when it is written; the raw text is kept beside it. HTML in the raw text is shown as text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from app.text.clean import clean_message
from app.text.lengths import MESSAGE_LENGTH

# Beyond these a text is no message in markdown any more; it is shown as it was typed, with nothing lost. The parser
# drops what is nested deeper, makes up to 65,000 cells of 10,000 characters, looks through the rest of the text for
# each bracket that opens, and through all quotes for each line that may belong to the innermost: seconds, while
# everybody else in the process waits. So they are counted before it begins: a preview may be asked of any text.
_DEEPEST_NESTING = 40
_MOST_CELLS = 5_000
_MOST_BRACKETS = 500
_MOST_QUOTES = 20
_MOST_QUOTED_LINES = 30_000
"""Lines of the text, each counted as often as the line with most quotes is quoted."""

_BEGINNING = " \t>-+*.)0123456789"
"""Of what the beginnings of quotes and lists are made."""
_TOO_DEEP = "Its lists or quotes are nested too deep. Use fewer levels."

_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_HEADING = re.compile("<(/?)h([4-6])>")
_ALLOWED_TAGS = frozenset(
    "p br hr strong em s code pre blockquote ul ol li h4 h5 h6 a table thead tbody tr th td".split()
)
_ALLOWED_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_ALLOWED_SCHEMES = {"http", "https", "mailto", "tel"}
# A message sits in a card whose title is an h3; its own headings start below that.
_DEMOTED = {"h1": "h4", "h2": "h5", "h3": "h6", "h4": "h6", "h5": "h6", "h6": "h6"}


class _MessageRenderer(RendererHTML):
    """CommonMark's HTML with smaller headings, and with a picture's description in place of the picture."""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return escapeHtml(self.renderInlineAsText(tokens[idx].children, options, env))

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<{_DEMOTED[tokens[idx].tag]}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"</{_DEMOTED[tokens[idx].tag]}>\n"


def _link_bare_addresses(state: StateCore) -> None:
    """Make links of the web addresses that stand in the text as they are."""
    for token in state.tokens:
        if token.type == "inline" and token.children and "://" in token.content:
            token.children = list(_with_links(token.children, state.md))


def _with_links(tokens: Sequence[Token], parser: MarkdownIt) -> Iterator[Token]:
    in_link = 0
    for token in tokens:
        in_link += token.nesting if token.type in ("link_open", "link_close") else 0
        if token.type == "text" and not in_link:
            yield from _split_at_addresses(token.content, parser)
        else:
            yield token


def _split_at_addresses(text: str, parser: MarkdownIt) -> Iterator[Token]:
    done = 0
    for match in _BARE_ADDRESS.finditer(text):
        address = _without_what_follows(match[0])
        yield _text(text[done : match.start()])
        yield Token("link_open", "a", 1, attrs={"href": parser.normalizeLink(address)})
        yield _text(address)
        yield Token("link_close", "a", -1)
        done = match.start() + len(address)
    yield _text(text[done:])


def _without_what_follows(address: str) -> str:
    """An address without the sentence's own punctuation behind it; a bracket that it opened itself stays."""
    end, closed_too_often = len(address), address.count(")") - address.count("(")
    while address[end - 1] in ".,;:!?*_~)]":
        if address[end - 1] == ")":
            if closed_too_often <= 0:
                break
            closed_too_often -= 1
        end -= 1
    return address[:end]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _make_parser() -> MarkdownIt:
    options = {"html": False, "breaks": True, "maxNesting": _DEEPEST_NESTING}
    parser = MarkdownIt("commonmark", options, renderer_cls=_MessageRenderer).enable(["table", "strikethrough"])
    parser.core.ruler.push("bare_addresses", _link_bare_addresses)
    return parser


_parser = _make_parser()

# The renderer writes nothing that the sanitiser would have to take out; it is here for the day it does.
_sanitiser = nh3.Cleaner(
    tags=_ALLOWED_TAGS,
    attributes=_ALLOWED_ATTRIBUTES,
    url_schemes=_ALLOWED_SCHEMES,
    url_relative="deny",
    link_rel="nofollow noopener",
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as visitors will see it."""

    html: str
    shown_as_typed: str = ""
    """Why its markdown was not followed, and what to do about that; empty when it was."""


def render_markdown(raw: str, longest: int = MESSAGE_LENGTH) -> str:
    """HTML for a message: CommonMark with tables, strikethrough and links for bare addresses; line breaks are kept.

    No scripts, styles, pictures, ids or classes; links only to http, https, mailto and tel addresses.
    """
    return render_message(raw, longest).html


def render_message(raw: str, longest: int = MESSAGE_LENGTH) -> Rendered:
    """The same, with the reason when it is no markdown that could be followed: for whoever is writing it."""
    message = clean_message(raw)
    if reason := _why_not_to_parse(message, longest):
        return _as_typed(message, reason)
    env: EnvType = {}
    tokens = _parser.parse(message, env)
    if _is_too_deep(tokens):
        return _as_typed(message, _TOO_DEEP)
    return Rendered(sanitise(_parser.renderer.render(tokens, _parser.options, env)))


def _as_typed(message: str, reason: str) -> Rendered:
    return Rendered(sanitise("<p>" + escapeHtml(message).replace("\n", "<br>\n") + "</p>"), reason)


def with_headings_from(html: str, top: int) -> str:
    """What `render_markdown` returned, with its headings beginning at level `top` instead of 4."""
    return _HEADING.sub(lambda match: f"<{match[1]}h{int(match[2]) - 4 + top}>", html) if top != 4 else html


def sanitise(html: str) -> str:
    """Take out everything that `render_markdown` would not have written."""
    return _sanitiser.clean(html).strip()


def _why_not_to_parse(message: str, longest: int) -> str:
    if len(message) > longest:
        return f"It is longer than {longest:,} characters."
    if _could_be_a_huge_table(message):
        return f"Its table could have more than {_MOST_CELLS:,} cells. Use a smaller one."
    if message.count("[") > _MOST_BRACKETS:
        return f"It has more than {_MOST_BRACKETS:,} opening square brackets. Use fewer."
    if _could_be_deep_quotes(message):
        return _TOO_DEEP
    return ""


def _could_be_deep_quotes(message: str) -> bool:
    lines = message.split("\n")
    most = max(line.count(">", 0, len(line) - len(line.lstrip(_BEGINNING))) for line in lines)
    return most > _MOST_QUOTES or most * len(lines) > _MOST_QUOTED_LINES


def _could_be_a_huge_table(message: str) -> bool:
    lines = message.split("\n")
    return len(lines) * max(line.count("|") for line in lines) > _MOST_CELLS


def _is_too_deep(tokens: Sequence[Token]) -> bool:
    return any(token.level >= _DEEPEST_NESTING - 1 for token in tokens)
