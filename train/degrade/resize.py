"""Resizing as pictures are resized on their way: by area, bilinear or bicubic.

The latter two without antialiasing, as in Real-ESRGAN, whose torch calls OpenCV's equal: so do many programs, and the
aliases are part of what a network should undo. The exact bicubic of the published test sets is another (`Bicubic`).
OpenCV lays the whole picture over the whole picture, whatever the sizes round to, so that nothing moves.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from upscale.train.degrade.steps import Extent, Pixels, Range, choose, uniform

from upscale.imresize import imresize

Mode = Literal["area", "bilinear", "bicubic"]
Direction = Literal["up", "down", "keep"]

_INTERPOLATIONS: dict[Mode, int] = {
    "area": cv2.INTER_AREA,
    "bilinear": cv2.INTER_LINEAR,
    "bicubic": cv2.INTER_CUBIC,
}
_MODES: dict[Mode, float] = {"area": 1, "bilinear": 1, "bicubic": 1}


@dataclass(frozen=True)
class Resize:
    """To `factor` times this size, whatever comes; a pixel is left in any case."""

    height_px: int
    width_px: int
    factor: float
    mode: Mode

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """Resized. Shape: (height_px * factor, width_px * factor, 3), rounded."""
        height, width = (max(1, round(length * self.factor)) for length in (self.height_px, self.width_px))
        return np.asarray(cv2.resize(pixels, (width, height), interpolation=_INTERPOLATIONS[self.mode]), np.uint8)


@dataclass(frozen=True)
class Bicubic:
    """MATLAB's antialiased bicubic, by `scale` down."""

    scale: int

    def apply(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """Resized. Shape: (H / scale, W / scale, 3)."""
        return imresize(pixels, 1 / self.scale)


def draw_resize(
    size_px: tuple[int, int], directions: dict[Direction, float], factors: Range, rng: np.random.Generator
) -> Resize:
    """Up, down or not at all, from `size_px` (height, width), by a factor within the range."""
    low, high = factors
    factor = {"up": uniform(rng, (1, high)), "down": uniform(rng, (low, 1)), "keep": 1.0}[choose(rng, directions)]
    return Resize(*size_px, factor, choose(rng, _MODES))


def draw_last_resize(extent: Extent, rng: np.random.Generator) -> Resize:
    """To the low resolution."""
    return Resize(*extent.low, 1.0, choose(rng, _MODES))
