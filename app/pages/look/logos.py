"""Logos and favicons: whatever comes in, a small picture of our own or a safe drawing comes out."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from PIL import Image, ImageOps

from app.errors import Invalid
from app.pages.look.drawings import UnfitDrawing, is_svg, sanitise_svg
from app.pictures import Size, check_size, redraw

LOGO_BOX: Size = (800, 160)
"""A logo is made to fit into it: four times what is shown, for dense screens and zoom."""
FAVICON_SIDE = 96
_DIGEST_LENGTH = 16

PNG, SVG = "image/png", "image/svg+xml"

UNREADABLE_LOGO = "This is no picture that we can read. Choose an SVG, PNG, JPEG, WebP or GIF file."


class Slot(StrEnum):
    """Where a picture of a page's look has its place: a column of the page, and a field of the form."""

    LOGO_LIGHT = "logo_light"
    LOGO_DARK = "logo_dark"
    FAVICON = "favicon"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of our own, under a name that says what is in it."""

    name: str
    media_type: str
    content: bytes


def make_picture(slot: Slot, upload: bytes) -> Picture:
    """What fits into a place: a logo of a PNG, JPEG, WebP, GIF or SVG file, or a square icon of one of the first four.

    Raises:
        Invalid: it is too large, or no picture or drawing that we read; the fault is the slot's field's.
    """
    kind = slot.value.replace("_", "-")
    check_size(upload, slot.value)
    if slot is Slot.FAVICON:
        return _named(kind, "png", PNG, redraw(upload, _draw_favicon, needed=_size_of_favicon, field=slot.value))
    if is_svg(upload):
        try:
            return _named(kind, "svg", SVG, sanitise_svg(upload))
        except UnfitDrawing as unfit:
            raise Invalid({slot.value: str(unfit)}) from None
    logo = redraw(upload, _draw_logo, needed=_size_of_logo, field=slot.value, unreadable=UNREADABLE_LOGO)
    return _named(kind, "png", PNG, logo)


def name_content(kind: str, extension: str, content: bytes) -> str:
    """A name under which this content may be kept for ever: "logo-light-0123456789abcdef.png"."""
    return f"{kind}-{hashlib.sha256(content).hexdigest()[:_DIGEST_LENGTH]}.{extension}"


def _named(kind: str, extension: str, media_type: str, content: bytes) -> Picture:
    return Picture(name_content(kind, extension, content), media_type, content)


def _size_of_logo(size: Size) -> Size:
    return _fit(size, LOGO_BOX)


def _size_of_favicon(size: Size) -> Size:
    return _fit(size, (FAVICON_SIDE, FAVICON_SIDE))


def _fit(size: Size, box: Size) -> Size:
    """As large as fits into the box, never larger than it is."""
    scale = min(box[0] / size[0], box[1] / size[1], 1.0)
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)


def _draw_logo(picture: Image.Image) -> bytes:
    return _write_png(picture.resize(_size_of_logo(picture.size), Image.Resampling.LANCZOS))


def _draw_favicon(picture: Image.Image) -> bytes:
    side = (FAVICON_SIDE, FAVICON_SIDE)
    return _write_png(ImageOps.pad(picture.convert("RGBA"), side, color=(0, 0, 0, 0)))


def _write_png(picture: Image.Image) -> bytes:
    written = BytesIO()
    picture.info.clear()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()
