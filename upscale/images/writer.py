"""Encoding: jpg, png, webp and tiff with libvips, bmp with OpenCV."""

import os
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import pyvips

from upscale.errors import OutputError
from upscale.images.encoding import Encoding
from upscale.images.formats import TARGETS
from upscale.images.picture import WHITE, Picture, Samples
from upscale.images.vips_setup import prepare

# Measured on an enlarged photograph of 8.6 MP. PNG level 3 with filter sub: 10.0 MB in 0.31 s; libvips' defaults
# (6, none): 18.2 MB in 0.47 s; 6, all: 8.9 MB in 1.04 s. WebP effort 2 gives the size of effort 4 in half its
# time. JPEG's optimised Huffman tables save 3 % for 2.7 times the time.
_PNG_LEVEL = 3
_PNG_FILTER = "sub"
_WEBP_EFFORT = 2
_FORMATS = {np.dtype(np.uint8): "uchar", np.dtype(np.uint16): "ushort", np.dtype(np.float32): "float"}
_INTERPRETATIONS = {
    ("uchar", 1): "b-w",
    ("uchar", 3): "srgb",
    ("ushort", 1): "grey16",
    ("ushort", 3): "rgb16",
}


def write(path: Path, picture: Picture, format_name: str, encoding: Encoding) -> None:
    """Encode into `path`; raises OSError for what the file system refuses, OutputError with a bare reason for
    what the encoder refuses.
    """
    fitting = _fit(picture, format_name)
    if format_name == "bmp":
        path.write_bytes(_bmp(fitting))
        return
    prepare()
    with path.open("wb+") as file:
        try:
            _encode(_image(fitting, format_name), file.fileno(), format_name, encoding)
        except pyvips.Error as error:
            _probe(file)
            raise OutputError(_reason(error)) from error


def _fit(picture: Picture, format_name: str) -> Picture:
    """Reduced to the bits and channels that the format has."""
    target = TARGETS[format_name]
    pixels, alpha = picture.pixels, picture.alpha if target.alpha else None
    if picture.depth not in target.bit_depths:
        depth = max(bits for bits in target.bit_depths if bits < picture.depth)
        pixels, alpha = _reduce(pixels, depth), None if alpha is None else _reduce(alpha, depth)
    return picture.with_samples(pixels, alpha)


def _reduce(samples: Samples, depth: int) -> Samples:
    """Fewer bits: white stays white, rounded to the nearest. Shape kept."""
    white = 2**depth - 1
    unit = np.clip(samples / np.float32(WHITE[samples.dtype]), 0, 1)
    levels: Samples = np.rint(unit * white).astype(np.uint8 if depth == 8 else np.uint16)
    return levels


def _bmp(picture: Picture) -> bytes:
    pixels = picture.pixels if picture.pixels.shape[2] == 1 else picture.pixels[..., ::-1]
    return cv2.imencode(".bmp", np.ascontiguousarray(pixels))[1].tobytes()


def _image(picture: Picture, format_name: str) -> pyvips.Image:
    """libvips' view of the samples, with the metadata attached."""
    pixels, alpha = picture.pixels, picture.alpha
    samples = pixels if alpha is None else np.concatenate([pixels, alpha], axis=2)
    sample_format, colours = _FORMATS[samples.dtype], pixels.shape[2]
    bands = samples.shape[2]
    raw = pyvips.Image.new_from_memory(
        np.ascontiguousarray(samples).data, picture.width, picture.height, bands, sample_format
    )
    horizontal, vertical = picture.pixels_per_mm
    image = raw.copy(
        interpretation=_INTERPRETATIONS.get((sample_format, colours), "b-w" if colours == 1 else "scrgb"),
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
            image.set_type(pyvips.GValue.blob_type, field, block)
    return image


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
        large = image.width * image.height * image.bands > 2**31  # offsets of plain TIFF end at 4 GiB
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
