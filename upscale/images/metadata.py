"""What is written beside the samples."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metadata:
    """Blocks that are true of a result.

    `exif` is bare, without JPEG's prefix; `iptc` and `png_chunks` are as in `Picture`; `pixels_per_mm`, horizontal
    and vertical, is None where it is unknown.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    png_chunks: bytes = b""
    pixels_per_mm: tuple[float, float] | None = None
