"""Pictures that people upload: whatever comes in, a small square of our own comes out, or a sentence."""

import struct
import zlib
from io import BytesIO
from typing import Any

import gevent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.accounts.pictures import SIDE, encode_avatar
from app.errors import Invalid
from app.pictures import MOST_BYTES, UNREADABLE

BROKEN_FILES = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
"""Of a file that is broken, Pillow tells the log as well."""


def test_what_is_no_picture_leaves_no_stack_in_the_log(capfd):
    with pytest.raises(Invalid):
        encode_avatar(b"hello")

    assert "Traceback" not in capfd.readouterr().err


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


@pytest.mark.parametrize("side", [3_500, 6_000, 12_000, 60_000])
def test_a_bomb_is_refused_without_unpacking_it(side: int):
    assert fault_of(bomb(side)) == "Choose a picture of at most 12 million pixels."


def test_a_jpeg_may_have_as_many_pixels_as_a_camera_takes():
    assert encode_avatar(picture("JPEG", (4_800, 4_800)))
    assert fault_of(picture("JPEG", (5_100, 5_000))) == "Choose a picture of at most 25 million pixels."


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_pixels_of_every_kind_are_made_fewer(mode: str):
    encoded = encode_avatar(picture("PNG", (1_600, 900), mode=mode, colour=0))

    with Image.open(BytesIO(encoded)) as image:
        assert image.size == (SIDE, SIDE)
        assert image.convert("RGB").getpixel((96, 96)) == (0, 0, 0)


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1)])
def test_a_picture_of_any_shape_becomes_a_square(size: tuple[int, int]):
    with Image.open(BytesIO(encode_avatar(picture("PNG", size)))) as image:
        assert image.size == (SIDE, SIDE)


@pytest.mark.parametrize("mode", ["P", "RGB"])
def test_a_large_picture_is_made_small_before_anything_else(mode: str, monkeypatch: pytest.MonkeyPatch):
    sides: list[int] = []
    upload = picture("PNG", (3_400, 3_400), mode=mode, colour=0)
    convert = Image.Image.convert

    def note(image: Image.Image, *how: Any, **more: Any) -> Image.Image:
        sides.append(max(image.size))
        return convert(image, *how, **more)

    monkeypatch.setattr(Image.Image, "convert", note)
    encode_avatar(upload)

    assert sides
    assert max(sides) < 4 * SIDE


def test_meanwhile_others_are_answered():
    beats = 0

    def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            gevent.sleep(0)

    other = gevent.spawn(beat)
    encode_avatar(picture("PNG", (3_400, 3_400)))
    other.kill()

    assert beats > 1


@BROKEN_FILES
def test_a_picture_whose_exif_is_broken_is_taken_as_it_is():
    broken = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff\x01\x12\x00\x0c"
    written = BytesIO()
    Image.new("RGB", (300, 300), "blue").save(written, "JPEG", exif=broken)

    assert encode_avatar(written.getvalue())


@BROKEN_FILES
@given(st.data())
@settings(max_examples=200, deadline=None)
def test_whatever_is_broken_in_a_file_it_is_a_picture_or_refused(data: st.DataObject):
    upload = bytearray(data.draw(st.sampled_from(WHOLE)))
    for place in data.draw(st.lists(st.integers(0, len(upload) - 1), min_size=1, max_size=12)):
        upload[place] = data.draw(st.integers(0, 255))

    try:
        encoded = encode_avatar(bytes(upload))
    except Invalid:
        encoded = None

    assert encoded is None or encoded.startswith(b"RIFF")


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


def with_exif(form: str) -> bytes:
    """A small picture that says which way it is to be turned, and more."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x011A] = 6, "Camera", 72.5
    written = BytesIO()
    Image.effect_noise((24, 16), 60).convert("RGB").save(written, form, exif=exif)
    return written.getvalue()


WHOLE = [with_exif("JPEG"), with_exif("PNG"), with_exif("WEBP"), picture("GIF", (24, 16))]


def bomb(side: int) -> bytes:
    """A PNG of some bytes that says it has `side` × `side` pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\x00" * 64)) + chunk(b"IEND", b"")
    )
