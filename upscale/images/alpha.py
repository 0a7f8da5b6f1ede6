"""Two ways through the enlargement for transparency: beside the colours through the network, or interpolated."""

from typing import Literal

import numpy as np
import torch

from upscale.engine.scaling import resize
from upscale.images.layers import Layer
from upscale.images.picture import Picture, Samples
from upscale.images.transparency import bleed

Alpha = Literal["model", "resize", "drop"]

# Interpolated at once; and what it takes of the rows beyond: bicubic reaches 2, one is for rounding.
_ROWS_PX = 128
_REACH_PX = 3


def layers_of(picture: Picture, alpha: Alpha, device: torch.device) -> list[Layer]:
    """What the network has to see: the colours last, before them alpha where it goes the same way.

    In this order the colours can be written as they come.
    """
    if picture.alpha is None or not picture.transparent:
        return [Layer(picture.pixels, device)]
    colours = Layer(bleed(picture.pixels, picture.alpha), device)
    by_model = alpha == "model" and not _flat(picture.alpha)
    return [Layer(picture.alpha, device, whole=True), colours] if by_model else [colours]


def interpolated(alpha: Samples, size_px: tuple[int, int], device: torch.device) -> Samples:
    """Alpha at another size, by antialiased bicubic; if it is flat it stays what it is, and takes no memory.

    Shape: (h, w, 1) -> (height, width, 1).
    """
    height, width = size_px
    if _flat(alpha):
        return np.broadcast_to(alpha[0, 0], (height, width, 1))
    layer, result = Layer(alpha, device), np.empty((height, width, 1), alpha.dtype)
    # By an uneven factor no row but the first lies on the grid of both.
    step = layer.height if height % layer.height else _ROWS_PX
    for top in range(0, layer.height, step):
        bottom = min(layer.height, top + step)
        low, high = max(0, top - _REACH_PX), min(layer.height, bottom + _REACH_PX)
        first, start, end = (row * height // layer.height for row in (low, top, bottom))
        sr = resize(layer.read(low, high)[:1], (high - low) * height // layer.height, width)
        result[start:end] = layer.quantise(sr[:, start - first : end - first])
    return result


def _flat(samples: Samples) -> bool:
    return bool((samples == samples[0, 0]).all())
