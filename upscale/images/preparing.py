"""What is done to a picture before the network sees it, for the sake of the file that its result goes to."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from upscale.images.encoding import Encoding
from upscale.images.formats import TARGETS, format_of_name
from upscale.images.mapped import mapped
from upscale.images.picture import Picture, Samples


def prepared(picture: Picture, target: Path, encoding: Encoding) -> tuple[Picture, str | None]:
    """The picture with colours and depth as its result is to have them, and what went otherwise than asked."""
    format_name = format_of_name(target) or ""
    picture, note = _coloured(picture, format_name, encoding)
    if encoding.bit_depth == "16" and picture.depth == 8 and 16 in TARGETS[format_name].bit_depths:
        picture = mapped(picture, _widened)
        picture = replace(picture, alpha=None if picture.alpha is None else _widened(picture.alpha))
    return picture, note


def _coloured(picture: Picture, format_name: str, encoding: Encoding) -> tuple[Picture, str | None]:
    # Most pictures have neither, and need not load what knows of profiles.
    if picture.icc is None and not picture.png_chunks:
        return picture, None
    from upscale.images.profiles import is_gray, to_srgb, with_profile

    if format_name != "png" or encoding.icc == "srgb":
        picture = with_profile(picture)
    if picture.icc is None:
        return picture, None
    # A gray profile means nothing where gray is written as RGB.
    alien = is_gray(picture.icc) and 1 not in TARGETS[format_name].colours
    if encoding.icc == "keep" and not alien:
        return picture, None
    converted = to_srgb(picture)
    if converted is None:
        kept = replace(picture, icc=None) if alien else picture
        return kept, "the ICC profile cannot be converted to sRGB"
    return converted, None


def _widened(samples: Samples) -> Samples:
    """8 bits as 16, white as white: so the network's answer is kept in finer steps."""
    return samples.astype(np.uint16) * 257
