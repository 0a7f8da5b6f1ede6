"""BMP, which libvips does not write: gray or BGR rows, the last one first."""

import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from upscale.errors import OutputError
from upscale.images.picture import Samples

_HEADERS_BYTES = 14 + 40  # BITMAPFILEHEADER and BITMAPINFOHEADER
_LARGEST_BYTES = 2**32 - 1  # the file header holds the size in 32 bits


def write(path: Path, size_px: tuple[int, int], pieces: Iterable[Samples]) -> None:
    """Write rows as they come. Shape of each piece: (n, width, 1 or 3), uint8.

    Raises OSError for what the file system refuses, OutputError with a bare reason for a picture above 4 GiB and
    for missing rows.
    """
    height, width = size_px
    with path.open("wb") as file:
        top = 0
        for piece in pieces:
            channels = piece.shape[2]
            stride = -(-width * channels // 4) * 4  # rows end at multiples of four bytes
            palette = _gray_palette() if channels == 1 else b""
            start = _HEADERS_BYTES + len(palette)
            if top == 0:
                file.write(_headers(height, width, channels, start, stride) + palette)
            top += piece.shape[0]
            file.seek(start + (height - top) * stride)
            file.write(_padded(piece, stride))
    if top < height:
        raise OutputError(f"the rows end at {top} of {height}")


def _headers(height: int, width: int, channels: int, start: int, stride: int) -> bytes:
    size = start + height * stride
    if size > _LARGEST_BYTES:
        raise OutputError(f"bmp ends at 4 GiB, the result has {width} x {height} pixels; use png")
    file_header = struct.pack("<2sIHHI", b"BM", size, 0, 0, start)
    return file_header + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8 * channels, 0, 0, 0, 0, 0, 0)


def _gray_palette() -> bytes:
    return b"".join(bytes((level, level, level, 0)) for level in range(256))


def _padded(piece: Samples, stride: int) -> bytes:
    """Bottom row first, blue first, each row filled up to `stride` bytes."""
    rows = piece[::-1, :, ::-1].reshape(piece.shape[0], -1)
    return np.pad(rows, ((0, 0), (0, stride - rows.shape[1]))).tobytes()
