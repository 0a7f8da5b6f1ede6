"""Encoding: a picture's rows, with the bits and channels that the format has, to the library that writes it."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from upscale.images import bmp, plain_rows, vips_writer
from upscale.images.encoding import Encoding
from upscale.images.formats import TARGETS, Target
from upscale.images.jpeg_head import jpeg_head
from upscale.images.picture import WHITE, Picture, RowPicture, Samples
from upscale.images.result_metadata import metadata_of


def write(path: Path, picture: RowPicture, format_name: str, encoding: Encoding) -> None:
    """Encode into `path`; raises OSError for what the file system refuses, OutputError with a bare reason for
    what the encoder refuses, and what the picture's pieces raise.
    """
    size_px = (picture.height, picture.width)
    pieces = (_fit(piece, picture.like, TARGETS[format_name], encoding) for piece in picture.pieces)
    if format_name == "bmp":
        bmp.write(path, size_px, pieces)
    elif picture.like.animation is not None:
        from upscale.images import animated_writer

        animated_writer.write(path, pieces, picture, format_name, encoding)
    elif format_name in plain_rows.FORMATS:
        plain_rows.write(path, size_px, pieces, format_name)
    elif _is_whole(format_name, encoding):
        path.write_bytes(_whole(pieces, picture, format_name, encoding))
    else:
        vips_writer.write(path, pieces, picture, format_name, encoding)


def _fit(samples: Samples, picture: Picture, target: Target, encoding: Encoding) -> Samples:
    """Rows of `picture` with the bits and channels that the format has."""
    colours = picture.pixels.shape[2]
    if picture.alpha is not None and not target.alpha:
        samples = samples[..., :-1]
    if colours not in target.colours:
        samples = np.concatenate([samples[..., :1]] * 3 + [samples[..., 1:]], axis=2)
    depth = max((bits for bits in target.bit_depths if bits <= picture.depth and bits in encoding.depths), default=8)
    if depth < picture.depth:
        samples = _reduce(samples, depth)
    return np.ascontiguousarray(samples)


def _reduce(samples: Samples, depth: int) -> Samples:
    """Fewer bits: white stays white, rounded to the nearest. Shape kept."""
    white = 2**depth - 1
    unit = np.clip(samples / np.float32(WHITE[samples.dtype]), 0, 1)
    levels: Samples = np.rint(unit * white).astype(np.uint8 if depth == 8 else np.uint16)
    return levels


def _is_whole(format_name: str, encoding: Encoding) -> bool:
    from upscale.images import whole_writer

    return format_name in whole_writer.FORMATS or (format_name == "jpg" and encoding.subsampling == "422")


def _whole(pieces: Iterable[Samples], picture: RowPicture, format_name: str, encoding: Encoding) -> bytes:
    from upscale.images import whole_writer

    if format_name != "jpg":
        return whole_writer.encode(pieces, picture.height, format_name)
    encoded = whole_writer.jpeg_422(pieces, picture.height, encoding.quality_of("jpg"))
    head_bytes = 2 + 18  # the start and OpenCV's JFIF segment
    return jpeg_head(metadata_of(picture, encoding)) + encoded[head_bytes:]
