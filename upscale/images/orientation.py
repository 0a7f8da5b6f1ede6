"""EXIF orientation: applied to the pixels, then reset in the block."""

import re
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ORIENTATION = 0x0112  # EXIF 2.3, table 4
_ENTRY_BYTES = 12

# Orientation -> (transpose, flip rows, flip columns), in this order: EXIF 2.3, section 4.6.4.
_MOVES = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Pixels as they are to be seen; unknown orientations are taken for 1. Shape: (height, width, any)."""
    if orientation not in _MOVES:
        return pixels
    transpose, flip_rows, flip_columns = _MOVES[orientation]
    moved = pixels.transpose(1, 0, 2) if transpose else pixels
    return np.ascontiguousarray(moved[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1])


def reset_exif(exif: bytes) -> bytes:
    """The block with orientation 1 and without its thumbnail, which would show the picture unrotated.

    A block that cannot be understood comes back as it is.
    """
    start = 6 if exif.startswith(b"Exif\0\0") else 0
    order = {b"II": "<", b"MM": ">"}.get(exif[start : start + 2])
    if order is None:
        return exif
    try:
        return _reset(bytearray(exif), start, order)
    except struct.error:  # an offset beyond the block
        return exif


def reset_xmp(xmp: bytes) -> bytes:
    """The packet with orientation 1, which some programs read where the EXIF block has none."""
    return re.sub(rb"(tiff:Orientation(?:=[\"']|>))[1-8]", rb"\g<1>1", xmp)


def _reset(block: bytearray, start: int, order: str) -> bytes:
    """Walk the first directory (TIFF 6.0, section 2); `start` is where offsets count from."""
    directory = start + struct.unpack_from(order + "I", block, start + 4)[0]
    count = struct.unpack_from(order + "H", block, directory)[0]
    next_directory = directory + 2 + count * _ENTRY_BYTES
    for entry in range(directory + 2, next_directory, _ENTRY_BYTES):
        if struct.unpack_from(order + "H", block, entry)[0] == _ORIENTATION:
            struct.pack_into(order + "H", block, entry + 8, 1)
    if next_directory + 4 <= len(block):
        struct.pack_into(order + "I", block, next_directory, 0)
    return bytes(block)
