"""The text of a rendered message, for readers that show no HTML."""

import re
from html.parser import HTMLParser

_LAYOUT = re.compile("[ \\t\\r\\n]+")


def plain_text(html: str) -> str:
    """The text of what `render_markdown` returned, for the text part of a mail and for meta descriptions.

    Paragraphs are parted by a blank line, list items get a dash or their number, a link its address in brackets.
    """
    reader = _TextReader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _TextReader(HTMLParser):
    """Writes text piece by piece. A block does not end lines itself: it asks for line ends before the next piece."""

    _BLOCKS = frozenset("p pre blockquote ul ol h4 h5 h6 hr table".split())

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._line_ends = 0
        self._counters: list[int | None] = []
        """One for each list that is open: the next number, or None where items have dashes."""
        self._marker = ""
        self._link: tuple[str, int] | None = None
        self._preformatted = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self._part(tag)
        match tag:
            case "pre":
                self._preformatted = True
            case "ul":
                self._counters.append(None)
            case "ol":
                self._counters.append(int(attributes.get("start") or 1))
            case "li":
                self._marker = self._next_marker()
            case "td" | "th" if self._pieces and not self._line_ends:
                self._pieces[-1] = self._pieces[-1].rstrip()
                self._pieces.append(" | ")
            case "a":
                self._link = (attributes.get("href") or "", len(self._pieces))

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "pre":
                self._preformatted = False
            case "ul" | "ol" if self._counters:
                self._counters.pop()
            case "a" if self._link:
                address, begin = self._link
                said = "".join(self._pieces[begin:]).strip()
                if address and address.removeprefix("mailto:") != said:
                    self._pieces.append(f" ({address})" if said else address)
                self._link = None
        self._part(tag)

    def handle_data(self, data: str) -> None:
        if self._preformatted:
            self._write(data)
            return
        # A line end in the data is only how the HTML is laid out: one that means something is a <br>.
        data = _LAYOUT.sub(" ", data)
        if self._line_ends or not self._pieces:
            data = data.lstrip(" ")
        if data:
            self._write(data)

    def text(self) -> str:
        return "".join(self._pieces).strip()

    def _write(self, piece: str) -> None:
        if self._pieces and self._line_ends:
            self._pieces[-1] = self._pieces[-1].rstrip()
            self._pieces.append("\n" * self._line_ends)
        depth = len(self._counters)
        if self._marker:
            self._pieces.append("  " * (depth - 1) + self._marker)
        elif depth and self._line_ends:
            self._pieces.append("  " * depth)
        self._line_ends = 0
        self._marker = ""
        self._pieces.append(piece)

    def _part(self, tag: str) -> None:
        if tag in ("br", "li", "tr") or (tag in self._BLOCKS and self._counters):
            self._line_ends = max(self._line_ends, 1)
        elif tag in self._BLOCKS:
            self._line_ends = 2

    def _next_marker(self) -> str:
        counter = self._counters[-1] if self._counters else None
        if counter is None:
            return "- "
        self._counters[-1] = counter + 1
        return f"{counter}. "
