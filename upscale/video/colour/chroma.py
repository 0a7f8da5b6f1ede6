"""Chroma between its own grid and luma's, by filters that know where the chroma samples sit.

A chroma sample stands for `factor` luma samples of its row. Its place among them is its siting: on the
first ("left", "topleft"), or in their middle ("center"). Filters that ignore it shift colours by a quarter
to half a pixel, which becomes a coloured edge once the picture is enlarged.
"""

from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor

from upscale.video.colour.banded import Banded
from upscale.video.colour.chroma_filters import ChromaAxis, enlarging_rows, reducing_rows

# The names of FFmpeg's AVChromaLocation, 1 to 6.
Siting = Literal["left", "center", "topleft", "top", "bottomleft", "bottom"]

_HIGH, _WIDE = -2, -1
# Outputs made at once: quickest on CPUs.
_BLOCK_PX = {"enlarge": 32, "reduce": 16}


def enlarge_chroma(chroma: Tensor, height: int, width: int, log2: tuple[int, int], siting: Siting) -> Tensor:
    """Chroma planes on luma's grid; `log2` is the (vertical, horizontal) subsampling.

    Shape: (C, h, w) -> (C, height, width).
    """
    vertical, horizontal = _origins(log2, siting)
    for axis, fine, log, origin in ((_WIDE, width, log2[1], horizontal), (_HIGH, height, log2[0], vertical)):
        if log:
            chroma = _enlarging(ChromaAxis(fine, 1 << log, origin), chroma.device).apply(chroma, axis)
    return chroma


def reduce_chroma(chroma: Tensor, log2: tuple[int, int], siting: Siting) -> Tensor:
    """Chroma planes on their own, coarser grid, rounded up. Shape: (C, H, W) -> (C, h, w)."""
    vertical, horizontal = _origins(log2, siting)
    for axis, log, origin in ((_HIGH, log2[0], vertical), (_WIDE, log2[1], horizontal)):
        if log:
            chroma = _reducing(ChromaAxis(chroma.shape[axis], 1 << log, origin), chroma.device).apply(chroma, axis)
    return chroma


def _origins(log2: tuple[int, int], siting: Siting) -> tuple[float, float]:
    """(row, column) of the first chroma sample, in luma samples."""
    last_row, last_column = (1 << log2[0]) - 1, (1 << log2[1]) - 1
    row = last_row / 2
    if siting.startswith(("top", "bottom")):
        row = 0.0 if siting.startswith("top") else float(last_row)
    return row, 0.0 if siting.endswith("left") else last_column / 2


@lru_cache(maxsize=8)
def _enlarging(axis: ChromaAxis, device: torch.device) -> Banded:
    return Banded(enlarging_rows(axis), _BLOCK_PX["enlarge"], device)


@lru_cache(maxsize=8)
def _reducing(axis: ChromaAxis, device: torch.device) -> Banded:
    return Banded(reducing_rows(axis), _BLOCK_PX["reduce"], device)
