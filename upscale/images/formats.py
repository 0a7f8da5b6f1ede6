"""Which files are pictures: by their first bytes, which decide, and by their names, which only suggest."""

from dataclasses import dataclass
from pathlib import Path

HEAD_BYTES = 32
"""How much of a file `sniff` looks at."""


@dataclass(frozen=True)
class Target:
    """What a format that we write can hold.

    `limit_px`: its longest side, None where there is none. `colours`: its numbers of channels without alpha; gray
    is written as RGB where only that is. `animated`: frames that follow each other.
    """

    bit_depths: tuple[int, ...]
    alpha: bool
    limit_px: int | None = None
    colours: tuple[int, ...] = (1, 3)
    animated: bool = False


# 65500: JPEG_MAX_DIMENSION of libjpeg. 16383: 14 bits in WebP's frame header. 16384: what libvips gives libheif.
# AVIF has 12 bits at most; of 16 that are not from an AVIF file 4 are lost.
TARGETS = {
    "png": Target((8, 16), True, animated=True),
    "jpg": Target((8,), False, 65500),
    "webp": Target((8,), True, 16383, (3,), animated=True),
    "gif": Target((8,), True, 2**16 - 1, (3,), animated=True),
    "tiff": Target((8, 16, 32), True),
    "avif": Target((8, 16), True, 16384, (3,)),
    "bmp": Target((8,), False),
    "ppm": Target((8, 16), False, None, (3,)),
    "pgm": Target((8, 16), False, None, (1,)),
    "pam": Target((8, 16), True),
    "tga": Target((8,), True, 2**16 - 1),
    "qoi": Target((8,), True, None, (3,)),
    "jp2": Target((8, 16), True),
    "exr": Target((32,), True),
    "hdr": Target((32,), False, None, (3,)),
    "pfm": Target((32,), False),
}

_FORMAT_OF_SUFFIX = {
    ".jpg": "jpg", ".jpeg": "jpg", ".jpe": "jpg", ".jfif": "jpg", ".png": "png", ".apng": "png",
    ".webp": "webp", ".tif": "tiff", ".tiff": "tiff", ".gif": "gif", ".avif": "avif", ".avifs": "avif",
    ".bmp": "bmp", ".dib": "bmp", ".pbm": "pbm", ".pgm": "pgm", ".ppm": "ppm", ".pnm": "ppm", ".pam": "pam",
    ".tga": "tga", ".qoi": "qoi", ".jp2": "jp2", ".j2k": "jp2", ".j2c": "jp2", ".jpf": "jp2", ".jpx": "jp2",
    ".heic": "heif", ".heif": "heif", ".hif": "heif", ".jxl": "jxl", ".psd": "psd", ".exr": "exr", ".hdr": "hdr",
    ".pfm": "pfm", ".dpx": "dpx", ".dds": "dds", ".ico": "ico",
}  # fmt: skip

_MAGIC = (
    (b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF87a", "gif"), (b"GIF89a", "gif"),
    (b"II*\0", "tiff"), (b"MM\0*", "tiff"), (b"II+\0", "tiff"), (b"MM\0+", "tiff"),
    (b"qoif", "qoi"), (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"), (b"\xff\x4f\xff\x51", "jp2"), (b"8BPS", "psd"),
    (b"\x76\x2f\x31\x01", "exr"), (b"#?RADIANCE\n", "hdr"), (b"#?RGBE\n", "hdr"), (b"DDS \x7c\0\0\0", "dds"),
    (b"SDPX\0", "dpx"), (b"XPDS", "dpx"), (b"PF\n", "pfm"), (b"Pf\n", "pfm"),
    (b"\xff\x0a", "jxl"), (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
)  # fmt: skip

_PNM = {b"P1": "pbm", b"P4": "pbm", b"P2": "pgm", b"P5": "pgm", b"P3": "ppm", b"P6": "ppm", b"P7": "pam"}

_BRANDS = {b"avif": "avif", b"avis": "avif", b"mif1": "heif", b"msf1": "heif"} | dict.fromkeys(
    (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"), "heif"
)


def format_of_name(path: Path) -> str | None:
    """The format that a file's name claims, or None where it claims to be no picture."""
    return _FORMAT_OF_SUFFIX.get(path.suffix.lower())


def sniff(head: bytes, path: Path) -> str | None:
    """The format that a file's first HEAD_BYTES show, or None where they show no picture.

    `path` counts for TGA alone, which has no signature: there the name must agree.
    """
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _format_of_brands(head[8:12], head[16:])
    if head[2:3].isspace() and head[:2] in _PNM:
        return _PNM[head[:2]]
    if _is_ico(head):
        return "ico"
    return "bmp" if _is_bmp(head) else "tga" if _is_tga(head, path) else None


def _format_of_brands(major: bytes, compatible: bytes) -> str | None:
    """`mif1` and `msf1` say nothing about the codec, which the brands after them do."""
    name = _BRANDS.get(major)
    return "avif" if name == "heif" and (b"avif" in compatible or b"avis" in compatible) else name


def _is_bmp(head: bytes) -> bool:
    """Two letters are too few to go by: the info header's size must be one of those that exist."""
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in (12, 16, 40, 52, 56, 64, 108, 124)


def _is_ico(head: bytes) -> bool:
    """The first of up to 255 pictures begins where their list ends, or behind; a list entry has 16 bytes."""
    count, start = int.from_bytes(head[4:6], "little"), int.from_bytes(head[18:22], "little")
    listed = len(head) >= 22 and 1 <= count <= 255 and head[9] == 0
    return head.startswith(b"\0\0\1\0") and listed and start >= 6 + 16 * count


def _is_tga(head: bytes, path: Path) -> bool:
    """Colour-map flag, picture type and depth are among those that the format defines."""
    return (
        path.suffix.lower() == ".tga"
        and len(head) >= 18
        and head[1] <= 1
        and head[2] in (1, 2, 3, 9, 10, 11)
        and head[16] in (8, 15, 16, 24, 32)
    )
