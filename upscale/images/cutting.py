"""Bands of the network's floats, cut into pieces of samples of a size that encoders take well."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from upscale.engine.bands import SrBand
from upscale.engine.scaling import ScalePlan
from upscale.images.layers import Layer
from upscale.images.picture import Samples

# One part costs its encoder a few copies less: 24 MP as jpg took 0.13 CPU seconds against 0.21, as png 0.9 both ways.
_WHOLE_PIECES = 8


@dataclass(frozen=True, eq=False)
class Part:
    """Finished rows of one layer from `top` on; `ends`: the last ones. Shape of `samples`: (n, width, 1 or 3)."""

    layer: Layer
    top: int
    samples: Samples
    ends: bool


def cut(bands: Iterable[SrBand], plan: ScalePlan, piece_bytes: int) -> Iterator[Part]:
    """Parts of about `piece_bytes` each, layer by layer, from top to bottom; small results are one part."""
    canvas, filled = np.empty(0), 0
    for band in bands:
        layer, done, end = band.source, band.top, band.top + band.rows.shape[1]
        assert isinstance(layer, Layer)  # the engine gives back the very sources it was given
        height, width = plan.target_size(layer.height, layer.width)
        while done < end:
            if filled == 0:
                canvas = _canvas(layer, (height, width), done, piece_bytes)
            count = min(canvas.shape[0] - filled, end - done)
            start = done - band.top
            canvas[filled : filled + count] = layer.quantise(band.rows[:, start : start + count])
            filled, done = filled + count, done + count
            if filled == canvas.shape[0]:
                yield Part(layer, done - filled, canvas, done == height)
                filled = 0


def _canvas(layer: Layer, size_px: tuple[int, int], top: int, piece_bytes: int) -> Samples:
    """Room for the next part of a result of this size."""
    height, width = size_px
    channels, dtype = layer.samples.shape[2], layer.samples.dtype
    row_bytes = width * channels * dtype.itemsize
    whole = layer.whole or height * row_bytes <= _WHOLE_PIECES * piece_bytes
    rows = height if whole else max(1, piece_bytes // row_bytes)
    return np.empty((min(rows, height - top), width, channels), dtype)
