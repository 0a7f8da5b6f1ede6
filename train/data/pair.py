"""A picture and its low resolution, and what may be done to both alike."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Pair:
    """A picture and its low resolution. Shape: lr (3, h, w), hr (3, h * scale, w * scale), uint8."""

    name: str
    lr: Tensor
    hr: Tensor


def pair_of(name: str, lr: NDArray[np.uint8], hr: NDArray[np.uint8]) -> Pair:
    """Of pixels, which are copied. Shape: (h, w, 3), (h * scale, w * scale, 3)."""
    return Pair(name, _planes(lr), _planes(hr))


def turn(pixels: NDArray[np.uint8], symmetry: int) -> NDArray[np.uint8]:
    """One of the 8 symmetries of the square, as a view. Shape: (H, W, C); 0 <= symmetry < 8."""
    if symmetry & 1:
        pixels = pixels[:, ::-1]
    if symmetry & 2:
        pixels = pixels[::-1]
    return pixels.swapaxes(0, 1) if symmetry & 4 else pixels


def _planes(pixels: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))
