"""Which files are pictures: by their first bytes, which decide, and by their names, which only suggest."""

from dataclasses import dataclass
from pathlib import Path

HEAD_BYTES = 32
"""How much of a file `sniff` looks at."""


@dataclass(frozen=True)
class Target:
    """What a format that we write can hold. `limit_px`: its longest side, None where there is none."""

    bit_depths: tuple[int, ...]
    alpha: bool
    limit_px: int | None


# 65500: JPEG_MAX_DIMENSION of libjpeg. 16383: 14 bits in WebP's frame header.
TARGETS = {
    "png": Target((8, 16), True, None),
    "jpg": Target((8,), False, 65500),
    "webp": Target((8,), True, 16383),
    "tiff": Target((8, 16, 32), True, None),
    "bmp": Target((8,), False, None),
}

_FORMAT_OF_SUFFIX = {
    ".jpg": "jpg", ".jpeg": "jpg", ".jpe": "jpg", ".jfif": "jpg", ".png": "png", ".apng": "png",
    ".webp": "webp", ".tif": "tiff", ".tiff": "tiff", ".gif": "gif", ".avif": "avif", ".avifs": "avif",
    ".bmp": "bmp", ".dib": "bmp", ".pbm": "pbm", ".pgm": "pgm", ".ppm": "ppm", ".pnm": "ppm", ".pam": "pam",
    ".tga": "tga", ".qoi": "qoi", ".jp2": "jp2", ".heic": "heif", ".heif": "heif", ".jxl": "jxl",
}  # fmt: skip

_MAGIC = (
    (b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF87a", "gif"), (b"GIF89a", "gif"),
    (b"II*\0", "tiff"), (b"MM\0*", "tiff"), (b"II+\0", "tiff"), (b"MM\0+", "tiff"),
    (b"qoif", "qoi"), (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
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
        return _BRANDS.get(head[8:12])
    if head[2:3].isspace() and head[:2] in _PNM:
        return _PNM[head[:2]]
    return "bmp" if _is_bmp(head) else "tga" if _is_tga(head, path) else None


def _is_bmp(head: bytes) -> bool:
    """Two letters are too few to go by: the info header's size must be one of those that exist."""
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in (12, 16, 40, 52, 56, 64, 108, 124)


def _is_tga(head: bytes, path: Path) -> bool:
    """Colour-map flag, picture type and depth are among those that the format defines."""
    return (
        path.suffix.lower() == ".tga"
        and len(head) >= 18
        and head[1] <= 1
        and head[2] in (1, 2, 3, 9, 10, 11)
        and head[16] in (8, 15, 16, 24, 32)
    )
