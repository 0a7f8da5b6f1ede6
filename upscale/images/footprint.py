"""How much memory a result needs at once, beside what is bounded for all."""

from pathlib import Path

from upscale.images.encoding import Encoding
from upscale.images.enlarging import Enlarger
from upscale.images.formats import format_of_name
from upscale.images.picture import Picture

_FLOAT_RGB_BYTES = 3 * 4
# What encoders that want pictures whole take for each pixel, measured on 8 MP with the largest samples of each.
# libwebp writes alpha as if lossless.
_WHOLE_BYTES = {"webp": 7, "avif": 74, "qoi": 22, "jp2": 170, "exr": 83, "hdr": 39, "pfm": 51}
_JPEG_422_BYTES = 6
_WEBP_LOSSLESS_BYTES = 36


def held_bytes(picture: Picture, enlarger: Enlarger) -> int:
    """Bytes that grow with the result of `picture`: only its alpha's where the colours are written as they come.

    What several passes, or an average, need whole is there in float.
    """
    route = enlarger.plan.route(picture.height, picture.width)
    height, width = route.target.size_px
    needed = height * width * picture.pixels.dtype.itemsize if picture.transparent else 0
    return needed + _FLOAT_RGB_BYTES * route.held_px


def encoder_bytes(picture: Picture, size_px: tuple[int, int], target: Path, encoding: Encoding) -> int:
    """Bytes that the encoder of `target` takes for a result of this size, where it cannot take it row by row."""
    name = format_of_name(target) or ""
    pixel_bytes = _WHOLE_BYTES.get(name, 0)
    if name == "jpg" and encoding.subsampling == "422":
        pixel_bytes = _JPEG_422_BYTES
    if name == "webp" and (encoding.lossless or picture.alpha is not None):
        pixel_bytes = _WEBP_LOSSLESS_BYTES
    return pixel_bytes * size_px[0] * size_px[1]
