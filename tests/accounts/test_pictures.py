"""Pictures that people upload: whatever comes in, a small square of our own comes out, or a sentence."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from app.accounts.pictures import MOST_BYTES, SIDE, UNREADABLE, encode_avatar
from app.errors import Invalid


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_every_known_form_becomes_a_small_square(form: str):
    encoded = encode_avatar(picture(form, (640, 320)))

    with Image.open(BytesIO(encoded)) as image:
        assert (image.format, image.size) == ("WEBP", (SIDE, SIDE))


def test_a_picture_that_was_taken_sideways_stands_upright():
    sideways = Image.new("RGB", (400, 400), "blue")
    sideways.paste("red", (0, 0, 200, 400))  # the left half
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right
    written = BytesIO()
    sideways.save(written, "JPEG", exif=exif)

    with Image.open(BytesIO(encode_avatar(written.getvalue()))) as image:
        top = image.convert("RGB").getpixel((96, 20))

    assert isinstance(top, tuple)
    assert top[0] > 200 > 60 > top[2]


def test_nothing_that_the_camera_noted_is_kept():
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    written = BytesIO()
    Image.new("RGB", (300, 300)).save(written, "JPEG", exif=exif, comment=b"taken at home")

    encoded = encode_avatar(written.getvalue())

    assert b"SecretCamera" not in encoded
    assert b"taken at home" not in encoded


def test_what_is_seen_through_stays_so():
    encoded = encode_avatar(picture("PNG", (300, 300), mode="RGBA", colour=(0, 0, 0, 0)))

    with Image.open(BytesIO(encoded)) as image:
        assert image.convert("RGBA").getpixel((96, 96)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "upload",
    [
        b"not a picture",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 40,
        b"\xff\xd8\xff\xe0" + b"\x00" * 40,
        b"BM" + b"\x00" * 60,
    ],
)
def test_what_is_no_picture_of_ours_is_refused_in_words(upload: bytes):
    assert fault_of(upload) == UNREADABLE


def test_a_picture_that_ends_in_the_middle_is_refused():
    whole = picture("PNG", (600, 600), noise=True)

    assert fault_of(whole[: len(whole) // 2]) == UNREADABLE


def test_a_file_that_is_too_large_is_refused_before_it_is_looked_at():
    assert fault_of(b"\x00" * (MOST_BYTES + 1)) == "Choose a file of at most 2 MB; this has 2.0 MB."


@pytest.mark.parametrize("side", [6_000, 60_000])
def test_a_bomb_is_refused_without_unpacking_it(side: int):
    assert fault_of(bomb(side)) == "Choose a picture of at most 25 million pixels."


def test_no_file_at_all_is_refused():
    assert fault_of(b"") == "Choose a file first."


def fault_of(upload: bytes) -> str:
    with pytest.raises(Invalid) as refusal:
        encode_avatar(upload)
    return refusal.value.faults["picture"]


def picture(
    form: str, size: tuple[int, int], *, mode: str = "RGB", colour: object = "green", noise: bool = False
) -> bytes:
    image = Image.effect_noise(size, 80) if noise else Image.new(mode, size, colour)  # type: ignore[arg-type]
    written = BytesIO()
    image.save(written, form)
    return written.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of some bytes that says it has `side` × `side` pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\x00" * 64)) + chunk(b"IEND", b"")
    )
