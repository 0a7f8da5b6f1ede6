"""The segments at the beginning of a JPEG file that tell of the picture (JFIF 1.02; EXIF 2.3, 4.5.4; ICC.1, B.4)."""

import struct

from upscale.images.iptc import resource
from upscale.images.metadata import Metadata

_START = b"\xff\xd8"
_APP0, _APP1, _APP2, _APP13 = 0xE0, 0xE1, 0xE2, 0xED
_MOST_BYTES = 2**16 - 1 - 2  # a segment's length has 16 bits and counts itself
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_ICC = b"ICC_PROFILE\0"
_MM_PER_INCH = 25.4


def jpeg_head(metadata: Metadata) -> bytes:
    """What stands before the tables of the encoder; a block that is too long for a segment is left out."""
    segments = _START + _segment(_APP0, b"JFIF\0\x01\x02" + _density(metadata) + bytes(2))
    if metadata.exif:
        segments += _segment(_APP1, b"Exif\0\0" + metadata.exif)
    if metadata.xmp:
        segments += _segment(_APP1, _XMP + metadata.xmp)
    if metadata.iptc:
        segments += _segment(_APP13, resource(metadata.iptc))
    return segments + _profile(metadata.icc or b"")


def _segment(marker: int, content: bytes) -> bytes:
    if len(content) > _MOST_BYTES:
        return b""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _density(metadata: Metadata) -> bytes:
    """Pixels an inch, or square pixels of unknown size."""
    if metadata.pixels_per_mm is None:
        return struct.pack(">BHH", 0, 1, 1)
    across, down = (min(max(round(density * _MM_PER_INCH), 1), 2**16 - 1) for density in metadata.pixels_per_mm)
    return struct.pack(">BHH", 1, across, down)


def _profile(icc: bytes) -> bytes:
    """The profile in numbered parts, of which there may be 255."""
    part_bytes = _MOST_BYTES - len(_ICC) - 2
    parts = [icc[start : start + part_bytes] for start in range(0, len(icc), part_bytes)]
    if len(parts) > 255:
        return b""
    numbered = (_ICC + bytes((number, len(parts))) + part for number, part in enumerate(parts, 1))
    return b"".join(_segment(_APP2, part) for part in numbered)
