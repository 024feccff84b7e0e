"""Reads a page as a person or a browser would: its words, and what its fields hold."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"input", "br", "meta", "link", "hr", "img", "use", "path", "rect"}


@dataclass
class Element:
    """One element with all that is inside of it."""

    tag: str
    attributes: dict[str, str]
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words in it, with single spaces."""
        return " ".join(" ".join(self._words()).split())

    def _words(self) -> list[str]:
        words: list[str] = []
        for child in self.children:
            words += [child] if isinstance(child, str) else child._words()
        return words

    def all(self, tag: str = "", **attributes: str) -> list["Element"]:
        """Every element inside with this tag and these attributes; `class_` finds one of several classes."""
        found = []
        for child in self.children:
            if isinstance(child, str):
                continue
            if (not tag or child.tag == tag) and child.has(attributes):
                found.append(child)
            found += child.all(tag, **attributes)
        return found

    def one(self, tag: str = "", **attributes: str) -> "Element":
        """The only such element inside."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} × {tag} {attributes}"
        return found[0]

    def has(self, attributes: dict[str, str]) -> bool:
        for name, value in attributes.items():
            if name == "class_":
                if value not in self.attributes.get("class", "").split():
                    return False
            elif self.attributes.get(name.replace("_", "-")) != value:
                return False
        return True

    @property
    def value(self) -> str:
        """What a field would send."""
        if self.tag == "textarea":
            text = "".join(child for child in self.children if isinstance(child, str))
            return text.removeprefix("\r").removeprefix("\n")
        if self.tag == "select":
            options = self.all("option")
            chosen = next((option for option in options if "selected" in option.attributes), options[0])
            return chosen.attributes["value"]
        return self.attributes.get("value", "")

    def fields(self) -> dict[str, str]:
        """What a form would send as it stands."""
        sent = {}
        for tag in ("input", "select", "textarea"):
            for one in self.all(tag):
                kind = one.attributes.get("type", "")
                if "name" in one.attributes and (kind not in ("radio", "checkbox") or "checked" in one.attributes):
                    sent[one.attributes["name"]] = one.value
        return sent


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("document", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while len(self.open) > 1:
            if self.open.pop().tag == tag:
                return

    def handle_data(self, data: str) -> None:
        if self.open[-1].tag not in ("script", "style"):
            self.open[-1].children.append(data)


def read(html: str) -> Element:
    """The page as elements. Unclosed list items and cells are none of our templates'."""
    builder = _Builder()
    builder.feed(re.sub(r"<!doctype html>", "", html))
    return builder.root
