"""Test pictures: their pixels, exactly as they are in the file."""

from pathlib import Path

import cv2
import numpy as np
import pyvips
from numpy.typing import NDArray

from upscale.errors import BadInputError, reason

CV2_SUFFIXES = {".bmp", ".pgm", ".ppm"}  # libvips' wheel reads none of these, and Set5 was published as bmp
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".avif", ".gif"} | CV2_SUFFIXES
# libvips' names in words.
_DEPTHS = {"uchar": "8-bit", "ushort": "16-bit", "uint": "32-bit", "float": "floating-point"}
_COLOURS = {"b-w": "gray", "grey16": "gray", "srgb": "RGB", "rgb": "RGB", "rgb16": "RGB", "scrgb": "RGB"}
MAX_PIXELS = 2**27  # scores hold about ten float64 planes of a picture: 10 GB here


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """The file's own 8-bit values, gray repeated three times; no profile, gamma or orientation is applied.

    Shape: (H, W, 3). Raises BadInputError for what is not an opaque 8-bit gray or RGB picture, or too large.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInputError(f"cannot read {path}: {reason(error)}") from error
    decode = _decode_cv2 if path.suffix.lower() in CV2_SUFFIXES else _decode_vips
    try:
        return decode(content)
    except BadInputError as error:
        raise BadInputError(f"cannot read {path}: {error}") from error


def _decode_vips(content: bytes) -> NDArray[np.uint8]:
    try:
        image = pyvips.Image.new_from_buffer(content, "", access="sequential", fail_on="error")
        _check(image)
        pixels: NDArray[np.uint8] = image.numpy().reshape(image.height, image.width, image.bands)
    except pyvips.Error as error:
        # The last line is the decoder's verdict; those before may be warnings about other files.
        verdict = error.detail.strip().rpartition("\n")[2]
        told = f" ({verdict})" if verdict and "known format" not in verdict else ""
        raise BadInputError(f"not a picture, or damaged{told}") from error
    colours = 3 if image.bands > 2 else 1
    if (pixels[..., colours:] != 255).any():
        raise BadInputError("it is partly transparent; scores need opaque pictures")
    return np.broadcast_to(pixels[..., :colours], (*pixels.shape[:2], 3)).copy()  # libvips' own is read-only


def _check(image: pyvips.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise BadInputError(f"{image.width} x {image.height} are more than {MAX_PIXELS} pixels")
    if image.format != "uchar" or image.interpretation not in ("srgb", "rgb", "b-w"):
        raise BadInputError(f"scores need 8-bit gray or RGB, not {_kind(image)}")


def _kind(image: pyvips.Image) -> str:
    """What a picture holds, in words."""
    depth = _DEPTHS.get(image.format, image.format)
    return f"{depth} {_COLOURS.get(image.interpretation, image.interpretation.upper())}"


def _decode_cv2(content: bytes) -> NDArray[np.uint8]:
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise BadInputError("not a picture, or damaged") from error
    if pixels is None:
        raise BadInputError("not a picture, or damaged")
    return pixels[..., ::-1].astype(np.uint8)
