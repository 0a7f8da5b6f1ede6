"""Icons: the largest picture of an ICO file, which is a PNG, or a BMP without its file header and with a mask."""

import struct
from dataclasses import replace

import numpy as np

from upscale.errors import BadInputError
from upscale.images import ffmpeg_reader, vips_reader
from upscale.images.picture import Picture, Samples

_ENTRY = "<4B2H2I"  # width, height, colours, reserved, planes, bits, bytes, start
_PNG = b"\x89PNG"


def decode(content: bytes, limit_px: int) -> Picture:
    """The largest picture, of those the deepest; raises BadInputError with a bare reason."""
    try:
        (count,) = struct.unpack_from("<H", content, 4)
        entries = [struct.unpack_from(_ENTRY, content, 6 + 16 * index) for index in range(count)]
        size, start = max(entries, key=_area_and_bits)[6:]
        part = content[start : start + size]
        if part.startswith(_PNG):
            return vips_reader.decode(part, "png", limit_px)
        return _from_bitmap(part, limit_px)
    except (struct.error, ValueError) as error:
        raise BadInputError("it is damaged or cut short") from error


def _area_and_bits(entry: tuple[int, ...]) -> tuple[int, int]:
    """In one byte each; 0 means 256."""
    width, height, bits = entry[0] or 256, entry[1] or 256, entry[5]
    return width * height, bits


def _from_bitmap(part: bytes, limit_px: int) -> Picture:
    """A BMP whose header counts the rows of the colours and those of the mask below them."""
    header, width, rows, _, bits, _, _, _, _, colours = struct.unpack_from("<IiiHHIIiiI", part)
    palette = 4 * (colours or (1 << bits if bits <= 8 else 0))
    stride = -(-width * bits // 32) * 4
    height, start = rows // 2, 14 + header + palette
    end = start - 14 + stride * height
    bitmap = struct.pack("<2sIHHI", b"BM", 14 + end, 0, 0, start) + part[:8] + struct.pack("<i", height) + part[12:end]
    picture = ffmpeg_reader.decode(bitmap, "bmp", limit_px)
    if picture.transparent:  # 32 bits: the mask says the same, coarsely
        return picture
    mask = _mask(part[end:], height, width)
    return picture if mask is None else replace(picture, alpha=mask)


def _mask(rows: bytes, height: int, width: int) -> Samples | None:
    """One bit a pixel, 1 where nothing is, the last row first; None where it is missing.

    Shape: (height, width, 1), uint8.
    """
    stride = -(-width // 32) * 4
    if len(rows) < height * stride:
        return None
    bits = np.unpackbits(np.frombuffer(rows, np.uint8, height * stride).reshape(height, stride), axis=1)
    return np.where(bits[::-1, :width, None] == 1, 0, 255).astype(np.uint8)
