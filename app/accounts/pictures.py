"""Pictures that people upload: read with suspicion, made small, written anew. Nothing of the file itself is kept."""

import warnings
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from app.errors import Invalid

SIDE = 192
"""Pixels of a picture's sides: twice what is shown, for dense screens."""

MOST_BYTES = 2 * 1024 * 1024

MOST_PIXELS = 25_000_000
"""Of the picture as uploaded: a small file can unpack into a room full of them."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")

UNREADABLE = "This is no picture that we can read. Choose a JPEG, PNG, WebP or GIF file."


def encode_avatar(upload: bytes) -> bytes:
    """The middle of a picture as a square WebP, upright, without anything else that the file told.

    Raises:
        Invalid: the file is too large, or no picture that we read; the fault is the field's, `picture`.
    """
    if not upload:
        raise Invalid({"picture": "Choose a file first."})
    if len(upload) > MOST_BYTES:
        raise Invalid({"picture": f"Choose a file of at most 2 MB; this has {len(upload) / 1024 / 1024:.1f} MB."})
    try:
        with warnings.catch_warnings():
            # Ours is the tighter limit; Pillow's own warning would only be heard in a log.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _encode(upload)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Invalid({"picture": _too_many_pixels()}) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError):
        # What a broken file makes the decoders raise; it is the file that is at fault.
        raise Invalid({"picture": UNREADABLE}) from None


def _encode(upload: bytes) -> bytes:
    with Image.open(BytesIO(upload), formats=FORMATS) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise Invalid({"picture": _too_many_pixels()})
        picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is then unpacked no larger than is needed
        upright = ImageOps.exif_transpose(picture)
        colours = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
        square = ImageOps.fit(colours, (SIDE, SIDE))
    written = BytesIO()
    square.save(written, "WEBP", quality=85)
    return written.getvalue()


def _too_many_pixels() -> str:
    return f"Choose a picture of at most {MOST_PIXELS // 1_000_000} million pixels."
