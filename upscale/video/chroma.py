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


def enlarge_chroma(chroma: Tensor, height: int, width: int, log2: tuple[int, int], siting: Siting) -> Tensor:
    """Chroma planes on luma's grid; `log2` is the (vertical, horizontal) subsampling.

    Shape: (C, h, w) -> (C, height, width).
    """
    vertical, horizontal = _origins(log2, siting)
    wide = _up(chroma, 1 << log2[1], horizontal)
    return _up(wide.mT, 1 << log2[0], vertical).mT[:, :height, :width]


def reduce_chroma(chroma: Tensor, log2: tuple[int, int], siting: Siting) -> Tensor:
    """Chroma planes on their own, coarser grid, rounded up. Shape: (C, H, W) -> (C, h, w)."""
    vertical, horizontal = _origins(log2, siting)
    return _down(_down(chroma.mT, 1 << log2[0], vertical).mT, 1 << log2[1], horizontal)


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


def _up(rows: Tensor, factor: int, origin: float) -> Tensor:
    """`factor` interpolated samples for each along the last axis, the edge repeated outwards."""
    if factor == 1:
        return rows
    count = rows.shape[-1]
    padded = F.pad(rows, (3, 3), mode="replicate")
    phases = []
    for phase in range(factor):
        place = (phase - origin) / factor
        weights = {tap: _cubic(place - tap) for tap in range(-3, 4)}
        phases.append(_weighted(padded, weights, count, 1, 3))
    return torch.stack(phases, dim=-1).flatten(-2)


def _down(rows: Tensor, factor: int, origin: float) -> Tensor:
    """Every `factor`-th place along the last axis; the kernel is as much wider, against aliasing."""
    if factor == 1:
        return rows
    count = -(-rows.shape[-1] // factor)
    reach = 3 * factor
    padded = F.pad(rows, (reach, reach + factor), mode="replicate")
    weights = {tap: _cubic((tap - origin) / factor) for tap in range(-reach, reach + 1)}
    total = sum(weights.values())
    return _weighted(padded, {tap: w / total for tap, w in weights.items()}, count, factor, reach)


def _weighted(padded: Tensor, weights: dict[int, float], count: int, step: int, pad: int) -> Tensor:
    """Sums of shifted samples: out[i] = sum of weight * padded[pad + tap + i * step]."""
    total = padded.new_zeros((*padded.shape[:-1], count))
    for tap, weight in weights.items():
        if weight:
            first = pad + tap
            total.add_(padded[..., first : first + (count - 1) * step + 1 : step], alpha=weight)
    return total
