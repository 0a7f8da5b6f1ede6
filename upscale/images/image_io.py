"""Reading and writing one picture file. The content decides what a file is, not its name."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from upscale.atomic import Asides, replacing
from upscale.errors import BadInputError, OutputError, reason
from upscale.images.encoding import Encoding
from upscale.images.formats import HEAD_BYTES, format_of_name, sniff
from upscale.images.picture import Picture, RowPicture, in_one_piece, refuse_not_finite

LIMIT_PX = 2**28
"""The most pixels a file may claim: 16384 x 16384, a third above the largest phone sensors (200 MP)."""

WHOLE_BYTES = 2**28
"""The most bytes of samples that are decoded at once: 89 MP of 8-bit RGB, of which four may wait.

100 MP took as long by rows, 48 s against 47 s at x2 with `nearest`; but what is damaged shows late, and what a GPU
waits for is not decoded ahead.
"""

# Deflate makes 1 byte of 1032 at most, and JPEG not less.
_MOST_PACKED = 1100


def read_picture(path: Path, limit_px: int = LIMIT_PX) -> Picture:
    """The picture in `path`, upright, gray or RGB, in the file's own bit depth.

    Palettes and single bits are expanded, CMYK and Lab go through their profiles, of an animation the first frame
    counts, of several pages the first, of an icon the largest. Raises BadInputError for what is no picture, damaged,
    cut short, or larger than `limit_px`, which is checked before anything is decoded.
    """
    with _opened(path) as (file, head, format_name):
        return _finite(_decode(head + file.read(), format_name, limit_px))


def read_frames(path: Path, limit_px: int = LIMIT_PX, whole_bytes: int = WHOLE_BYTES) -> Iterator[Picture]:
    """The frames of an animation as they are to be seen, one after the other; any other picture is its only one.

    Of those that would take more than `whole_bytes` the rows are decoded later, where that can be (see
    `Picture.rows`). Raises as `read_picture`, in the midst of an animation too.
    """
    from upscale.images import animated_reader, band_reader

    with _opened(path) as (file, head, format_name):
        large = None
        if _may_exceed(file, whole_bytes):
            large = band_reader.read_in_bands(path, format_name, limit_px, whole_bytes)
        content = b"" if large else head + file.read()
        if large is not None:
            yield large
        elif animated_reader.is_animated(content, format_name):
            yield from _at_least_one(animated_reader.frames(content, format_name, limit_px))
        else:
            yield _finite(_decode(content, format_name, limit_px))


def _may_exceed(file: BinaryIO, whole_bytes: int) -> bool:
    """Whether a file, which must be one that can be read twice, is not too small for so many bytes of samples."""
    status = os.fstat(file.fileno())
    return stat.S_ISREG(status.st_mode) and status.st_size * _MOST_PACKED > whole_bytes


def _decode(content: bytes, format_name: str, limit_px: int) -> Picture:
    """With the library that knows the format. Loaded here so that naming and sniffing work without any."""
    from upscale.images import ffmpeg_reader, heif_reader, ico, jxl_reader, vips_reader

    if format_name in vips_reader.FORMATS:
        return vips_reader.decode(content, format_name, limit_px)
    if format_name in ffmpeg_reader.FORMATS:
        return ffmpeg_reader.decode(content, format_name, limit_px)
    if format_name == "heif":
        return heif_reader.decode(content, limit_px)
    if format_name == "jxl":
        return jxl_reader.decode(content, limit_px)
    return ico.decode(content, limit_px)


def _finite(picture: Picture) -> Picture:
    """The picture itself; raises BadInputError, with a bare reason, for one that holds what is no number."""
    for samples in (picture.pixels, picture.alpha):
        if samples is not None:
            refuse_not_finite(samples)
    return picture


def _at_least_one(frames: Iterator[Picture]) -> Iterator[Picture]:
    """The same frames; raises BadInputError where there are none, as no picture passes without an outcome."""
    first = next(frames, None)
    if first is None:
        raise BadInputError("it has no frames")
    yield first
    del first  # one is in memory at a time
    yield from frames


def write_picture(path: Path, picture: Picture, encoding: Encoding) -> None:
    """Write a picture that is in memory; see `write_rows`."""
    write_rows(path, in_one_piece(picture), encoding)


def write_rows(path: Path, picture: RowPicture, encoding: Encoding, asides: Asides | None = None) -> None:
    """Write `picture` in the format that `path` names, whole or not at all, as its pieces come.

    What the format cannot hold is reduced: 16 bits to 8, and opaque alpha is dropped (see `encoding`). Raises
    OutputError, naming `path`, and what the pieces raise.
    """
    from upscale.images import writer

    with replacing(path, asides) as aside:
        try:
            writer.write(aside, picture, format_of_name(path) or "png", encoding)
        except OutputError as error:
            raise OutputError(f"cannot write {path}: {error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, bytes, str]]:
    """A file behind its first bytes, these, and the format they show; completes the bare reasons of the readers."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            format_name = sniff(head, path)
            if format_name is None:
                raise BadInputError(_no_picture(path, head))
            try:
                yield file, head, format_name
            except BadInputError as error:
                raise BadInputError(f"cannot read {path} as {format_name}: {error}") from error
    except OSError as error:
        raise BadInputError(f"cannot read {path}: {reason(error)}") from error


def _no_picture(path: Path, head: bytes) -> str:
    if not head:
        return f"cannot read {path}: the file is empty"
    claim = f", although its name ends in {path.suffix}" if format_of_name(path) else ""
    return f"cannot read {path}: its content is no picture{claim}"
