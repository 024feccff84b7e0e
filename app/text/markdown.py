"""Markdown as people write it in messages, to HTML that cannot harm whoever reads it.

Rendered and sanitised once, when it is written; the raw text is kept beside it. HTML in the raw text is shown as text.
"""

from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from app.text.clean import clean_message

_DEEPEST_NESTING = 120
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


_parser = MarkdownIt(
    "commonmark",
    {"html": False, "breaks": True, "maxNesting": _DEEPEST_NESTING},
    renderer_cls=_MessageRenderer,
).enable(["table", "strikethrough"])

# The renderer writes nothing that the sanitiser would have to take out; it is here for the day it does.
_sanitiser = nh3.Cleaner(
    tags=_ALLOWED_TAGS,
    attributes=_ALLOWED_ATTRIBUTES,
    url_schemes=_ALLOWED_SCHEMES,
    url_relative="deny",
    link_rel="nofollow noopener",
)


def render_markdown(raw: str) -> str:
    """HTML for a message: CommonMark with tables and strikethrough; line breaks are kept.

    No scripts, styles, pictures, ids or classes; links only to http, https, mailto and tel addresses.
    """
    return sanitise(_parser.render(clean_message(raw)))


def sanitise(html: str) -> str:
    """Take out everything that `render_markdown` would not have written."""
    return _sanitiser.clean(html).strip()
