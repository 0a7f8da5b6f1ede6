"""Encoding: jpg, png, webp and tiff with libvips, bmp by hand; rows are taken as they come."""

import os
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyvips

from upscale.errors import OutputError
from upscale.images import bmp
from upscale.images.encoding import Encoding
from upscale.images.formats import TARGETS, Target
from upscale.images.picture import WHITE, Picture, RowPicture, Samples
from upscale.images.row_source import RowSource
from upscale.images.tiff_header import layout_of
from upscale.images.vips_setup import prepare

# Measured on an enlarged photograph of 8.6 MP. PNG level 3 with filter sub: 10.0 MB in 0.31 s; libvips' defaults
# (6, none): 18.2 MB in 0.47 s; 6, all: 8.9 MB in 1.04 s. WebP effort 2 gives the size of effort 4 in half its
# time. JPEG's optimised Huffman tables save 3 % for 2.7 times the time.
_PNG_LEVEL = 3
_PNG_FILTER = "sub"
_WEBP_EFFORT = 2
_FORMATS: dict[np.dtype[Any], str] = {
    np.dtype(np.uint8): "uchar",
    np.dtype(np.uint16): "ushort",
    np.dtype(np.float32): "float",
}
_BYTES = {name: dtype.itemsize for dtype, name in _FORMATS.items()}
_INTERPRETATIONS = {
    ("uchar", 1): "b-w",
    ("uchar", 3): "srgb",
    ("ushort", 1): "grey16",
    ("ushort", 3): "rgb16",
}


def write(path: Path, picture: RowPicture, format_name: str, encoding: Encoding) -> None:
    """Encode into `path`; raises OSError for what the file system refuses, OutputError with a bare reason for
    what the encoder refuses, and what the picture's pieces raise.
    """
    target = TARGETS[format_name]
    pieces = (_fit(piece, picture.like, target) for piece in picture.pieces)
    if format_name == "bmp":
        bmp.write(path, (picture.height, picture.width), pieces)
        return
    prepare()
    first = next(pieces)
    whole = first.shape[0] == picture.height
    rows = None if whole else RowSource(layout_of(first, picture.height), chain([first], pieces))
    with path.open("wb+") as file:
        try:
            image = _in_memory(first) if rows is None else rows.image()
            _encode(_described(image, picture.like, format_name), file.fileno(), format_name, encoding)
        except pyvips.Error as error:
            if rows is not None and rows.error is not None:
                raise rows.error from error
            _probe(file)
            raise OutputError(_reason(error)) from error


def _fit(samples: Samples, picture: Picture, target: Target) -> Samples:
    """Rows of `picture` reduced to the bits and channels that the format has."""
    if picture.alpha is not None and not target.alpha:
        samples = samples[..., :-1]
    if picture.depth not in target.bit_depths:
        samples = _reduce(samples, max(bits for bits in target.bit_depths if bits < picture.depth))
    return np.ascontiguousarray(samples)


def _reduce(samples: Samples, depth: int) -> Samples:
    """Fewer bits: white stays white, rounded to the nearest. Shape kept."""
    white = 2**depth - 1
    unit = np.clip(samples / np.float32(WHITE[samples.dtype]), 0, 1)
    levels: Samples = np.rint(unit * white).astype(np.uint8 if depth == 8 else np.uint16)
    return levels


def _in_memory(samples: Samples) -> pyvips.Image:
    height, width, channels = samples.shape
    return pyvips.Image.new_from_memory(samples.data, width, height, channels, _FORMATS[samples.dtype])


def _described(image: pyvips.Image, picture: Picture, format_name: str) -> pyvips.Image:
    """The image with the meaning of its channels, and with all that travels with `picture`."""
    colours = picture.pixels.shape[2]
    horizontal, vertical = picture.pixels_per_mm
    described = image.copy(
        interpretation=_INTERPRETATIONS.get((image.format, colours), "b-w" if colours == 1 else "scrgb"),
        xres=horizontal,
        yres=vertical,
    )
    blocks = {
        "icc-profile-data": _icc(picture, format_name),
        "exif-data": picture.exif,
        "xmp-data": picture.xmp,
    }
    for field, block in blocks.items():
        if block:
            described.set_type(pyvips.GValue.blob_type, field, block)
    return described


def _icc(picture: Picture, format_name: str) -> bytes | None:
    """The profile, but for a gray one in WebP, which knows RGB only (ICC.1, 7.2.6: colour space at 16)."""
    gray_in_webp = format_name == "webp" and picture.icc is not None and picture.icc[16:20] == b"GRAY"
    return None if gray_in_webp else picture.icc


def _encode(image: pyvips.Image, descriptor: int, format_name: str, encoding: Encoding) -> None:
    target = pyvips.Target.new_to_descriptor(descriptor)
    if format_name == "jpg":
        image.jpegsave_target(target, Q=encoding.quality, subsample_mode="off")
    elif format_name == "webp":
        image.webpsave_target(target, Q=encoding.quality, lossless=encoding.lossless, effort=_WEBP_EFFORT)
    elif format_name == "tiff":
        predictor = "float" if image.format == "float" else "horizontal"
        # Offsets of plain TIFF end at 4 GiB; what cannot be compressed grows a little.
        large = image.width * image.height * image.bands * _BYTES[image.format] > 0.99 * 2**32
        image.tiffsave_target(target, compression="deflate", predictor=predictor, bigtiff=large)
    else:
        image.pngsave_target(target, compression=_PNG_LEVEL, filter=_PNG_FILTER)


def _probe(file: BinaryIO) -> None:
    """Raise the OSError that hides behind libvips' failure: its texts seldom say that the disk is full."""
    file.seek(0, os.SEEK_END)
    file.write(bytes(2**16))
    file.flush()


def _reason(error: pyvips.Error) -> str:
    lines = [line.strip() for line in str(error.detail).splitlines() if line.strip()]
    return lines[-1] if lines else "the encoder gave no reason"
