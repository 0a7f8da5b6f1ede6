"""Planes to RGB and back: matrix, range, depth and chroma, in float, and never clamped between the two.

Ordinary video holds many colours outside the RGB gamut (19 % of the pixels of one plain clip); clamping them
on the way changes their luma. Values are cut only where they become the encoder's integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from upscale.video.colour.chroma import Siting, enlarge_chroma, reduce_chroma
from upscale.video.colour.layout import PixelLayout

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
    """The picture that integer planes stand for, out-of-gamut colours kept; alpha is passed over.

    Shape: components of (h, w) as `layout` says -> (3, H, W), float32, nominally [0, 1].
    """
    codes = [_codes(index, layout, colour) for index in range(layout.colours)]
    if layout.family == "gray":
        return _level(planes[0], codes[0], layout).expand(3, -1, -1)
    if layout.family == "rgb":
        return torch.stack([_level(plane, code, layout) for plane, code in zip(planes, codes, strict=False)])
    height, width = planes[0].shape
    stack = torch.empty(3, height, width, device=planes[0].device)
    stack[0] = _number(planes[0], layout)
    log2 = (layout.log2_height, layout.log2_width)
    stack[1:] = enlarge_chroma(_coarse(planes[1:3], layout), height, width, log2, colour.siting)
    matrix = np.linalg.inv(to_yuv(colour.matrix)) / np.array([span for _, span in codes])
    return _multiplied(matrix, stack, -matrix @ np.array([offset for offset, _ in codes]))


def rgb_to_planes(
    rgb: Tensor, layout: PixelLayout, colour: Colour, alpha: Tensor | float | None = None
) -> list[Tensor]:
    """The integer planes nearest to a picture, cut at the smallest and largest code.

    Shape: (3, H, W), float32 -> components of (h, w) as `layout` says, uint8 or uint16, on the same device. `alpha`,
    where the layout has it: (H, W) or one level for all, opaque if None.
    """
    planes = [_rounded(level, layout) for level in _code_levels(rgb, layout, colour)]
    if layout.has_alpha:
        level = torch.as_tensor(1.0 if alpha is None else alpha, dtype=torch.float32, device=rgb.device)
        planes.append(_rounded((level * layout.peak).expand(rgb.shape[1:]).clone(), layout))
    return planes


def alpha_level(plane: Tensor, layout: PixelLayout) -> Tensor:
    """How opaque each pixel is, 0 to 1: full range in every format. Shape: (H, W) -> (H, W), float32."""
    return _level(plane, (0.0, float(layout.peak)), layout)


def _code_levels(rgb: Tensor, layout: PixelLayout, colour: Colour) -> list[Tensor]:
    """What is to be rounded to each component's codes, alpha apart."""
    offsets, spans = np.array([_codes(index, layout, colour) for index in range(layout.colours)]).T
    if layout.family == "rgb":
        return [rgb[index] * float(spans[index]) + float(offsets[index]) for index in range(3)]
    matrix = to_yuv(colour.matrix)[: layout.colours] * spans[:, None]
    codes = _multiplied(matrix, rgb, offsets)
    if layout.family == "gray":
        return [codes[0]]
    return [codes[0], *reduce_chroma(codes[1:], (layout.log2_height, layout.log2_width), colour.siting)]


def _multiplied(matrix: NDArray[np.float64], stack: Tensor, offsets: NDArray[np.float64]) -> Tensor:
    """`matrix` times each pixel, plus `offsets`. Shape: (n, H, W) -> (m, H, W)."""
    weights = torch.from_numpy(matrix).to(stack.device, torch.float32)
    added = torch.from_numpy(offsets).to(stack.device, torch.float32)[:, None]
    return torch.addmm(added, weights, stack.flatten(1)).view(-1, *stack.shape[1:])


def _coarse(planes: Sequence[Tensor], layout: PixelLayout) -> Tensor:
    """Subsampled planes as floating-point codes. Shape: two of (h, w) -> (2, h, w)."""
    return torch.stack([_number(plane, layout) for plane in planes])


def _number(plane: Tensor, layout: PixelLayout) -> Tensor:
    """Codes as float32."""
    codes = plane.to(torch.float32)
    return codes.mul_(1 / (1 << layout.shift)) if layout.shift else codes


def _level(plane: Tensor, code: tuple[float, float], layout: PixelLayout) -> Tensor:
    offset, span = code
    return _number(plane, layout).sub_(offset).mul_(1 / span)


def _rounded(level: Tensor, layout: PixelLayout) -> Tensor:
    """The nearest codes; `level` is used up."""
    codes = level.round_().clamp_(0, layout.peak)
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
