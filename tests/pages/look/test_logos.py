"""Logos and favicons: bombs are refused before they are unpacked, the rest becomes a small picture of our own."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from app.errors import Invalid
from app.pages.look.logos import FAVICON_SIDE, LOGO_BOX, UNREADABLE_LOGO, Slot, make_picture
from app.pictures import MOST_BYTES, UNREADABLE


def fault_of(upload: bytes, slot: Slot = Slot.LOGO_LIGHT) -> str:
    with pytest.raises(Invalid) as refusal:
        make_picture(slot, upload)
    return refusal.value.faults[slot.value]


def picture(form: str, size: tuple[int, int], **options: object) -> bytes:
    written = BytesIO()
    Image.new("RGBA" if form in ("PNG", "WEBP") else "RGB", size, "green").save(written, form, **options)
    return written.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_logo_of_every_known_form_becomes_a_png_that_fits(form: str):
    made = make_picture(Slot.LOGO_DARK, picture(form, (3_200, 320)))

    with Image.open(BytesIO(made.content)) as image:
        assert (image.format, image.size) == ("PNG", (LOGO_BOX[0], 80))
    assert made.name.startswith("logo-dark-")


def test_a_small_logo_is_not_made_larger():
    with Image.open(BytesIO(make_picture(Slot.LOGO_LIGHT, picture("PNG", (60, 20))).content)) as image:
        assert image.size == (60, 20)


def test_a_favicon_is_square_and_nothing_of_it_is_cut_off():
    with Image.open(BytesIO(make_picture(Slot.FAVICON, picture("PNG", (400, 200))).content)) as image:
        assert image.size == (FAVICON_SIDE, FAVICON_SIDE)
        assert image.getpixel((48, 2)) == (0, 0, 0, 0)
        assert image.getpixel((2, 48)) == (0, 128, 0, 255)


def test_nothing_that_the_file_told_besides_is_kept():
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"

    made = make_picture(Slot.LOGO_LIGHT, picture("JPEG", (300, 100), exif=exif, comment=b"taken at home"))

    assert b"SecretCamera" not in made.content
    assert b"taken at home" not in made.content


@pytest.mark.parametrize("size", [(7_072, 7_072), (50_000, 1_000), (65_000, 65_000)])
def test_fifty_million_pixels_and_more_are_refused_without_unpacking_them(size: tuple[int, int]):
    assert fault_of(bomb(*size)) == "Choose a picture of at most 12 million pixels."


def test_the_same_picture_has_the_same_name_and_another_one_has_another():
    one = make_picture(Slot.LOGO_LIGHT, picture("PNG", (60, 20)))

    assert make_picture(Slot.LOGO_LIGHT, picture("PNG", (60, 20))).name == one.name
    assert make_picture(Slot.LOGO_LIGHT, picture("PNG", (60, 21))).name != one.name


@pytest.mark.parametrize(
    ("upload", "slot", "why"),
    [
        (b"", Slot.FAVICON, "Choose a file first."),
        (b"\x00" * (MOST_BYTES + 1), Slot.LOGO_LIGHT, "Choose a file of at most 2 MB; this has 2.0 MB."),
        (b"GIF89a", Slot.LOGO_LIGHT, UNREADABLE_LOGO),
        (b"BM" + b"\x00" * 60, Slot.LOGO_DARK, UNREADABLE_LOGO),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><rect/></svg>", Slot.FAVICON, UNREADABLE),
    ],
)
def test_what_is_no_picture_of_ours_is_refused_in_words(upload: bytes, slot: Slot, why: str):
    assert fault_of(upload, slot) == why


def bomb(width: int, height: int) -> bytes:
    """A small PNG file that says it has very many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\x00" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
