"""Pictures too large to be decoded as a whole: their rows are decoded as the network asks for them."""

import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from upscale.errors import BadInputError, UpscaleError
from upscale.images import vips_reader
from upscale.images.carried import with_carried
from upscale.images.limit import too_large
from upscale.images.picture import Picture, Samples, refuse_not_finite
from upscale.images.tag_directories import Block
from upscale.images.tiff_tags import lab_as_rgb, refuse_unknown
from upscale.vips_setup import prepare

# What libvips decodes from top to bottom; the other formats it has to decode as a whole.
_LOADERS = {
    "jpg": pyvips.Image.jpegload_source,
    "png": pyvips.Image.pngload_source,
    "tiff": pyvips.Image.tiffload_source,
}
_BYTES = {"uchar": 1, "ushort": 2, "uint": 4, "float": 4, "double": 8}
_MAPPED_BYTES = 2**26
BLOCK_BYTES = 2**23
"""Decoded at once: a call costs a millisecond, and strips and tiles are some hundred rows high."""


def read_in_bands(path: Path, format_name: str, limit_px: int, whole_bytes: int) -> Picture | None:
    """The picture with `rows` in place of its samples; None where it can, or has to, be read as a whole.

    That is up to `whole_bytes` of samples, and for what is turned, transparent, interlaced, or in a format that is
    not decoded from top to bottom. Raises BadInputError with a bare reason, OSError.
    """
    if format_name not in _LOADERS or (format_name == "tiff" and _is_8_bit_lab(path)):
        return None
    with vips_reader.explained():
        image = _opened(path, format_name)
        if not _is_large(image, whole_bytes) or not comes_by_rows(image, format_name):
            return None
        if image.width * image.height > limit_px:
            raise BadInputError(too_large(image.height, image.width, limit_px))
    with _content(path) as content:
        with vips_reader.explained():
            top = vips_reader.picture_of(image.crop(0, 0, image.width, 1), turned=False)
        top = with_carried(top, content, format_name)
    like = np.broadcast_to(top.pixels[:1, :1], (image.height, *top.pixels.shape[1:]))
    failure = f"cannot read {path} as {format_name}"
    rows = FileRows(lambda: _opened(path, format_name), failure, like, min(BLOCK_BYTES, whole_bytes))
    return replace(top, pixels=like, rows=rows)


@contextmanager
def _content(path: Path) -> Iterator[Block]:
    """The file's bytes; only large ones are mapped: a mapped file that somebody cuts short kills the process."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size <= _MAPPED_BYTES:
            yield file.read()
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield content


def _is_8_bit_lab(path: Path) -> bool:
    """Before libvips sees the file, which it cannot open; raises BadInputError for other kinds that are unknown."""
    with _content(path) as content:
        refuse_unknown(content)
        return lab_as_rgb(content) is not None


class FileRows:
    """The rows of a file, which is decoded from top to bottom, and anew for who goes back.

    `opened` gives a sequential image of libvips; `failure` begins what is said where it cannot be read. `like` has
    the shape and the type of them all; about `block_bytes` are decoded at once.
    """

    def __init__(self, opened: Callable[[], Any], failure: str, like: Samples, block_bytes: int) -> None:
        self.error: UpscaleError | None = None
        self._opened, self._failure, self._like = opened, failure, like
        self._block_rows = max(1, block_bytes // like[0].nbytes)
        self._image: Any = None
        self._region: Any = None
        self._top, self._kept = 0, self._blank(0)

    def read(self, top: int, bottom: int) -> Samples:
        """Rows top <= y < bottom. Shape: (bottom - top, width, channels)."""
        if self.error is None:
            try:
                with vips_reader.explained():
                    return self._read(top, bottom)
            except (BadInputError, OSError) as error:
                self.error = BadInputError(f"{self._failure}: {error}")
                self._image = self._region = None
        return self._blank(bottom - top)

    def _read(self, top: int, bottom: int) -> Samples:
        end = self._top + self._kept.shape[0]
        if top < self._top or (self._region is None and bottom > end):
            self._image = vips_reader.shown(self._opened())
            self._region = pyvips.Region.new(self._image)
            self._top, self._kept, end = 0, self._blank(0), 0
        if top >= end:
            self._top, self._kept, end = top, self._blank(0), top
        blocks = [self._kept[top - self._top :]]
        while end < bottom:
            blocks.append(self._block(end))
            end += blocks[-1].shape[0]
        if end == self._like.shape[0]:
            self._image = self._region = None
        # What lies further above will not be asked for again, but by who begins anew.
        self._top, self._kept = top, np.concatenate(blocks) if len(blocks) > 1 else blocks[0]
        return self._kept[: bottom - top]

    def _block(self, top: int) -> Samples:
        """The next rows that are decoded at once."""
        image = self._image
        count = min(self._block_rows, image.height - top)
        rows = vips_reader.fetched(self._region, image, top, count)
        refuse_not_finite(rows)
        return rows

    def _blank(self, count: int) -> Samples:
        return np.zeros((count, *self._like.shape[1:]), self._like.dtype)


def _opened(path: Path, format_name: str) -> Any:  # noqa: ANN401  pyvips has no types
    prepare()
    with path.open("rb") as file:
        source = pyvips.Source.new_from_descriptor(file.fileno())
    # "error": else what is damaged passes as gray.
    return _LOADERS[format_name](source, access="sequential", fail_on="error")


def _is_large(image: Any, whole_bytes: int) -> bool:  # noqa: ANN401
    return bool(image.width * image.height * image.bands * _BYTES.get(image.format, 1) > whole_bytes)


def comes_by_rows(image: Any, format_name: str) -> bool:  # noqa: ANN401
    """Whether rows come out as they lie in the file, and nothing needs the whole picture, as bleeding does."""
    if format_name not in _LOADERS:
        return False
    interlaced = image.get_typeof("interlaced") and not image.get("vips-loader").startswith("jpeg")
    return not (image.hasalpha() or interlaced or vips_reader.orientation_of(image) != 1)
