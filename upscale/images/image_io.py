"""Reading and writing one picture file. The content decides what a file is, not its name."""

from pathlib import Path

import numpy as np

from upscale.atomic import Asides, replacing
from upscale.errors import BadInputError, OutputError
from upscale.images.encoding import Encoding
from upscale.images.formats import HEAD_BYTES, format_of_name, sniff
from upscale.images.picture import Picture, RowPicture, in_one_piece

LIMIT_PX = 2**28
"""The most pixels a file may claim: 16384 x 16384, a third above the largest phone sensors (200 MP)."""


def read_picture(path: Path, limit_px: int = LIMIT_PX) -> Picture:
    """The picture in `path`, upright, gray or RGB, in the file's own bit depth.

    Palettes and single bits are expanded, CMYK goes through its profile, of an animation the first frame
    counts. Raises BadInputError for what is no picture, damaged, cut short, or larger than `limit_px`, which
    is checked before anything is decoded.
    """
    content, format_name = _content(path)
    # Loaded here so that naming and sniffing work without libvips and FFmpeg.
    from upscale.images import ffmpeg_reader, vips_reader

    try:
        if format_name in vips_reader.FORMATS:
            return _finite(vips_reader.decode(content, format_name, limit_px))
        if format_name in ffmpeg_reader.FORMATS:
            return _finite(ffmpeg_reader.decode(content, format_name, limit_px))
    except BadInputError as error:
        raise BadInputError(f"cannot read {path} as {format_name}: {error}") from error
    raise BadInputError(f"cannot read {path}: {format_name} is not supported; convert it to png first")


def _finite(picture: Picture) -> Picture:
    """Float pictures may hold NaNs, which a network would spread over everything within its reach."""
    if picture.pixels.dtype == np.float32 and not np.isfinite(picture.pixels).all():
        raise BadInputError("it holds samples that are no numbers")
    return picture


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


def _content(path: Path) -> tuple[bytes, str]:
    """A file's bytes and the format they show; of what is no picture only the head is read."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            format_name = sniff(head, path)
            if format_name is None:
                raise BadInputError(_no_picture(path, head))
            return head + file.read(), format_name
    except OSError as error:
        raise BadInputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error


def _no_picture(path: Path, head: bytes) -> str:
    if not head:
        return f"cannot read {path}: the file is empty"
    claim = f", although its name ends in {path.suffix}" if format_of_name(path) else ""
    return f"cannot read {path}: its content is no picture{claim}"
