"""Rows that are still being made, as an image of libvips, which pulls them as its encoder goes along.

libvips opens files, memory and custom sources of bytes, but none of bare samples (libvips #4794): so the rows pass
for the uncompressed TIFF that they would be.
"""

import os
from collections.abc import Iterator

import numpy as np
import pyvips

from upscale.errors import UpscaleError
from upscale.flow.pipe import Stopped
from upscale.images.picture import Samples
from upscale.images.tiff_header import Layout, tiff_header

# What libvips notes of a TIFF, and encoders would write down.
_NOTES = ("vips-loader", "n-pages", "bits-per-sample", "orientation")


class RowSource:
    """Pieces of a picture as a file that is read once, in order, by threads of libvips.

    What goes wrong with the pieces cannot pass through libvips, to which the file seems cut short: `error` says it.
    """

    def __init__(self, layout: Layout, pieces: Iterator[Samples]) -> None:
        self.error: UpscaleError | Stopped | MemoryError | None = None
        self._layout, self._pieces = layout, pieces
        self._header = tiff_header(layout)
        self._position, self._next_sample = 0, len(self._header)
        self._rest = memoryview(b"")

    def image(self) -> pyvips.Image:
        """The picture, for one sequential reader. Raises pyvips.Error."""
        source = pyvips.SourceCustom()
        source.on_read(self._read)
        source.on_seek(self._seek)
        # The image keeps the source alive, which libvips calls by its address. "error": else missing rows are black.
        file = pyvips.Image.new_from_source(source, "", access="sequential", fail_on="error")
        image = file.bandfold(factor=self._layout.channels).copy()
        for note in _NOTES:
            image.remove(note)
        return image

    def _seek(self, offset: int, whence: int) -> int:
        size = len(self._header) + self._layout.height * self._layout.row_bytes
        self._position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: size}[whence]
        return self._position

    def _read(self, count: int) -> bytes | memoryview | None:
        """At most so many bytes; None at the end, and where there will be none."""
        part: bytes | memoryview | None = None
        if self._position < len(self._header):
            part = self._header[self._position : self._position + count]
        elif self._position == self._next_sample and self._refill():
            part, self._rest = self._rest[:count], self._rest[count:]
            self._next_sample += len(part)
        self._position += len(part or b"")
        return part

    def _refill(self) -> bool:
        """Whether there is a sample to be read."""
        if self._rest:
            return True
        try:
            piece = next(self._pieces, None)
        except (UpscaleError, Stopped, MemoryError) as error:
            self.error = error
            return False
        if piece is not None:
            self._rest = np.ascontiguousarray(piece).data.cast("B")
        return piece is not None
