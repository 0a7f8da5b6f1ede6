"""Chroma between its own grid and luma's: a cubic filter that knows where the chroma samples sit.

A chroma sample stands for `factor` luma samples of its row. Its place among them is its siting: on the
first ("left", "topleft"), or in their middle ("center"). Filters that ignore it shift colours by a quarter
to half a pixel, which becomes a coloured edge once the picture is enlarged.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

# The names of FFmpeg's AVChromaLocation, 1 to 6.
Siting = Literal["left", "center", "topleft", "top", "bottomleft", "bottom"]

_HIGH, _WIDE = -2, -1


def enlarge_chroma(chroma: Tensor, height: int, width: int, log2: tuple[int, int], siting: Siting) -> Tensor:
    """Chroma planes on luma's grid; `log2` is the (vertical, horizontal) subsampling.

    Shape: (C, h, w) -> (C, height, width).
    """
    vertical, horizontal = _origins(log2, siting)
    wide = _up(chroma, _WIDE, 1 << log2[1], horizontal)
    return _up(wide, _HIGH, 1 << log2[0], vertical)[:, :height, :width]


def reduce_chroma(chroma: Tensor, log2: tuple[int, int], siting: Siting) -> Tensor:
    """Chroma planes on their own, coarser grid, rounded up. Shape: (C, H, W) -> (C, h, w)."""
    vertical, horizontal = _origins(log2, siting)
    low = _down(chroma, _HIGH, 1 << log2[0], vertical)
    return _down(low, _WIDE, 1 << log2[1], horizontal)


def _origins(log2: tuple[int, int], siting: Siting) -> tuple[float, float]:
    """(row, column) of the first chroma sample, in luma samples."""
    last_row, last_column = (1 << log2[0]) - 1, (1 << log2[1]) - 1
    row = last_row / 2
    if siting.startswith(("top", "bottom")):
        row = 0.0 if siting.startswith("top") else float(last_row)
    return row, 0.0 if siting.endswith("left") else last_column / 2


def _cubic(distance: float) -> float:
    """The cubic convolution kernel with a = -1/2 (Keys 1981, equation 15)."""
    x = abs(distance)
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def _up(planes: Tensor, axis: int, factor: int, origin: float) -> Tensor:
    """`factor` interpolated samples for each along an axis, the edge repeated outwards."""
    if factor == 1:
        return planes
    padded = _padded(planes, axis, 3, 3)
    phases = []
    for phase in range(factor):
        place = (phase - origin) / factor
        weights = {tap + 3: _cubic(place - tap) for tap in range(-3, 4)}
        phases.append(_weighted(padded, axis, weights, planes.shape[axis], 1))
    # The phases alternate: behind the axis they make one with it.
    return torch.stack(phases, dim=planes.ndim + axis + 1).flatten(axis - 1, axis)


def _down(planes: Tensor, axis: int, factor: int, origin: float) -> Tensor:
    """Every `factor`-th place along an axis; the kernel is as much wider, against aliasing."""
    if factor == 1:
        return planes
    reach = 3 * factor
    weights = {tap + reach: _cubic((tap - origin) / factor) for tap in range(-reach, reach + 1)}
    total = sum(weights.values())
    padded = _padded(planes, axis, reach, reach + factor)
    count = -(-planes.shape[axis] // factor)
    return _weighted(padded, axis, {tap: weight / total for tap, weight in weights.items()}, count, factor)


def _padded(planes: Tensor, axis: int, before: int, after: int) -> Tensor:
    """The first and last sample along an axis repeated so often."""
    sides = (before, after, 0, 0) if axis == _WIDE else (0, 0, before, after)
    return F.pad(planes[None], sides, mode="replicate")[0]


def _weighted(padded: Tensor, axis: int, weights: dict[int, float], count: int, step: int) -> Tensor:
    """Sums of shifted samples along an axis: out[i] = sum over taps of weight * padded[tap + i * step]."""
    total: Tensor | None = None
    for tap, weight in weights.items():
        if not weight:
            continue
        taken = slice(tap, tap + (count - 1) * step + 1, step)
        samples = padded[..., taken] if axis == _WIDE else padded[..., taken, :]
        total = samples * weight if total is None else total.add_(samples, alpha=weight)
    assert total is not None, "a kernel has a middle"
    return total
