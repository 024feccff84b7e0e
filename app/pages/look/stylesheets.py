"""Custom CSS of a page: read as a browser reads it, held to the page, and written anew.

What is let through is listed; everything else is refused with its line. Selectors are made to begin at `.page`, and all
of it goes into the cascade layer `custom`, which comes after our components and before our utilities: it needs no
`!important`, and cannot take away what hides, skips and warns.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import tinycss2
from tinycss2 import ast

from app.pages.look.brackets import find_deep_line

MOST_BYTES = 64 * 1024
MOST_WRITTEN = 4 * MOST_BYTES
"""Letters of what is made of it: each of many short selectors becomes longer."""

_CONDITIONS = frozenset({"media", "supports", "container"})
"""At-rules that hold rules."""
_POSITIONS = frozenset({"static", "relative", "absolute"})
_LOADING_PROPERTIES = frozenset({"behavior", "-moz-binding"})
_FUNCTIONS = frozenset(
    """
    abs acos asin atan atan2 attr blur brightness calc circle clamp color color-mix conic-gradient contrast cos counter
    counters cubic-bezier drop-shadow ellipse env exp fit-content grayscale hsl hsla hue-rotate hwb hypot inset invert
    lab lch light-dark linear linear-gradient log matrix matrix3d max min minmax mod oklab oklch opacity path
    perspective polygon pow radial-gradient rect rem repeat repeating-conic-gradient repeating-linear-gradient
    repeating-radial-gradient rgb rgba rotate rotate3d rotatex rotatey rotatez round saturate scale scale3d scalex
    scaley scalez sepia sign sin skew skewx skewy sqrt steps tan translate translate3d translatex translatey
    translatez var xywh
    """.split()
)
"""Those whose arguments are numbers, colours and names. None of them loads anything."""
_DATA_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml)[;,]", re.IGNORECASE)
_LONG_NUMBER = re.compile("[0-9]{1000}")
"""Python reads no whole number of many thousands of digits, and nobody needs one."""
_BEYOND = frozenset({"html", "body", "head"})
_OUTSIDE = "It reaches beyond the page. Begin with .page, or with what is in it; for themes use light-dark()."
_SIDEWAYS = "It reaches beside the page, where nothing of yours is. Use a space or > after .page."
_LOADS = "Nothing is loaded from elsewhere. Use a picture as data: address, or your logo."
_UNREADABLE = "A browser could not read it. Look for a bracket, a quote or a semicolon that is missing."


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule or a declaration that is not let through."""

    line: int
    what: str
    """The beginning of it."""
    why: str

    def __str__(self) -> str:
        return f"Line {self.line}, “{self.what}”: {self.why}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is left of a style sheet, and what is not."""

    css: str
    """Safe to be served; empty when nothing is left."""
    refusals: tuple[Refusal, ...] = ()


def sanitise_css(typed: str) -> Sheet:
    """Custom CSS held to the page: with the rules that are refused, the rest is what a preview shows.

    Comments are left out, and so is `!important`.
    """
    if len(typed.encode()) > MOST_BYTES:
        return Sheet("", (Refusal(1, _beginning(typed), f"Use at most {MOST_BYTES // 1024} KB."),))
    if line := find_deep_line(typed):
        return Sheet("", (Refusal(line, _beginning(typed.split("\n")[line - 1]), "Its brackets are nested too deep."),))
    if long := _LONG_NUMBER.search(typed):
        line = typed.count("\n", 0, long.start()) + 1
        return Sheet("", (Refusal(line, _beginning(typed.split("\n")[line - 1]), "It has a number that is too long."),))
    refusals: list[Refusal] = []
    rules = tinycss2.parse_stylesheet(typed, skip_comments=True, skip_whitespace=True)
    written = "\n".join(_write_rules(rules, refusals))
    if len(written) > MOST_WRITTEN:
        return Sheet("", (Refusal(1, _beginning(typed), "It has too many selectors. Give what is alike one class."),))
    # In HTML, where a preview has it, "</" would end it; in CSS this is the same.
    css = f"@layer custom {{\n{written}\n}}\n".replace("</", r"<\/") if written else ""
    lines = typed.split("\n")
    told = (
        refusal if refusal.what else replace(refusal, what=_beginning(lines[refusal.line - 1])) for refusal in refusals
    )
    return Sheet(css, tuple(sorted(told, key=lambda refusal: refusal.line)))


def _write_rules(rules: Iterable[ast.Node], refusals: list[Refusal]) -> Iterator[str]:
    for rule in rules:
        match rule.type:
            case "qualified-rule":
                written = _write_rule(rule, refusals)
            case "at-rule":
                written = _write_at_rule(rule, refusals)
            case _:
                refusals.append(Refusal(rule.source_line, "", _UNREADABLE))
                written = ""
        if written:
            yield written


def _write_rule(rule: ast.QualifiedRule, refusals: list[Refusal]) -> str:
    selectors = []
    for selector in _split_at_commas(rule.prelude):
        scoped, why = _scope(selector)
        if why:
            refusals.append(Refusal(_line_of(selector, rule), _beginning(tinycss2.serialize(selector)), why))
        else:
            selectors.append(scoped)
    declarations = _write_declarations(rule.content, refusals)
    return f"{', '.join(selectors)} {{ {declarations} }}" if selectors and declarations else ""


def _write_at_rule(rule: ast.AtRule, refusals: list[Refusal]) -> str:
    name = rule.lower_at_keyword
    why = _why_not_the_at_rule(rule, name)
    if why:
        refusals.append(Refusal(rule.source_line, _beginning(f"@{rule.at_keyword} {_text(rule.prelude)}"), why))
        return ""
    if name == "keyframes":
        inner = " ".join(_write_keyframes(rule.content, refusals))
    else:
        held = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        inner = "\n".join(_write_rules(held, refusals))
    return f"@{name} {_text(rule.prelude)} {{\n{inner}\n}}" if inner else ""


def _why_not_the_at_rule(rule: ast.AtRule, name: str) -> str:
    if name == "import":
        return _LOADS
    if name == "font-face":
        return "Fonts are not loaded. Name fonts that your visitors have."
    if name != "keyframes" and name not in _CONDITIONS:
        return "Only @media, @supports, @container and @keyframes are taken."
    if rule.content is None:
        return _UNREADABLE
    return next((why for token in _all(rule.prelude) if (why := _why_not_the_token(token))), "")


def _write_keyframes(content: Sequence[ast.Node], refusals: list[Refusal]) -> Iterator[str]:
    for frame in tinycss2.parse_rule_list(content, skip_comments=True, skip_whitespace=True):
        if frame.type != "qualified-rule":
            refusals.append(Refusal(frame.source_line, "", _UNREADABLE))
            continue
        if any(token.type not in ("ident", "percentage", "whitespace", "literal") for token in frame.prelude):
            refusals.append(Refusal(frame.source_line, _beginning(_text(frame.prelude)), _UNREADABLE))
            continue
        if declarations := _write_declarations(frame.content, refusals):
            yield f"{_text(frame.prelude)} {{ {declarations} }}"


def _write_declarations(content: Sequence[ast.Node], refusals: list[Refusal]) -> str:
    written = []
    for part in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if part.type == "declaration":
            if why := _why_not_the_declaration(part):
                what = _beginning(f"{part.name}: {_text(part.value)}")
                refusals.append(Refusal(part.source_line, what, why))
            else:
                written.append(f"{tinycss2.serialize_identifier(part.name)}: {_text(part.value)};")
        elif part.type == "error":
            refusals.append(Refusal(part.source_line, "", _UNREADABLE))
        else:
            what = _beginning(_text(part.prelude))
            refusals.append(Refusal(part.source_line, what, "Write rules one after the other, not one in another."))
    return " ".join(written)


def _why_not_the_declaration(declaration: ast.Declaration) -> str:
    name = declaration.lower_name
    if name == "position":
        words = [token for token in declaration.value if token.type != "whitespace"]
        if len(words) != 1 or words[0].type != "ident" or words[0].lower_value not in _POSITIONS:
            return "Only static, relative and absolute are taken: nothing may stay in front of our notices."
    if name in _LOADING_PROPERTIES:
        return _LOADS
    return next((why for token in _all(declaration.value) if (why := _why_not_the_value(token))), "")


def _why_not_the_value(token: ast.Node) -> str:
    if token.type == "function":
        name = token.lower_name
        if name == "url":
            return _why_not_the_address("".join(part.value for part in token.arguments if part.type == "string"))
        return "" if name in _FUNCTIONS else f"{name}() is not taken. {_LOADS}"
    return _why_not_the_token(token)


def _why_not_the_token(token: ast.Node) -> str:
    """Of what stands in a value, or between an at-rule's name and its block."""
    match token.type:
        case "url":
            return _why_not_the_address(token.value)
        case "function" if token.lower_name in ("url", "src", "image", "image-set", "expression"):
            return _LOADS
        case "error" | "at-keyword" | "unicode-range":
            return _UNREADABLE
        case "{} block":
            return _UNREADABLE
        case "literal" if token.value in ("<!--", "-->"):
            return _UNREADABLE
    return ""


def _why_not_the_address(address: str) -> str:
    return "" if _DATA_IMAGE.match(address.strip()) else _LOADS


def _scope(selector: Sequence[ast.Node]) -> tuple[str, str]:
    """A selector that begins at the page, or why it cannot."""
    tokens = _trim(selector)
    if not tokens:
        return "", _UNREADABLE
    if any(token.type in ("error", "at-keyword", "{} block", "url", "() block") for token in _all(tokens)):
        return "", _UNREADABLE
    if any(token.type == "literal" and token.value == "&" for token in _all(tokens)):
        return "", "Write rules one after the other, not one in another."
    first, rest = _first_compound(tokens)
    if _names_what_is_beyond(first):
        return "", _OUTSIDE
    text = tinycss2.serialize(tokens)
    if not _is_page(first):
        if tokens[0].type == "literal" and tokens[0].value in (">", "+", "~", "|"):
            return "", _UNREADABLE
        return f".page {text}", ""
    combinator = next((token for token in rest if token.type != "whitespace"), None)
    if combinator is not None and combinator.type == "literal" and combinator.value in ("+", "~", "|"):
        return "", _SIDEWAYS
    return text, ""


def _first_compound(tokens: Sequence[ast.Node]) -> tuple[Sequence[ast.Node], Sequence[ast.Node]]:
    """What a selector begins with, up to its first combinator, and the rest."""
    for place, token in enumerate(tokens):
        if token.type == "whitespace" or (token.type == "literal" and token.value in (">", "+", "~", "|", "||")):
            return tokens[:place], tokens[place:]
    return tokens, ()


def _names_what_is_beyond(compound: Sequence[ast.Node]) -> bool:
    for place, token in enumerate(compound):
        after_colon = place > 0 and compound[place - 1].type == "literal" and compound[place - 1].value == ":"
        if token.type == "ident" and place == 0 and token.lower_value in _BEYOND:
            return True
        if token.type == "ident" and after_colon and token.lower_value in ("root", "host", "scope"):
            return True
    return False


def _is_page(compound: Sequence[ast.Node]) -> bool:
    """Whether it says `.page` itself, outside of any bracket."""
    return any(
        dot.type == "literal" and dot.value == "." and name.type == "ident" and name.value == "page"
        for dot, name in pairwise(compound)
    )


def _split_at_commas(tokens: Sequence[ast.Node]) -> Iterator[Sequence[ast.Node]]:
    part: list[ast.Node] = []
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            yield part
            part = []
        elif token.type != "comment":
            part.append(token)
    yield part


def _all(tokens: Iterable[ast.Node]) -> Iterator[ast.Node]:
    """These tokens and all that their brackets hold."""
    for token in tokens:
        yield token
        yield from _all(getattr(token, "arguments", None) or getattr(token, "content", None) or ())


def _trim(tokens: Sequence[ast.Node]) -> Sequence[ast.Node]:
    kept = [token for token in tokens if token.type != "comment"]
    while kept and kept[0].type == "whitespace":
        kept.pop(0)
    while kept and kept[-1].type == "whitespace":
        kept.pop()
    return kept


def _text(tokens: Sequence[ast.Node]) -> str:
    return str(tinycss2.serialize(_trim(tokens)))


def _line_of(tokens: Sequence[ast.Node], rule: ast.Node) -> int:
    kept = _trim(tokens)
    return int(kept[0].source_line if kept else rule.source_line)


def _beginning(text: str) -> str:
    words = " ".join(text[:200].split())
    return words if len(words) <= 60 else f"{words[:60]}…"
