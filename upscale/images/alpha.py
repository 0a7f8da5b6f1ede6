"""Two ways through the enlargement for transparency: beside the colours through the network, or interpolated."""

from typing import Literal

import numpy as np
import torch

from upscale.engine.resize import RowResize
from upscale.engine.sizes import Target
from upscale.images.layers import Layer
from upscale.images.picture import WHITE, Picture, Samples
from upscale.images.transparency import bleed

Alpha = Literal["model", "resize", "drop"]

# Interpolated at once.
_ROWS_PX = 128


def layers_of(picture: Picture, alpha: Alpha, device: torch.device) -> list[Layer]:
    """What the network has to see: the colours last, before them alpha where it goes the same way.

    In this order the colours can be written as they come.
    """
    if picture.alpha is None or not picture.transparent:
        return [Layer(picture.pixels, device, rows=picture.rows)]
    colours = Layer(bleed(picture.pixels, picture.alpha), device)
    by_model = alpha == "model" and not _flat(picture.alpha)
    return [_layer(picture.alpha, device), colours] if by_model else [colours]


def interpolated(alpha: Samples, target: Target, device: torch.device) -> Samples:
    """Alpha at its target, by antialiased bicubic; if it is flat it stays what it is, and takes no memory.

    Shape: (h, w, 1) -> (height, width, 1).
    """
    height, width = target.size_px
    if _flat(alpha):
        return np.broadcast_to(alpha[0, 0], (height, width, 1))
    layer, result = _layer(alpha, device), np.empty((height, width, 1), alpha.dtype)
    by = RowResize(layer.height, layer.width, target, device)
    for top in range(0, layer.height, _ROWS_PX):
        for first, rows in by.push(layer.read(top, min(layer.height, top + _ROWS_PX))[:1]):
            result[first : first + rows.shape[1]] = layer.quantise(rows)
    return result


def _layer(alpha: Samples, device: torch.device) -> Layer:
    """Alpha of one bit stays so: nothing becomes half transparent in pixel art, or in what GIF shall hold again."""
    return Layer(alpha, device, whole=True, binary=bool(((alpha == 0) | (alpha == WHITE[alpha.dtype])).all()))


def _flat(samples: Samples) -> bool:
    return bool((samples == samples[0, 0]).all())
