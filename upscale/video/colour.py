"""Planes to RGB and back: matrix, range, depth and chroma, in float, and never clamped between the two.

Ordinary video holds many colours outside the RGB gamut (19 % of the pixels of one plain clip); clamping them
on the way changes their luma. Values are cut only where they become the encoder's integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from upscale.video.chroma import Siting, enlarge_chroma, reduce_chroma
from upscale.video.layout import PixelLayout

Matrix = Literal["rgb", "bt709", "fcc", "bt601", "smpte240m", "ycgco", "bt2020"]

# Luma weights of red and blue: ITU-R BT.709-6 item 3.2, BT.601-7 item 2.5.1, BT.2020-2 table 4 (non-constant
# luminance); the FCC's and SMPTE 240M's as in ITU-T H.273 table 4.
_LUMA = {
    "bt709": (0.2126, 0.0722),
    "fcc": (0.30, 0.11),
    "bt601": (0.299, 0.114),
    "smpte240m": (0.212, 0.087),
    "bt2020": (0.2627, 0.0593),
}
# Y, Cg, Co of R, G, B: ITU-T H.273, equations 50 to 52.
_YCGCO = ((0.25, 0.5, 0.25), (-0.25, 0.5, -0.25), (0.5, 0.0, -0.5))


@dataclass(frozen=True)
class Colour:
    """What the codes of a video mean: matrix, range (full: 0..255, limited: 16..235/240), chroma siting."""

    matrix: Matrix
    full_range: bool
    siting: Siting = "left"


def to_yuv(matrix: Matrix) -> NDArray[np.float64]:
    """Rows giving Y, Cb, Cr (Y 0..1, Cb and Cr -1/2..1/2) of R, G, B. Shape: (3, 3)."""
    if matrix == "ycgco":
        return np.array(_YCGCO)
    red, blue = _LUMA["bt709" if matrix == "rgb" else matrix]
    luma = np.array([red, 1 - red - blue, blue])
    # Cb = (B - Y) / (2 (1 - Kb)), Cr = (R - Y) / (2 (1 - Kr)): ITU-T H.273, equations 41 and 42.
    cb = (np.array([0, 0, 1]) - luma) / (2 * (1 - blue))
    cr = (np.array([1, 0, 0]) - luma) / (2 * (1 - red))
    return np.stack([luma, cb, cr])


def planes_to_rgb(planes: Sequence[Tensor], layout: PixelLayout, colour: Colour) -> Tensor:
    """The picture that integer planes stand for, out-of-gamut colours kept.

    Shape: components of (h, w) as `layout` says -> (3, H, W), float32, nominally [0, 1].
    """
    levels = [_expand(plane, index, layout, colour) for index, plane in enumerate(planes)]
    if layout.family == "gray":
        return levels[0].expand(3, -1, -1)
    if layout.family == "rgb":
        return torch.stack(levels)
    height, width = levels[0].shape
    log2 = (layout.log2_height, layout.log2_width)
    chroma = enlarge_chroma(torch.stack(levels[1:]), height, width, log2, colour.siting)
    return _multiplied(np.linalg.inv(to_yuv(colour.matrix)), [levels[0], chroma[0], chroma[1]])


def rgb_to_planes(rgb: Tensor, layout: PixelLayout, colour: Colour) -> list[Tensor]:
    """The integer planes nearest to a picture, cut at the smallest and largest code.

    Shape: (3, H, W), float32 -> components of (h, w) as `layout` says, uint8 or uint16, on the same device.
    """
    if layout.family == "rgb":
        levels = list(rgb)
    elif layout.family == "gray":
        levels = [_multiplied(to_yuv(colour.matrix)[:1], list(rgb))[0]]
    else:
        yuv = _multiplied(to_yuv(colour.matrix), list(rgb))
        log2 = (layout.log2_height, layout.log2_width)
        levels = [yuv[0], *reduce_chroma(yuv[1:], log2, colour.siting)]
    return [_quantise(level, index, layout, colour) for index, level in enumerate(levels)]


def _multiplied(matrix: NDArray[np.floating[Any]], planes: Sequence[Tensor]) -> Tensor:
    """`matrix` times each pixel, as sums: a matrix product may run in TF32, with 10 bits of mantissa."""
    product = planes[0].new_empty(len(matrix), *planes[0].shape)
    for row, weights in zip(product, matrix, strict=True):
        torch.mul(planes[0], float(weights[0]), out=row)
        for weight, plane in zip(weights[1:], planes[1:], strict=True):
            row.add_(plane, alpha=float(weight))
    return product


def _expand(plane: Tensor, index: int, layout: PixelLayout, colour: Colour) -> Tensor:
    offset, span = _codes(index, layout, colour)
    return (plane.to(torch.float32) / (1 << layout.shift) - offset) / span


def _quantise(level: Tensor, index: int, layout: PixelLayout, colour: Colour) -> Tensor:
    offset, span = _codes(index, layout, colour)
    codes = (level * span + offset).round_().clamp_(0, layout.peak)
    if layout.depth <= 8:
        return codes.to(torch.uint8)
    # Through int32: few devices convert float to uint16 at once.
    return (codes.to(torch.int32) << layout.shift).to(torch.uint16)


def _codes(index: int, layout: PixelLayout, colour: Colour) -> tuple[float, float]:
    """(code of 0, codes from 0 to 1) of a component: ITU-T H.273, equations 20 to 34."""
    is_chroma = layout.family == "yuv" and index > 0
    if colour.full_range:
        return (float(1 << (layout.depth - 1)) if is_chroma else 0.0), float(layout.peak)
    unit = 1 << (layout.depth - 8)
    return (128.0 * unit, 224.0 * unit) if is_chroma else (16.0 * unit, 219.0 * unit)
