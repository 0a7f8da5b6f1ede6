from pathlib import Path

import pytest

from upscale.images.formats import format_of_name, sniff


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xff\xd8\xff\xe0", "jpg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
        (b"\0\0\0\x1cftypavif", "avif"),
        (b"\0\0\0\x1cftypheic", "heif"),
        (b"P6\n3 2\n255\n", "ppm"),
        (b"BM" + bytes(12) + b"\x28\0\0\0", "bmp"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiaf", "avif"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0mif1heicmiaf", "heif"),
        (b"\x76\x2f\x31\x01\x02\0\0\0", "exr"),
        (b"#?RADIANCE\nFORMAT=", "hdr"),
        (b"8BPS\0\1", "psd"),
        (b"XPDS\0\1", "dpx"),
        (b"Pf\n3 2\n-1\n", "pfm"),
        (b"DDS \x7c\0\0\0", "dds"),
        (b"\xff\x4f\xff\x51\0\x29", "jp2"),
        (b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0", "ico"),
    ],
)
def test_content_is_recognised_whatever_the_name(head: bytes, name: str) -> None:
    assert sniff(head, Path("readme.txt")) == name


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"hello",
        b"BM is a text",
        b"RIFF\0\0\0\0WAVE",
        b"\0\0\0\x1cftypisom",
        b"PF is a text",
        b"\0\0\1\0" + bytes(28),
    ],
)
def test_other_content_is_no_picture(head: bytes) -> None:
    assert sniff(head, Path("photo.png")) is None


def test_names_in_capitals_count() -> None:
    assert format_of_name(Path("DSC_1.JPG")) == "jpg"
    assert format_of_name(Path("notes.txt")) is None
