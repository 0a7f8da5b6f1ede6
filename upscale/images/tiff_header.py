"""The header that bare samples need to pass for a file: that of an uncompressed TIFF."""

import struct
from dataclasses import dataclass

import numpy as np

from upscale.images.picture import Samples

# Each strip costs a few calls from libvips' threads into Python.
_STRIP_BYTES = 2**20

# TIFF 6.0, section 8, and its extension to offsets of 64 bits, BigTIFF.
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_STARTS, _CHANNELS, _STRIP_ROWS, _STRIP_SIZES, _SAMPLE_FORMAT = 273, 277, 278, 279, 339
_SHORT, _LONG8 = 3, 16
_UNCOMPRESSED, _BLACK_IS_ZERO = 1, 1
_UNSIGNED, _FLOAT = 1, 3


@dataclass(frozen=True)
class Layout:
    """Shape and type of samples that are yet to come: (height, width, channels), at least two rows."""

    height: int
    width: int
    channels: int
    dtype: np.dtype[np.generic]

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return self.width * self.channels * self.dtype.itemsize

    @property
    def strip_rows(self) -> int:
        """Rows that are read at once; less than all, for a table of one strip would have to stand in its entry."""
        return max(1, min(_STRIP_BYTES // self.row_bytes, self.height // 2))


def layout_of(first: Samples, height: int) -> Layout:
    """The layout of a picture of this height, from its first rows."""
    return Layout(height, first.shape[1], first.shape[2], first.dtype)


def tiff_header(layout: Layout) -> bytes:
    """All of the file but the samples, which follow; little-endian, as are the machines that torch runs on.

    Channels lie side by side, in gray rows `channels` times as wide: so the reader gives no meaning to any of them.
    """
    tops = np.arange(0, layout.height, layout.strip_rows)
    sizes = np.minimum(layout.strip_rows, layout.height - tops) * layout.row_bytes
    tables_at = 16 + 8 + 10 * 20 + 8  # behind the file's header, and the directory's count, entries and successor
    samples_at = tables_at + 2 * 8 * len(tops)
    entries = [
        (_WIDTH, _LONG8, 1, layout.width * layout.channels),
        (_HEIGHT, _LONG8, 1, layout.height),
        (_BITS, _SHORT, 1, 8 * layout.dtype.itemsize),
        (_COMPRESSION, _SHORT, 1, _UNCOMPRESSED),
        (_PHOTOMETRIC, _SHORT, 1, _BLACK_IS_ZERO),
        (_STRIP_STARTS, _LONG8, len(tops), tables_at),
        (_CHANNELS, _SHORT, 1, 1),
        (_STRIP_ROWS, _LONG8, 1, layout.strip_rows),
        (_STRIP_SIZES, _LONG8, len(tops), tables_at + 8 * len(tops)),
        (_SAMPLE_FORMAT, _SHORT, 1, _FLOAT if layout.dtype == np.float32 else _UNSIGNED),
    ]
    directory = b"".join(struct.pack("<HHQQ", *entry) for entry in entries)
    tables = np.concatenate([samples_at + tops * layout.row_bytes, sizes]).astype("<u8")
    head = struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, len(entries))
    return head + directory + bytes(8) + tables.tobytes()
