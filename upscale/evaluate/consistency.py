"""Is the enlarged picture still the picture that was enlarged? Reduced again, it should be the low resolution.

A network that enlarges has no factor 1 at which it could be asked to change nothing, so this is the form of an identity
test that exists for it: LR-PSNR of the challenge on learning the super-resolution space (Lugmayr et al., CVPRW 2021).
"""

import numpy as np
from numpy.typing import NDArray

from upscale.evaluate.psnr import psnr
from upscale.imresize import imresize

Pixels = NDArray[np.uint8]


def reduced(sr: Pixels, scale: int) -> Pixels:
    """An enlarged picture at the size that it came from, by MATLAB's bicubic. Shape: (H, W, 3)."""
    return imresize(sr, 1 / scale)


def lr_psnr(again: Pixels, lr: Pixels) -> float:
    """PSNR in decibels between a picture reduced again and the low resolution; infinite where nothing has changed.

    Over all channels, no border cut: colours that have shifted count. Shape: (h, w, 3) RGB each.
    """
    return psnr(*(pixels.astype(np.float64) for pixels in (again, lr)))


def drift(again: Pixels, lr: Pixels) -> float:
    """How far the mean colour has moved, in 8-bit levels, of the channel that has moved furthest.

    Shape: (h, w, 3) RGB each.
    """
    moved = again.mean(axis=(0, 1), dtype=np.float64) - lr.mean(axis=(0, 1), dtype=np.float64)
    return float(np.abs(moved).max())
