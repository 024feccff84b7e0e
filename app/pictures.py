"""Pictures that people upload: read with suspicion, made small, written anew. Nothing of the file itself is kept."""

import struct
import warnings
import zlib
from collections.abc import Callable
from io import BytesIO

from gevent import get_hub
from gevent.lock import BoundedSemaphore
from PIL import Image

from app.errors import Invalid

MOST_BYTES = 2 * 1024 * 1024

MOST_PIXELS = 12_000_000
"""Of the picture as uploaded: a small file can unpack into a room full of them."""
MOST_PIXELS_OF_JPEG = 25_000_000
"""A JPEG is unpacked no larger than is needed."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")

UNREADABLE = "This is no picture that we can read. Choose a JPEG, PNG, WebP or GIF file."

Size = tuple[int, int]
"""Width and height in pixels."""

_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    struct.error,
    zlib.error,
)
"""What a broken file makes the decoders raise; it is the file that is at fault."""

_MIXABLE = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})
"""Kinds of pixels of which several can be made one. Others are numbers of colours, or have two bytes."""

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to turn a picture, by what its EXIF says of where its top is."""

_one_at_a_time = BoundedSemaphore()
"""A process has room for one large picture; the others wait."""

# Ours are the tighter limits; Pillow's own warning would only be heard in a log. Here, since it counts for all threads.
warnings.simplefilter("error", Image.DecompressionBombWarning)


def check_size(upload: bytes, field: str) -> None:
    """Refuse a file for its length alone.

    Raises:
        Invalid: there is none, or it is too large; the fault is that of `field`.
    """
    if not upload:
        raise Invalid({field: "Choose a file first."})
    if len(upload) > MOST_BYTES:
        raise Invalid({field: f"Choose a file of at most 2 MB; this has {len(upload) / 1024 / 1024:.1f} MB."})


def redraw(
    upload: bytes,
    draw: Callable[[Image.Image], bytes],
    *,
    needed: Callable[[Size], Size],
    field: str = "picture",
    unreadable: str = UNREADABLE,
) -> bytes:
    """Make a picture of our own from an uploaded one.

    It is made in a thread of its own: meanwhile this process answers others.

    Args:
        upload: the file.
        draw: what to make of it; gets it upright, in RGB or RGBA, no smaller than twice what is `needed`.
        needed: how large a picture of the size that it is given is going to be.
        field: the form's field, which a fault is about.
        unreadable: what to say of a file that is no picture.

    Raises:
        Invalid: the file is too large, or no picture that we read.
    """
    check_size(upload, field)
    with _one_at_a_time:
        drawn = get_hub().threadpool.apply(_try_to_redraw, (upload, draw, needed, field))
    if drawn is None:
        raise Invalid({field: unreadable})
    if isinstance(drawn, Invalid):
        raise drawn
    return bytes(drawn)


def _try_to_redraw(
    upload: bytes, draw: Callable[[Image.Image], bytes], needed: Callable[[Size], Size], field: str
) -> bytes | Invalid | None:
    """What is wrong with a file is returned, None for no picture: what a thread raises, gevent writes to the log."""
    try:
        return _redraw(upload, draw, needed, field)
    except Invalid as fault:
        return fault
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return _too_many_pixels(MOST_PIXELS, field)
    except _BROKEN:
        return None


def _redraw(upload: bytes, draw: Callable[[Image.Image], bytes], needed: Callable[[Size], Size], field: str) -> bytes:
    with Image.open(BytesIO(upload), formats=FORMATS) as picture:
        width, height = picture.size
        most = MOST_PIXELS_OF_JPEG if picture.format in ("JPEG", "MPO") else MOST_PIXELS
        if width * height > most:
            raise _too_many_pixels(most, field)
        wide, high = needed(picture.size)
        picture.draft("RGB", (2 * wide, 2 * high))
        picture.load()
        # First of all small: whatever is done to all its pixels takes their room once more.
        small = _reduce(picture, needed(picture.size))
        turn = _turn_of(picture)
    colours = small.convert("RGBA" if small.has_transparency_data else "RGB")
    return draw(colours if turn is None else colours.transpose(turn))


def _reduce(picture: Image.Image, needed: Size) -> Image.Image:
    """The picture, about twice as large as what it becomes."""
    width, height = picture.size
    factor = min(width // (2 * needed[0]), height // (2 * needed[1]))
    if factor < 2:
        return picture.copy()
    if picture.mode in _MIXABLE:
        return picture.reduce(factor)
    return picture.resize((width // factor, height // factor), Image.Resampling.NEAREST)


def _turn_of(picture: Image.Image) -> Image.Transpose | None:
    """How to turn it; what cannot be read of that is no reason to refuse the picture."""
    try:
        return _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1))
    except _BROKEN:
        return None


def _too_many_pixels(most: int, field: str) -> Invalid:
    return Invalid({field: f"Choose a picture of at most {most // 1_000_000} million pixels."})
