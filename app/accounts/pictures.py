"""A person's picture: whatever comes in, a small square of our own comes out."""

from io import BytesIO

from PIL import Image, ImageOps

from app.pictures import Size, redraw

SIDE = 192
"""Pixels of a picture's sides: twice what is shown, for dense screens."""


def encode_avatar(upload: bytes) -> bytes:
    """The middle of a picture as a square WebP, upright, without anything else that the file told.

    Raises:
        Invalid: the file is too large, or no picture that we read; the fault is the field's, `picture`.
    """
    return redraw(upload, _draw, needed=_needed)


def _needed(size: Size) -> Size:
    """What is around the square is cut off: the shorter side decides."""
    shorter = min(size)
    return max(SIDE * size[0] // shorter, 1), max(SIDE * size[1] // shorter, 1)


def _draw(picture: Image.Image) -> bytes:
    written = BytesIO()
    ImageOps.fit(picture, (SIDE, SIDE)).save(written, "WEBP", quality=85)
    return written.getvalue()
