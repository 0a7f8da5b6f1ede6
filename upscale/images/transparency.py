"""Colours beneath transparent pixels: whatever hides there must not bleed into what is seen."""

import cv2
import numpy as np

from upscale.images.picture import Samples

# Doubling radii: the nearest colours win, and 16 px is further than an edge's ringing reaches.
_RADII_PX = (1, 2, 4, 8, 16)
# Done at once: colours and their means are floats, several times the picture.
_ROWS_PX = 256


def bleed(pixels: Samples, alpha: Samples) -> Samples:
    """Replace invisible colours near visible ones by their mean, so that edges get no dark or bright halo.

    Visible pixels stay as they are. Shapes: (height, width, 1 or 3) and (height, width, 1).
    """
    filled, reach = np.empty_like(pixels), _RADII_PX[-1]
    for top in range(0, pixels.shape[0], _ROWS_PX):
        low, bottom = max(0, top - reach), top + _ROWS_PX
        seen = slice(low, bottom + reach)
        filled[top:bottom] = _bleed(pixels[seen], alpha[seen])[top - low : bottom - low]
    return filled


def _bleed(pixels: Samples, alpha: Samples) -> Samples:
    known = (alpha[..., 0] > 0).astype(np.float32)
    if known.all() or not known.any():
        return pixels
    filled = pixels.copy()
    open_ = known == 0
    colours = pixels * known[..., None]
    for radius in _RADII_PX:
        window = (2 * radius + 1, 2 * radius + 1)
        weight = cv2.blur(known, window, borderType=cv2.BORDER_CONSTANT)
        total = cv2.blur(colours, window, borderType=cv2.BORDER_CONSTANT).reshape(pixels.shape)
        # A pixel's share of the largest window is 1/1089; less is rounding.
        reached = open_ & (weight > 1e-4)
        means = total[reached] / weight[reached][:, None]
        filled[reached] = means if pixels.dtype == np.float32 else np.rint(means)
        open_ &= ~reached
    return filled
