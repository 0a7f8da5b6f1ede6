"""Pictures as every browser shows them: 8-bit sRGB, upright, without profile or metadata."""

from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from upscale.images.image_io import read_picture
from upscale.images.picture import WHITE, Picture, Samples
from upscale.images.profiles import to_srgb, with_profile
from upscale.vips_setup import prepare

Pixels = NDArray[np.uint8]
"""Shape: (height, width, 3 or 4), RGB or RGBA, alpha not premultiplied."""


def read_shown(path: Path) -> Pixels:
    """The picture in a file, through its own profile; raises BadInputError for what is none."""
    return shown(read_picture(path))


def shown(picture: Picture) -> Pixels:
    """A picture as it is to be seen. A profile that cannot be used is taken for sRGB, as browsers do."""
    picture = with_profile(picture)
    picture = to_srgb(picture) or picture
    colours = np.broadcast_to(_in_8_bits(picture.pixels), (picture.height, picture.width, 3))
    if not picture.transparent or picture.alpha is None:
        return np.ascontiguousarray(colours)
    return np.concatenate([colours, _in_8_bits(picture.alpha)], axis=2)


def reduced(pixels: Pixels, max_side_px: int | None) -> Pixels:
    """The picture, its longer side at most so long: antialiased, and unchanged where it is small enough."""
    height, width = pixels.shape[:2]
    longest = max(height, width)
    if max_side_px is None or longest <= max_side_px:
        return pixels
    return resized(pixels, *(max(1, round(side * max_side_px / longest)) for side in (height, width)))


def resized(pixels: Pixels, height: int, width: int) -> Pixels:
    """The picture in another size, by Lanczos, antialiased; invisible colours do not bleed."""
    prepare()
    image = image_of(pixels)
    clear = image.hasalpha()
    image = image.premultiply() if clear else image
    image = image.resize(width / image.width, vscale=height / image.height)
    image = image.unpremultiply() if clear else image
    image = image.rint().cast("uchar") if clear else image
    samples = np.frombuffer(image.write_to_memory(), np.uint8)
    return samples.reshape(image.height, image.width, image.bands)


def image_of(pixels: Pixels) -> pyvips.Image:
    """The same as an image of libvips."""
    height, width, channels = pixels.shape
    contiguous = np.ascontiguousarray(pixels)
    return pyvips.Image.new_from_memory(contiguous.data, width, height, channels, "uchar").copy(interpretation="srgb")


def _in_8_bits(samples: Samples) -> Pixels:
    """White stays white, rounded to the nearest. Shape kept."""
    if samples.dtype == np.uint8:
        return samples
    unit = np.clip(samples / np.float32(WHITE[samples.dtype]), 0, 1)
    return np.rint(unit * 255).astype(np.uint8)
