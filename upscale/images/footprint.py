"""How much memory a result needs at once, beside what is bounded for all."""

from pathlib import Path

from upscale.images.encoding import Encoding
from upscale.images.enlarging import Enlarger, streams
from upscale.images.formats import format_of_name
from upscale.images.picture import Picture

_FLOAT_RGB_BYTES = 3 * 4
# libwebp alone wants pictures whole: so much for each pixel, measured on 12 MP. It writes alpha as if lossless.
_WEBP_BYTES = 6
_WEBP_LOSSLESS_BYTES = 36


def held_bytes(picture: Picture, enlarger: Enlarger) -> int:
    """Bytes that grow with the result of `picture`: only its alpha's where the colours are written as they come.

    Else the whole picture is there in float, twice while its bands are joined, and again if it is resized.
    """
    plan = enlarger.plan
    height, width = plan.target_size(picture.height, picture.width)
    needed = height * width * picture.pixels.dtype.itemsize if picture.transparent else 0
    if not streams(plan):
        reached = picture.height * picture.width * plan.reached**2
        needed += _FLOAT_RGB_BYTES * (2 * reached + (height * width if plan.needs_resize else 0))
    return needed


def encoder_bytes(picture: Picture, size_px: tuple[int, int], target: Path, encoding: Encoding) -> int:
    """Bytes that the encoder of `target` takes for a result of this size, where it cannot take it row by row."""
    if format_of_name(target) != "webp":
        return 0
    pixel_bytes = _WEBP_LOSSLESS_BYTES if encoding.lossless or picture.alpha is not None else _WEBP_BYTES
    return pixel_bytes * size_px[0] * size_px[1]
