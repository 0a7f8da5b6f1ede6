"""EXIF orientation: applied to the pixels, then reset in the block."""

import re
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ORIENTATION = 0x0112  # EXIF 2.3, table 4
_ENTRY_BYTES = 12

_IN_XMP = re.compile(rb"(tiff:Orientation(?:\s*=\s*[\"']|>)\s*)([1-8])")

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


def exif_orientation(exif: bytes) -> int | None:
    """The orientation that an EXIF block gives, or None."""
    start = 6 if exif.startswith(b"Exif\0\0") else 0
    order = {b"II": "<", b"MM": ">"}.get(exif[start : start + 2])
    try:
        entry = _find(exif, start, order) if order else None
        return int(struct.unpack_from(f"{order}H", exif, entry + 8)[0]) if entry else None
    except struct.error:  # an offset beyond the block
        return None


def xmp_orientation(xmp: bytes) -> int:
    """The orientation that an XMP packet gives, 1 where it gives none."""
    found = _IN_XMP.search(xmp)
    return int(found[2]) if found else 1


def reset_xmp(xmp: bytes) -> bytes:
    """The packet with orientation 1, which some programs read where the EXIF block has none."""
    return _IN_XMP.sub(rb"\g<1>1", xmp)


def _reset(block: bytearray, start: int, order: str) -> bytes:
    """`start` is where offsets count from."""
    entry = _find(block, start, order)
    if entry is not None:
        struct.pack_into(order + "H", block, entry + 8, 1)
    _, next_directory = _directory(block, start, order)
    if next_directory + 4 <= len(block):
        struct.pack_into(order + "I", block, next_directory, 0)
    return bytes(block)


def _find(block: bytes | bytearray, start: int, order: str) -> int | None:
    """Where the first directory's entry for the orientation stands. Raises struct.error."""
    first, end = _directory(block, start, order)
    for entry in range(first, end, _ENTRY_BYTES):
        if struct.unpack_from(order + "H", block, entry)[0] == _ORIENTATION:
            return entry
    return None


def _directory(block: bytes | bytearray, start: int, order: str) -> tuple[int, int]:
    """Where the first directory's entries begin and end (TIFF 6.0, section 2). Raises struct.error."""
    directory = start + struct.unpack_from(order + "I", block, start + 4)[0]
    (count,) = struct.unpack_from(order + "H", block, directory)
    return directory + 2, directory + 2 + count * _ENTRY_BYTES
