"""SVG made safe: read strictly, and only what is listed is written anew. Nothing of the file itself is kept.

A drawing is shown as a picture, and its own address is answered with a policy that lets nothing run. This is the first
of the two locks: no script, no event attribute, nothing from elsewhere, no foreign content, no entities.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

import tinycss2

from app.pages.look.brackets import find_deep_line

MOST_BYTES = 256 * 1024
_MOST_ELEMENTS = 5_000
_DEEPEST = 64
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"

_SHAPES = frozenset("path rect circle ellipse line polyline polygon text use".split())
_ELEMENTS = _SHAPES | frozenset(
    """
    svg g defs symbol clipPath mask pattern linearGradient radialGradient stop tspan title desc style
    """.split()
)
_PRESENTATION = frozenset(
    """
    clip-path clip-rule color color-interpolation display dominant-baseline fill fill-opacity fill-rule font-family
    font-size font-style font-weight letter-spacing mask mask-type mix-blend-mode opacity overflow paint-order
    shape-rendering stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin
    stroke-miterlimit stroke-opacity stroke-width text-anchor text-rendering transform transform-origin vector-effect
    visibility word-spacing isolation
    """.split()
)
_ATTRIBUTES = _PRESENTATION | frozenset(
    """
    class clipPathUnits cx cy d dx dy fx fy fr gradientTransform gradientUnits height id maskContentUnits maskUnits
    offset pathLength patternContentUnits patternTransform patternUnits points preserveAspectRatio r rotate rx ry
    spreadMethod style textLength lengthAdjust viewBox width x x1 x2 y y1 y2
    """.split()
)
_LOCAL = re.compile(r"#[\w.:-]{1,200}")
_URL_IN_VALUE = re.compile(r"""url\(\s*["']?#[\w.:-]{1,200}["']?\s*\)""", re.IGNORECASE)
_FUNCTIONS = re.compile(
    r"\b(rgba?|hsla?|matrix|translate[xy]?|scale[xy]?|rotate|skew[xy]|calc|oklch|lab|lch)\s*\(", re.IGNORECASE
)
_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+)(px)?\s*")

UNREADABLE = "This is no SVG file that we can read. Save it once more as plain SVG, or choose a PNG."
TOO_MUCH = "This drawing has too much in it for a logo. Simplify it, or choose a PNG."
EMPTY = "Nothing that can be drawn is left of this file when it is made safe. Save it as plain SVG, or choose a PNG."


class UnfitDrawing(ValueError):
    """A drawing that cannot be made safe, in words for beside the field."""


@dataclass(slots=True)
class _Reader:
    """What is written while the file is read."""

    written: list[str] = field(default_factory=list)
    open: list[tuple[str, str]] = field(default_factory=list)
    """Elements that are being written: their names and ids."""
    skipped: int = 0
    """How deep within something that is left out."""
    elements: int = 0
    shapes: int = 0
    style: list[str] | None = None
    """The text of a style element that is being read."""
    used: set[str] = field(default_factory=set)
    """Ids of what is drawn once more."""
    users: list[frozenset[str]] = field(default_factory=list)
    """For each place where something is drawn once more: the ids of what that place lies in."""

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        self.elements += 1
        if self.elements > _MOST_ELEMENTS or len(self.open) + self.skipped > _DEEPEST:
            raise UnfitDrawing(TOO_MUCH)
        space, _, local = name.rpartition(" ")
        if not self.open and not self.skipped and (space, local) != (_SVG, "svg"):
            raise UnfitDrawing(UNREADABLE)
        if self.skipped or space != _SVG or local not in _ELEMENTS or self.style is not None:
            self.skipped += 1
            return
        kept = dict(_safe_attributes(local, attributes))
        if local == "use":
            if "href" not in kept:
                self.skipped += 1
                return
            self.used.add(kept["href"][1:])
            self.users.append(frozenset(id_ for _, id_ in self.open if id_))
        if not self.open:
            kept = _with_box(kept)
        self.shapes += local in _SHAPES
        self.open.append((local, kept.get("id", "")))
        if local == "style":
            self.style = []
            return
        written = "".join(f" {name}={quoteattr(value)}" for name, value in kept.items())
        space = f' xmlns="{_SVG}"' if len(self.open) == 1 else ""
        self.written.append(f"<{local}{space}{written}>")

    def end(self, _name: str) -> None:
        if self.skipped:
            self.skipped -= 1
            return
        local, _ = self.open.pop()
        if local == "style":
            self.written.append(f"<style>{escape(_safe_sheet(''.join(self.style or ())))}</style>")
            self.style = None
            return
        self.written.append(f"</{local}>")

    def text(self, text: str) -> None:
        if self.skipped:
            return
        if self.style is not None:
            self.style.append(text)
        elif self.open and self.open[-1][0] in ("text", "tspan", "title", "desc"):
            self.written.append(escape(text))


def sanitise_svg(upload: bytes) -> bytes:
    """An SVG drawing with only shapes, colours and words in it, as UTF-8.

    Raises:
        UnfitDrawing: it is none, is too large, defines entities, or nothing to draw is left of it.
    """
    if len(upload) > MOST_BYTES:
        raise UnfitDrawing(f"Choose an SVG file of at most {MOST_BYTES // 1024} KB.")
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartDoctypeDeclHandler = _refuse_definitions
    parser.EntityDeclHandler = _refuse_definitions
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(upload, True)
    except (expat.ExpatError, UnicodeError, LookupError, ValueError) as error:
        raise error if isinstance(error, UnfitDrawing) else UnfitDrawing(UNREADABLE) from None
    if reader.shapes == 0:
        raise UnfitDrawing(EMPTY)
    # A copy of something with copies in it doubles with each step: a few lines would keep a browser busy for ever.
    if any(place & reader.used for place in reader.users):
        raise UnfitDrawing(TOO_MUCH)
    return "".join(reader.written).encode()


def is_svg(upload: bytes) -> bool:
    """Whether a file says that it is one, by what it begins with; `sanitise_svg` says whether it is."""
    beginning = upload[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return beginning.startswith((b"<svg", b"<?xml", b"<!doctype svg", b"<!--"))


def _refuse_definitions(_name: str, *rest: object) -> None:
    # Of a document type only its name is harmless: `rest` ends with whether it has definitions of its own, and an
    # entity's ends with the notation, or None.
    if len(rest) != 3 or rest[-1]:
        raise UnfitDrawing(UNREADABLE)


def _safe_attributes(element: str, attributes: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for name, value in attributes.items():
        space, _, local = name.rpartition(" ")
        if local == "href" and space in ("", _XLINK):
            if _LOCAL.fullmatch(value) and element in ("use", "linearGradient", "radialGradient", "pattern"):
                yield "href", value
        elif space == "" and local == "style":
            if declarations := _safe_declarations(value):
                yield "style", declarations
        elif space == "" and local in _ATTRIBUTES and _is_safe(value):
            yield local, value


def _safe_sheet(css: str) -> str:
    """The plain rules of a style element whose declarations are safe."""
    if find_deep_line(css):
        raise UnfitDrawing(TOO_MUCH)
    rules = []
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule" and (declarations := _safe_declarations(rule.content)):
            selector = tinycss2.serialize(rule.prelude).strip()
            if re.fullmatch(r"[\w\s.#,>*-]{1,500}", selector):
                rules.append(f"{selector}{{{declarations}}}")
    return "".join(rules)


def _safe_declarations(css: object) -> str:
    written = []
    if isinstance(css, str) and find_deep_line(css):
        raise UnfitDrawing(TOO_MUCH)
    for part in tinycss2.parse_blocks_contents(css, skip_comments=True, skip_whitespace=True):
        if part.type == "declaration" and part.lower_name in _PRESENTATION:
            value = tinycss2.serialize(part.value).strip()
            if _is_safe(value):
                written.append(f"{part.lower_name}:{value}")
    return ";".join(written)


def _is_safe(value: str) -> bool:
    """Whether a value names nothing outside of the drawing and calls nothing that is not known to be harmless."""
    rest = _FUNCTIONS.sub(" ", _URL_IN_VALUE.sub(" ", value))
    return "\\" not in rest and "(" not in rest and not re.search(r"[<>{}]|[a-z]+:", rest, re.IGNORECASE)


def _with_box(attributes: dict[str, str]) -> dict[str, str]:
    """The outermost element's attributes with a box to be fitted by; without one it could not be made smaller."""
    if "viewBox" in attributes:
        return attributes
    width, height = (_LENGTH.fullmatch(attributes.get(name, "")) for name in ("width", "height"))
    if width is None or height is None:
        return attributes
    return {**attributes, "viewBox": f"0 0 {width[1]} {height[1]}"}
